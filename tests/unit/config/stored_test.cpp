#include "core/config/load.hpp"
#include "core/config/schema.hpp"
#include "tests/support/catch.hpp"

using namespace kg;

namespace {

config::LoadInput input(std::vector<std::pair<std::string, std::string>> stored) {
    config::LoadInput out;
    out.environment = [](std::string_view name) -> std::optional<std::string> {
        if (name == "KIROGATE_ACCOUNTS_SCHEDULING") return "priority";
        return std::nullopt;
    };
    out.stored = std::move(stored);
    out.system_path = "/nonexistent/kirogate.toml";
    return out;
}

}  // namespace

TEST_CASE("I2: runtime settings hold where nothing nearer says otherwise, and say where they come from") {
    auto loaded = config::load(input({{"accounts.queue_timeout", "5s"},
                                      {"accounts.scheduling", "balanced"},
                                      {"models.aliases", "a=claude-sonnet-4.5, b=claude-haiku-4.5"}}));
    REQUIRE(loaded);
    CHECK(loaded->config.accounts.queue_timeout == std::chrono::seconds(5));
    CHECK(loaded->origins.at("accounts.queue_timeout") == "settings");
    CHECK(loaded->config.models.aliases.size() == 2);
    CHECK(loaded->config.accounts.scheduling == "priority");
    CHECK(config::is_fixed(loaded->origins.at("accounts.scheduling")));
    CHECK_FALSE(config::is_fixed(loaded->origins.at("accounts.queue_max")));
    CHECK_FALSE(config::is_fixed("settings"));

    config::Config other;
    config::Origins origins;
    config::take_settings(*loaded, other, origins);
    CHECK(other.accounts.queue_timeout == std::chrono::seconds(5));
    CHECK(other.models.aliases == loaded->config.models.aliases);
    CHECK(other.accounts.scheduling == "smart");
    CHECK(origins.size() == 2);
}

TEST_CASE("I3: a runtime setting that is not allowed any more is warned of and left out") {
    auto loaded = config::load(input({{"accounts.queue_max", "many"},
                                      {"server.listen", "0.0.0.0:1"},
                                      {"accounts.no_such", "1"},
                                      {"auth.proxy_key", "a-secret-in-the-open"}}));
    REQUIRE(loaded);
    CHECK(loaded->warnings.size() == 4);
    CHECK(loaded->config.accounts.queue_max == config::Config{}.accounts.queue_max);
    CHECK(loaded->config.server.listen == config::Config{}.server.listen);
    CHECK(loaded->config.auth.proxy_key.empty());
    for (const auto& warning : loaded->warnings) CHECK(warning.find("a-secret") == std::string::npos);
}

TEST_CASE("what can be changed at run time is no secret and no address") {
    std::size_t live = 0;
    for (const auto& key : config::keys()) {
        live += key.rule.live;
        if (key.is_secret()) CHECK_FALSE(key.rule.live);
        if (key.name.find("listen") != key.name.npos) CHECK_FALSE(key.rule.live);
    }
    CHECK(live > 30);
}

TEST_CASE("what a reload puts in force can be changed at run time") {
    for (const auto* name :
         {"accounts.requests_per_minute", "accounts.request_burst", "accounts.tokens_per_minute",
          "web_search.enabled", "web_search.uses_max", "web_search.timeout", "files.read_pdf",
          "files.pdf_max_bytes", "files.pdf_pages_max", "files.pdf_timeout", "files.fetch",
          "files.fetch_max_bytes", "files.fetch_timeout"}) {
        INFO(name);
        const auto* key = config::find_key(name);
        REQUIRE(key);
        CHECK(key->rule.live);
    }
}
