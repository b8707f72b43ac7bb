#include "cmd/context.hpp"

#include <algorithm>
#include <filesystem>

#include "cmd/output.hpp"
#include "core/base/base64.hpp"
#include "core/base/log.hpp"
#include "core/base/seal.hpp"
#include "core/store/open.hpp"
#include "daemon/admin/settings.hpp"

namespace kg::cmd {

config::LoadInput Context::load_input() const {
    return {.config_flag = options_.config,
            .environment = environment_,
            .overrides = overrides_,
            .environment_names = config::process_environment_names()};
}

Result<config::Loaded*> Context::config() {
    if (!loaded_) {
        auto loaded = config::load(load_input());
        if (!loaded) return Err(std::move(loaded).error());
        loaded_ = std::move(*loaded);
        for (const auto& warning : loaded_->warnings) note("warning: " + warning);
    }
    return &*loaded_;
}

Result<config::Loaded> Context::config_in_force() {
    KG_TRY(loaded, config());
    KG_TRY(stores, stores_to_read());
    KG_TRY(stored, admin::stored_settings(*stores));
    if (stored.empty()) return *loaded;
    auto sources = load_input();
    sources.stored = std::move(stored);
    auto in_force = config::load(sources);
    if (!in_force) {  // as the gateway does
        note("the runtime settings do not fit the configuration and are left out: " +
             in_force.error().message);
        return *loaded;
    }
    for (const auto& warning : in_force->warnings) {
        if (std::ranges::find(loaded->warnings, warning) == loaded->warnings.end())
            note("warning: " + warning);
    }
    return in_force;
}

std::string Context::state_dir() const {
    return config::find_state_dir(options_.state_dir, environment_);
}

Result<Sealer> Context::sealer() {
    KG_TRY(loaded, config());
    const auto& given = loaded->config.storage.seal_key;
    if (given.empty()) return Sealer::open_or_create(state_dir() + "/seal.key");
    const auto bytes = hex_decode(given.reveal());
    if (!bytes || bytes->size() != 32) {
        return Err(Error{.kind = ErrorKind::config_invalid,
                         .message = "storage.seal_key must be 64 hex digits (make one with "
                                    "`openssl rand -hex 32`)"});
    }
    return Sealer::from_key(*bytes);
}

Result<store::Stores*> Context::stores() {
    if (stores_) return stores_.get();
    if (auto readable = config(); !readable) return Err(std::move(readable).error());
    const auto directory = state_dir();
    // The folder comes before the seal key that lives in it; the store checks owner and mode.
    std::error_code ec;
    const bool made = std::filesystem::create_directories(directory, ec);
    if (ec)
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = "cannot create the state directory " + directory + ": " + ec.message()});
    if (made) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, ec);

    KG_TRY(key, sealer());
    auto stores = store::open_sqlite(directory, std::move(key));
    if (!stores) return Err(std::move(stores).error());
    stores_ = std::move(*stores);
    return stores_.get();
}

Result<store::Stores*> Context::stores_to_read() {
    std::error_code ec;
    if (stores_ || std::filesystem::exists(state_dir() + "/kirogate.db", ec) || ec) return stores();
    if (auto readable = config(); !readable) return Err(std::move(readable).error());
    stores_ = store::open_memory();
    return stores_.get();
}

}  // namespace kg::cmd
