#include "core/store/open.hpp"

#include "core/store/memory/stores.hpp"
#include "core/store/sqlite/stores.hpp"
#include "core/store/state_dir.hpp"

namespace kg::store {

Result<std::unique_ptr<Stores>> open_sqlite(const std::string& state_dir, Sealer sealer) {
    KG_CHECK(prepare_state_dir(state_dir));
    const std::string path = state_dir + (state_dir.ends_with('/') ? "" : "/") + "kirogate.db";
    KG_CHECK(prepare_private_file(path));
    auto opened = sqlite::SqliteStores::open(path, std::move(sealer), sqlite::built_in_migrations());
    if (opened) return std::unique_ptr<Stores>(std::move(*opened));
    Error error = std::move(opened).error();
    if (error.message.find(path) == std::string::npos) error.message = path + ": " + error.message;
    return Err(std::move(error));
}

std::unique_ptr<Stores> open_memory() {
    return std::make_unique<memory::MemoryStores>();
}

}  // namespace kg::store
