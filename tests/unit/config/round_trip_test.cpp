#include "core/config/value.hpp"
#include "tests/unit/config/support.hpp"

using namespace kg;
using namespace kg::config;
using namespace kg::config::test;

namespace {

struct Sample {
    const char* key;
    const char* toml;
    const char* text;   // in the environment or a flag
    const char* shown;  // by `config show`
};

const char* const kHex64 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const std::string kHex64Toml = '"' + std::string(kHex64) + '"';

const std::vector<Sample>& samples() {
    static const std::vector<Sample> all{
        {"server.listen", "\"[::1]:9001\"", "[::1]:9001", "[::1]:9001"},
        {"server.workers", "3", "3", "3"},
        {"server.cors_origins", "\"https://a.example, http://localhost:3000\"",
         "https://a.example, http://localhost:3000", "https://a.example, http://localhost:3000"},
        {"server.drain_timeout", "\"45s\"", "45s", "45s"},
        {"server.ping_interval", "\"1500ms\"", "1500ms", "1500ms"},
        {"server.allow_public_without_key", "true", "yes", "true"},
        {"server.trusted_proxies", "[\"127.0.0.1\", \"10.0.0.0/8\"]", "127.0.0.1, 10.0.0.0/8",
         "127.0.0.1, 10.0.0.0/8"},
        {"server.admin_listen", "\"unix:/run/kirogate/admin.sock\"", "unix:/run/kirogate/admin.sock",
         "unix:/run/kirogate/admin.sock"},
        {"server.metrics", "\"public\"", "public", "public"},
        {"auth.proxy_key", "\"0123456789abcdef\"", "0123456789abcdef", "(set)"},
        {"auth.admin_password", "\"correct horse battery\"", "correct horse battery", "(set)"},
        {"auth.requests_per_minute", "600", "600", "600"},
        {"auth.request_burst", "20", "20", "20"},
        {"auth.tenant_credentials_max", "5", "5", "5"},
        {"auth.session_idle", "\"30m\"", "30m", "30m"},
        {"auth.session_max", "\"48h\"", "48h", "48h"},
        {"kiro.endpoints", "[\"q\", \"codewhisperer\"]", "q, codewhisperer", "q, codewhisperer"},
        {"kiro.api_url", "\"http://127.0.0.1:9/\"", "http://127.0.0.1:9/", "http://127.0.0.1:9"},
        {"kiro.management_url", "\"https://m.example/x\"", "https://m.example/x", "https://m.example/x"},
        {"kiro.auth_url", "\"http://localhost:7\"", "http://localhost:7", "http://localhost:7"},
        {"kiro.oidc_url", "\"http://[::1]:7\"", "http://[::1]:7", "http://[::1]:7"},
        {"kiro.kiro_version", "\"1.2.3\"", "1.2.3", "1.2.3"},
        {"kiro.node_version", "\"24.0.0\"", "24.0.0", "24.0.0"},
        {"kiro.os", "\"darwin#24\"", "darwin#24", "darwin#24"},
        {"kiro.proxy", "\"socks5h://u:p@proxy.example:1080\"", "socks5h://u:p@proxy.example:1080",
         "socks5h://***@proxy.example:1080"},
        {"kiro.ca_file", "\"/dev/null\"", "/dev/null", "/dev/null"},
        {"kiro.drop_duplicate_text", "true", "on", "true"},
        {"kiro.tool_description_max_bytes", "\"8KiB\"", "8KiB", "8KiB"},
        {"kiro.body_max_bytes", "1048576", "1048576", "1MiB"},
        {"kiro.connect_timeout", "\"3s\"", "3s", "3s"},
        {"kiro.first_event_timeout", "\"4s\"", "4s", "4s"},
        {"kiro.idle_timeout", "\"5s\"", "5s", "5s"},
        {"kiro.total_timeout", "\"120m\"", "120m", "2h"},
        {"kiro.circuit_calls_min", "7", "7", "7"},
        {"kiro.circuit_failures_percent", "60", "60", "60"},
        {"kiro.circuit_pause", "\"90s\"", "90s", "90s"},
        {"accounts.refresh_lead", "\"0s\"", "0s", "0s"},
        {"accounts.models_ttl", "\"1m\"", "1m", "1m"},
        {"accounts.attempts_max", "2", "2", "2"},
        {"accounts.failover_time_max", "\"9s\"", "9s", "9s"},
        {"accounts.hold_back", "\"50ms\"", "50ms", "50ms"},
        {"accounts.continue_text", "true", "on", "true"},
        {"accounts.scheduling", "\"balanced\"", "balanced", "balanced"},
        {"accounts.concurrency_max", "12", "12", "12"},
        {"accounts.requests_per_minute", "60", "60", "60"},
        {"accounts.request_burst", "10", "10", "10"},
        {"accounts.tokens_per_minute", "100000", "100000", "100000"},
        {"accounts.queue_max", "50", "50", "50"},
        {"accounts.queue_timeout", "\"7s\"", "7s", "7s"},
        {"accounts.sticky_ttl", "\"15m\"", "15m", "15m"},
        {"accounts.usage_ttl", "\"2m\"", "2m", "2m"},
        {"accounts.when_exhausted", "\"continue\"", "continue", "continue"},
        {"accounts.quota_margin", "25", "25", "25"},
        {"models.aliases", "{ \"gpt-4o\" = \"claude-x\", b = \"c\" }", "b=c, gpt-4o=claude-x",
         "b=c, gpt-4o=claude-x"},
        {"compression.enabled", "false", "off", "false"},
        {"compression.threshold_percent", "70", "70", "70"},
        {"compression.keep_messages", "12", "12", "12"},
        {"compression.chunk_tokens", "8000", "8000", "8000"},
        {"compression.model", "\"claude-haiku-5\"", "claude-haiku-5", "claude-haiku-5"},
        {"compression.timeout", "\"30s\"", "30s", "30s"},
        {"compression.cache_ttl", "\"30m\"", "30m", "30m"},
        {"compression.cache_memory_max_bytes", "\"4MiB\"", "4MiB", "4MiB"},
        {"compression.cache_store_max_bytes", "\"1GiB\"", "1GiB", "1GiB"},
        {"responses.kept_per_key", "100", "100", "100"},
        {"responses.kept_for", "\"168h\"", "168h", "168h"},
        {"web_search.enabled", "false", "no", "false"},
        {"web_search.uses_max", "3", "3", "3"},
        {"web_search.timeout", "\"5s\"", "5s", "5s"},
        {"files.read_pdf", "false", "off", "false"},
        {"files.pdf_max_bytes", "\"1MiB\"", "1MiB", "1MiB"},
        {"files.pdf_pages_max", "20", "20", "20"},
        {"files.pdf_timeout", "\"5s\"", "5s", "5s"},
        {"files.fetch", "true", "on", "true"},
        {"files.fetch_max_bytes", "\"2MiB\"", "2MiB", "2MiB"},
        {"files.fetch_timeout", "\"3s\"", "3s", "3s"},
        {"limits.head_max_bytes", "\"16KiB\"", "16kib", "16KiB"},
        {"limits.body_max_bytes", "\"1GiB\"", "1GiB", "1GiB"},
        {"limits.answer_max_bytes", "\"1MiB\"", "1MiB", "1MiB"},
        {"limits.head_timeout", "\"11s\"", "11s", "11s"},
        {"limits.body_timeout", "\"12s\"", "12s", "12s"},
        {"limits.keep_alive_timeout", "\"13s\"", "13s", "13s"},
        {"limits.send_timeout", "\"14s\"", "14s", "14s"},
        {"limits.connections_max", "77", "77", "77"},
        {"limits.streams_max", "66", "66", "66"},
        {"limits.address_requests_per_minute", "120", "120", "120"},
        {"limits.address_request_burst", "30", "30", "30"},
        {"limits.write_high_bytes", "\"512KiB\"", "512KiB", "512KiB"},
        {"limits.write_low_bytes", "5000", "5000", "5000"},
        {"hooks.url", "\"https://hooks.example.com/T1?a=b\"", "https://hooks.example.com/T1?a=b", "(set)"},
        {"hooks.secret", "\"signing-secret-4711\"", "signing-secret-4711", "(set)"},
        {"hooks.command", "[\"notify\", \"-v\"]", "notify,-v", "notify, -v"},
        {"hooks.quiet", "\"2m\"", "2m", "2m"},
        {"hooks.key_percent", "80", "80", "80"},
        {"log.level", "\"debug\"", "DEBUG", "debug"},
        {"log.format", "\"json\"", "json", "json"},
        {"log.request_rows_max", "0", "0", "0"},
        {"log.usage_kept_for", "\"48h\"", "48h", "48h"},
        {"log.audit_rows_max", "2000", "2000", "2000"},
        {"storage.seal_key", kHex64Toml.c_str(), kHex64, "(set)"},
    };
    return all;
}

std::string secret_of(const Loaded& loaded, const Key& key) {
    Config config = loaded.config;
    return std::get<Secret& (*)(Config&)>(key.field)(config).reveal();
}

/// The sample's value and origin hold for its key, the default for every other.
void check_alone(const Loaded& loaded, const Sample& sample, const std::string& origin) {
    const Loaded defaults{};
    for (const auto& row : show(loaded)) {
        if (row.key == sample.key) {
            CHECK(row.value == sample.shown);
            CHECK(row.origin == origin);
            CHECK(row.value != shown_value(defaults, row.key));
        } else {
            CHECK(row.origin == "default");
            CHECK(row.value == shown_value(defaults, row.key));
        }
    }
    const Key& key = *find_key(sample.key);
    if (key.is_secret()) CHECK(secret_of(loaded, key) == sample.text);
}

}  // namespace

TEST_CASE("every key of the schema has a sample") {
    REQUIRE(samples().size() == keys().size());
    for (std::size_t i = 0; i < keys().size(); ++i) CHECK(keys()[i].name == samples()[i].key);
}

TEST_CASE("every key is read from the file, with its line as origin") {
    for (const Sample& sample : samples()) {
        INFO(sample.key);
        const Key& key = *find_key(sample.key);
        Setup setup;
        setup.file("# comment\n[" + std::string(key.section()) + "]\n" + std::string(key.leaf()) + " = " +
                   sample.toml + "\n");
        const auto loaded = setup.good();
        CHECK(loaded.path == *setup.config_flag);
        check_alone(loaded, sample, "file:" + *setup.config_flag + ":3");
    }
}

TEST_CASE("every key is read from its environment variable") {
    for (const Sample& sample : samples()) {
        INFO(sample.key);
        Setup setup;
        setup.variables[env_name(sample.key)] = sample.text;
        const auto loaded = setup.good();
        CHECK(loaded.warnings.empty());
        check_alone(loaded, sample, "environment:" + env_name(sample.key));
    }
}

TEST_CASE("every key is read from a flag") {
    for (const Sample& sample : samples()) {
        INFO(sample.key);
        Setup setup;
        setup.overrides = {{sample.key, sample.text}};
        check_alone(setup.good(), sample, "flag");
    }
}

TEST_CASE("every secret is read from a file named in the file, the environment or a flag") {
    for (const Sample& sample : samples()) {
        const Key& key = *find_key(sample.key);
        if (!key.is_secret()) continue;
        INFO(sample.key);
        Setup setup;
        const auto path = setup.dir.write("secret", std::string(sample.text) + "\n", 0400);
        SECTION(std::string("toml ") + sample.key) {
            setup.file("[" + std::string(key.section()) + "]\n" + std::string(key.leaf()) + "_file = \"" +
                       path + "\"\n");
            check_alone(setup.good(), sample, "file:" + *setup.config_flag + ":2 (" + path + ")");
        }
        SECTION(std::string("environment ") + sample.key) {
            setup.variables[env_name(sample.key) + "_FILE"] = path;
            const auto loaded = setup.good();
            CHECK(loaded.warnings.empty());
            check_alone(loaded, sample, "environment:" + env_name(sample.key) + "_FILE (" + path + ")");
        }
        SECTION(std::string("flag ") + sample.key) {
            setup.overrides = {{std::string(sample.key) + "_file", path}};
            check_alone(setup.good(), sample, "flag (" + path + ")");
        }
    }
}

TEST_CASE("a flag wins over the environment and the environment over the file") {
    Setup setup;
    setup.file("[server]\nworkers = 1\n[limits]\nstreams_max = 1\n[log]\nlevel = \"warn\"\n");
    setup.variables = {{"KIROGATE_SERVER_WORKERS", "2"}, {"KIROGATE_LIMITS_STREAMS_MAX", "2"}};
    setup.overrides = {{"server.workers", "3"}};
    const auto loaded = setup.good();
    CHECK(loaded.config.server.workers == 3);
    CHECK(loaded.config.limits.streams_max == 2);
    CHECK(loaded.config.log.level == "warn");
    CHECK(loaded.origins.at("server.workers") == "flag");
    CHECK(loaded.origins.at("limits.streams_max") == "environment:KIROGATE_LIMITS_STREAMS_MAX");
    CHECK(loaded.origins.at("log.level") == "file:" + *setup.config_flag + ":6");
    CHECK(loaded.origins.size() == keys().size());
}

TEST_CASE("the older variables set their keys, and the longer name wins") {
    Setup setup;
    setup.variables = {{"PROXY_API_KEY", "0123456789abcdef"},
                       {"ADMIN_PASSWORD", "correct horse battery"},
                       {"PORT", "8123"},
                       {"LOG_LEVEL", "WARN"},
                       {"RATE_LIMIT_PER_MINUTE", "90"}};
    auto loaded = setup.good();
    CHECK(loaded.warnings.empty());
    CHECK(loaded.config.auth.proxy_key.reveal() == "0123456789abcdef");
    CHECK(loaded.config.auth.admin_password.reveal() == "correct horse battery");
    CHECK(loaded.config.server.listen == "127.0.0.1:8123");
    CHECK(loaded.config.log.level == "warn");
    CHECK(loaded.config.auth.requests_per_minute == 90);
    CHECK(loaded.origins.at("server.listen") == "environment:PORT");
    CHECK(loaded.origins.at("auth.proxy_key") == "environment:PROXY_API_KEY");

    setup.variables["KIROGATE_SERVER_LISTEN"] = "0.0.0.0:1";
    loaded = setup.good();
    CHECK(loaded.config.server.listen == "0.0.0.0:1");
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0] == "environment: PORT: ignored, because KIROGATE_SERVER_LISTEN is set");

    for (auto& variable : setup.variables) variable.second.clear();
    setup.variables.erase("KIROGATE_SERVER_LISTEN");
    loaded = setup.good();
    for (const auto& origin : loaded.origins) CHECK(origin.second == "default");
}

TEST_CASE("PORT changes the port of the address in the file, whatever its host") {
    Setup setup;
    setup.variables["PORT"] = "9";
    setup.file("[server]\nlisten = \"[::1]:8000\"\n");
    CHECK(setup.good().config.server.listen == "[::1]:9");
    setup.file("[server]\nlisten = \"unix:/run/kirogate.sock\"\n");
    const auto loaded = setup.good();
    CHECK(loaded.config.server.listen == "unix:/run/kirogate.sock");
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0] == "environment: PORT: ignored, because server.listen is a Unix socket");
}
