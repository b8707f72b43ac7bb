#include "daemon/admin/settings.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/base/digest.hpp"
#include "core/config/checks.hpp"
#include "core/config/schema.hpp"
#include "core/config/units.hpp"
#include "core/config/value.hpp"
#include "daemon/admin/fields.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/verbs.hpp"
#include "kirogate_version.hpp"

namespace kg::admin {
namespace {

using config::Raw;

/// One wish: a value, or nothing to take it back.
struct Change {
    std::string field;  // as the caller wrote it, for what is wrong with it
    std::string key;
    std::optional<Raw> value;
};

std::string origin_of(const config::Loaded& loaded, std::string_view key) {
    const auto found = loaded.origins.find(std::string(key));
    return found == loaded.origins.end() ? "default" : found->second;
}

std::string display(const config::Loaded& loaded, std::string_view key) {
    auto config = loaded.config;
    return config::display_text(*config::find_key(key), config);
}

/// JSON as the schema table takes it from TOML.
std::optional<Raw> raw_of(json::Node node) {
    switch (node.kind()) {
        case json::Kind::string: return Raw(std::string(node.text()));
        case json::Kind::boolean: return Raw(*node.as_bool());
        case json::Kind::number:
            if (const auto n = node.as_int()) return Raw(*n);
            return Raw(config::Other{"a number with a fraction"});
        case json::Kind::array: {
            std::vector<std::string> list;
            for (const auto item : node.children()) {
                if (!item.is_string()) return Raw(config::Other{"a list of something else than strings"});
                list.emplace_back(item.text());
            }
            return Raw(std::move(list));
        }
        case json::Kind::object: {
            config::Aliases table;
            for (const auto member : node.children()) {
                if (!member.is_string()) return Raw(config::Other{"a table of something else than strings"});
                table.emplace_back(member.key(), member.text());
            }
            return Raw(std::move(table));
        }
        case json::Kind::null:
        case json::Kind::missing: break;
    }
    return std::nullopt;
}

void read_compression(Fields& outer, std::vector<Change>& changes, std::optional<Failure>& failure) {
    const auto node = outer.object("compressionConfig");
    if (!node) return;
    Fields f(node);
    const auto add = [&](const char* field, const char* key, Raw value) {
        changes.push_back({std::string("compressionConfig.") + field, key, std::move(value)});
    };
    if (const auto on = f.flag("enabled")) add("enabled", "compression.enabled", Raw(*on));
    if (const auto n = f.integer("keepMessageCount", 0, 1'000'000))
        add("keepMessageCount", "compression.keep_messages", Raw(*n));
    if (const auto n = f.integer("ttlMinutes", 0, 1'000'000))
        add("ttlMinutes", "compression.cache_ttl", Raw(std::to_string(*n) + "m"));
    for (const auto* gone : {"autoCompressEnabled", "tokenThreshold", "maxMessagesPerSession", "toolLookback",
                             "batchMessages", "batchChars", "compressionRatio", "maxKvEntries"}) {
        if (f.given(gone))
            f.refuse(
                gone,
                "has no counterpart here; see compression.threshold_percent and compression.chunk_tokens");
    }
    if (auto sound = f.finish(); !sound) failure = std::move(sound).error();
}

/// The seed's names, and every key of the schema below "settings".
Result<std::vector<Change>, Failure> read_changes(json::Node body, std::optional<std::string>& password) {
    std::vector<Change> changes;
    std::optional<Failure> failure;
    Fields f(body);
    password = f.text("adminPassword", 512);
    if (const auto level = f.text("logLevel", 16))
        changes.push_back({"logLevel", "log.level", Raw(ascii::to_lower(*level))});
    if (const auto rate = f.integer("rateLimitPerMinute", 0, 1'000'000))
        changes.push_back({"rateLimitPerMinute", "auth.requests_per_minute", Raw(*rate)});
    if (const auto on = f.flag("enableCompression"))
        changes.push_back({"enableCompression", "compression.enabled", Raw(*on)});
    read_compression(f, changes, failure);
    for (const auto member : f.object("settings").children())
        changes.push_back(
            {"settings[\"" + std::string(member.key()) + "\"]", std::string(member.key()), raw_of(member)});
    KG_CHECK(f.finish());
    if (failure) return Err(std::move(*failure));
    return changes;
}

/// Why a wish cannot be granted, or its text as it is kept; "" takes it back.
Result<std::string, Failure> check(const Change& change, const config::Loaded& now) {
    const auto* key = config::find_key(change.key);
    if (!key) {
        const auto near = config::nearest_key(change.key);
        return Err(invalid(change.field,
                           near.empty() ? "no such setting" : "no such setting; did you mean " + near + "?"));
    }
    if (!key->rule.live || key->is_secret())
        return Err(conflict(change.field, change.key +
                                              " can only be set in the configuration file, the "
                                              "environment or by a flag, and takes effect at a start"));
    if (const auto origin = origin_of(now, change.key); config::is_fixed(origin))
        return Err(conflict(change.field, change.key + " is fixed by " + origin + ": change it there"));
    if (!change.value) return std::string();
    config::Config scratch;
    if (auto assigned = config::assign(*key, *change.value, scratch); !assigned) {
        auto text = assigned.error().text + "; allowed: " + config::allowed_text(*key);
        if (!assigned.error().hint.empty()) text += "; " + assigned.error().hint;
        return Err(invalid(change.field, std::move(text)));
    }
    auto text = config::display_text(*key, scratch);
    // An empty text would be no setting at all.
    return text.empty() ? std::string(" ") : text;
}

Result<void, Failure> check_password(Call& call, const std::string& password) {
    if (call.office.guard().password_is_configured())
        return Err(
            conflict("adminPassword", "auth.admin_password is fixed by the configuration: change it there"));
    constexpr std::size_t kShortest = 8;
    if (password.size() < kShortest) return Err(invalid("adminPassword", "at least 8 characters"));
    if (const auto wrong = config::check_admin_password(password))
        return Err(invalid("adminPassword", "the password " + *wrong));
    return {};
}

Result<void, Failure> change_password(Call& call, store::Stores& stores, const std::string& password) {
    if (auto put = stores.settings().put(Office::kPasswordHash, password_hash(password)); !put)
        return Err(failure_of(std::move(put).error()));
    if (auto loaded = call.office.load_password(Secret()); !loaded)
        return Err(failure_of(std::move(loaded).error()));
    call.did("password.change", "");
    return {};
}

Result<void, Failure> change(Call& call, store::Stores& stores, const std::vector<Change>& changes,
                             std::shared_ptr<const config::Loaded>& now) {
    if (changes.empty()) return {};
    auto& configuration = call.office.parts().configuration;
    KG_ASK(stored, stored_settings(stores));
    std::string detail;
    json::Writer w(detail);
    w.begin_object();
    for (const auto& change : changes) {
        KG_TRY(text, check(change, *now));
        std::erase_if(stored, [&](const auto& s) { return s.first == change.key; });
        if (!text.empty()) stored.emplace_back(change.key, text);
        w.key(change.key).begin_object().member("old", display(*now, change.key)).key("new");
        text.empty() ? w.null() : w.string(ascii::trim(text));
        w.end_object();
    }
    w.end_object();
    auto loaded = configuration.load(stored);
    if (!loaded)
        return Err(invalid(changes.size() == 1 ? changes.front().field : "", loaded.error().message));
    std::string text;
    json::Writer kept(text);
    kept.begin_object();
    for (const auto& [key, value] : stored) kept.member(key, value);
    kept.end_object();
    if (auto put = stores.settings().put(kStoredSettings, text); !put)
        return Err(failure_of(std::move(put).error()));
    now = std::make_shared<const config::Loaded>(*loaded);
    configuration.apply(std::move(*loaded));
    call.did("settings.update", "", std::move(detail));
    return {};
}

void write_seed_settings(json::Writer& w, const config::Config& c) {
    std::string level = c.log.level;
    for (auto& letter : level)
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
    w.member("logLevel", level).member("rateLimitPerMinute", c.auth.requests_per_minute);
    w.member("enableCompression", c.compression.enabled);
}

std::string settings_json(Call& call, const config::Loaded& now) {
    const auto& c = now.config;
    const auto colon = c.server.listen.rfind(':');
    std::string body;
    json::Writer w(body);
    w.begin_object().member("version", kVersion).key("port");
    if (const auto port = config::parse_number(std::string_view(c.server.listen).substr(colon + 1)))
        w.integer(*port);
    else
        w.null();
    write_seed_settings(w, c);
    w.key("compressionConfig").begin_object().member("enabled", c.compression.enabled);
    w.member("keepMessageCount", c.compression.keep_messages);
    w.member("ttlMinutes", c.compression.cache_ttl.count() / 60'000).end_object();
    w.member("accounts", call.office.parts().pool.size());
    w.member("passwordIsConfigured", call.office.guard().password_is_configured());
    w.key("settings").begin_array();
    auto values = c;
    config::Config defaults;
    for (const auto& key : config::keys()) {
        const auto origin = origin_of(now, key.name);
        w.begin_object().member("key", key.name).member("value", config::display_text(key, values));
        w.member("default", config::display_text(key, defaults)).member("origin", origin);
        w.member("fixed", config::is_fixed(origin)).member("live", key.rule.live && !key.is_secret());
        w.member("help", key.help).member("allowed", config::allowed_text(key)).end_object();
    }
    w.end_array().end_object();
    return body;
}

}  // namespace

Result<Configuration::Stored> stored_settings(store::Stores& stores) {
    KG_TRY(text, stores.settings().get(kStoredSettings));
    Configuration::Stored out;
    if (!text) return out;
    KG_TRY(document, json::Document::parse(std::move(*text)));
    for (const auto member : document.root().children()) out.emplace_back(member.key(), member.text());
    return out;
}

namespace verbs {

Reply show_settings(Call& call, store::Stores&) {
    return json_response(200, settings_json(call, *call.office.parts().configuration.current()));
}

Reply edit_settings(Call& call, store::Stores& stores) {
    std::optional<std::string> password;
    KG_TRY(changes, read_changes(call.body(), password));
    if (password) KG_CHECK(check_password(call, *password));  // all of a request holds, or nothing
    auto now = call.office.parts().configuration.current();
    KG_CHECK(change(call, stores, changes, now));
    if (password) KG_CHECK(change_password(call, stores, *password));
    auto body = settings_json(call, *now);
    body.insert(1, R"("success":true,)");
    return json_response(200, std::move(body));
}

Reply edit_proxy_config(Call& call, store::Stores& stores) {
    std::optional<std::string> password;
    KG_TRY(changes, read_changes(call.body(), password));
    if (password) return Err(invalid("adminPassword", "belongs to PUT /api/settings"));
    auto now = call.office.parts().configuration.current();
    KG_CHECK(change(call, stores, changes, now));
    std::string body;
    json::Writer w(body);
    w.begin_object().member("success", true).key("settings").begin_object();
    write_seed_settings(w, now->config);
    w.end_object().end_object();
    return json_response(200, std::move(body));
}

}  // namespace verbs

}  // namespace kg::admin
