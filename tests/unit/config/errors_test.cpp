#include "tests/unit/config/support.hpp"

using namespace kg;
using namespace kg::config;
using namespace kg::config::test;

namespace {

struct Case {
    const char* toml;
    const char* message;  // after "DIR/kirogate.toml:"
};

constexpr const char* kDuration = "a duration such as \"500ms\", \"10s\", \"5m\" or \"1h\"";

}  // namespace

TEST_CASE("each class of mistake in the file is told with place, key and what is allowed") {
    const std::string duration = std::string(
                                     "1:26: server.drain_timeout: expected a duration, found a whole "
                                     "number; allowed: ") +
                                 kDuration + ", from 0s to 1h; write the unit, as in \"30s\" or \"30ms\"";
    const std::string garbled =
        std::string("1:26: server.drain_timeout: \"30 s\" is not a duration; allowed: ") + kDuration +
        ", from 0s to 1h";
    const std::string too_long =
        std::string("1:26: server.drain_timeout: 2h is too large; allowed: ") + kDuration + ", from 0s to 1h";
    const std::vector<Case> cases{
        {"[server]\nworkers = 257",
         "2:11: server.workers: 257 is too large; allowed: a whole number from 0 to 256"},
        {"[server]\nworkers = -1",
         "2:11: server.workers: -1 is too small; allowed: a whole number from 0 to 256"},
        {"[server]\nworkers = \"two\"",
         "2:11: server.workers: expected a whole number, found a string; allowed: a whole number "
         "from 0 to 256"},
        {"[server]\nworkers = 1.5",
         "2:11: server.workers: expected a whole number, found a floating-point number; allowed: a "
         "whole "
         "number from 0 to 256"},
        {"[server]\nallow_public_without_key = 1",
         "2:28: server.allow_public_without_key: expected true or false, found a whole number; "
         "allowed: true "
         "or false"},
        {"server = {drain_timeout= 30}", duration.c_str()},
        {"server = {drain_timeout= \"30 s\"}", garbled.c_str()},
        {"server = {drain_timeout= \"2h\"}", too_long.c_str()},
        {"[limits]\nhead_max_bytes = \"64KB\"",
         "2:18: limits.head_max_bytes: \"64KB\" is not a size; allowed: a size such as 65536, "
         "\"64KiB\" or "
         "\"32MiB\", from 1KiB to 1MiB"},
        {"[limits]\nhead_max_bytes = \"2MiB\"",
         "2:18: limits.head_max_bytes: 2MiB is too large; allowed: a size such as 65536, \"64KiB\" "
         "or "
         "\"32MiB\", from 1KiB to 1MiB"},
        {"[log]\nlevel = \"warnn\"",
         "2:9: log.level: \"warnn\" is not known; allowed: one of debug, info, warn, error, off; "
         "did you mean "
         "\"warn\"?"},
        {"[kiro]\nendpoints = [\"runtime\", \"quux\"]",
         "2:13: kiro.endpoints: \"quux\" is not known; allowed: a list of runtime, q, "
         "codewhisperer"},
        {"[kiro]\nendpoints = []",
         "2:13: kiro.endpoints: the list is empty; allowed: a list of runtime, q, codewhisperer"},
        {"[kiro]\nendpoints = [\"q\", \"q\"]",
         "2:13: kiro.endpoints: \"q\" is listed twice; allowed: a list of runtime, q, "
         "codewhisperer"},
        {"[kiro]\nendpoints = [1]",
         "2:13: kiro.endpoints: expected a list of strings, found a list that holds something "
         "else; allowed: a "
         "list of runtime, q, codewhisperer"},
        {"[kiro]\nendpoints = \"q\"",
         "2:13: kiro.endpoints: expected a list of strings, found a string; allowed: a list of "
         "runtime, q, "
         "codewhisperer"},
        {"[models.aliases]\na = 3",
         "1:1: models.aliases: expected a table of strings, found a table that holds something "
         "else; allowed: "
         "a table of NAME = \"MODEL\""},
        {"[models.aliases]\na = \"x y\"",
         "1:1: models.aliases: \"x y\": holds a space, a control character or a character outside "
         "ASCII; "
         "allowed: a table of NAME = \"MODEL\""},
        {"[server]\nlisten = 8000",
         "2:10: server.listen: expected a string, found a whole number; allowed: HOST:PORT, "
         "[IPV6]:PORT or "
         "unix:/PATH, with a port from 0 to 65535"},
        {"[kiro]\napi_url = \"http://q.example.com\"",
         "2:11: kiro.api_url: \"http://q.example.com\": would send tokens in clear text; use "
         "https; allowed: "
         "empty, an https:// URL, or an http:// URL of a loopback host"},
        {"[kiro]\nproxy = \"ftp://user:hunter22@host\"",
         "2:9: kiro.proxy: has an unknown scheme; allowed: empty, or "
         "SCHEME://[USER:PASSWORD@]HOST[:PORT] with "
         "the scheme http, https, socks4, socks4a, socks5 or socks5h"},
        {"[log]\nlevle = \"warn\"",
         "2:1: log.levle: unknown key; allowed: level, format, request_rows_max, usage_kept_for, "
         "audit_rows_max in [log]; did you "
         "mean "
         "log.level?"},
        {"[server]\nproxy_key = \"x\"",
         "2:1: server.proxy_key: unknown key; allowed: listen, workers, cors_origins, "
         "drain_timeout, "
         "ping_interval, allow_public_without_key, trusted_proxies, admin_listen, metrics in [server]; did "
         "you mean "
         "auth.proxy_key?"},
        {"[server]\nlisten_file = \"x\"",
         "2:1: server.listen_file: unknown key; allowed: listen, workers, cors_origins, "
         "drain_timeout, "
         "ping_interval, allow_public_without_key, trusted_proxies, admin_listen, metrics in [server]; did "
         "you mean server.listen?"},
        {"[sever]\nlisten = \"x\"",
         "1:2: \"sever\": unknown section; allowed: the sections server, auth, kiro, accounts, "
         "models, compression, responses, web_search, files, limits, hooks, "
         "log, storage; did you mean server?"},
        {"workers = 3",
         "1:1: \"workers\": unknown section; allowed: the sections server, auth, kiro, accounts, "
         "models, compression, responses, web_search, files, "
         "limits, hooks, log, storage; did you mean server.workers?"},
        {"server = 3", "1:10: server: expected a table, found a whole number; allowed: a section: [server]"},
        {"[limits]\nwrite_high_bytes = \"32KiB\"",
         "2:20: limits.write_high_bytes: limits.write_low_bytes (64KiB) must be below "
         "limits.write_high_bytes (32KiB)"},
        {"[kiro]\nidle_timeout = \"20m\"\ntotal_timeout = \"10m\"",
         "2:16: kiro.idle_timeout: kiro.idle_timeout (20m) must be at most kiro.total_timeout "
         "(10m)"},
    };
    for (const Case& one : cases) {
        INFO(one.toml);
        Setup setup;
        setup.file(one.toml);
        CHECK(setup.refusal() == std::string("DIR/kirogate.toml:") + one.message);
    }
}

TEST_CASE("a syntax error is told with line and column") {
    Setup setup;
    setup.file("[server]\nworkers = 3\nlisten = \"127.0.0.1:8000\n");
    CHECK(setup.refusal().rfind("DIR/kirogate.toml:3:", 0) == 0);
    CHECK(setup.refusal().find(": syntax: ") != std::string::npos);
    setup.file("[server]\nworkers = 3\nworkers = 4\n");
    CHECK(setup.refusal().rfind("DIR/kirogate.toml:3:", 0) == 0);
}

TEST_CASE("lowering a total below a default inside it is no mistake") {
    Setup setup;
    setup.file("[kiro]\ntotal_timeout = \"10s\"\n[limits]\nconnections_max = 10\n");
    CHECK(setup.good().config.kiro.total_timeout == std::chrono::seconds(10));
}

TEST_CASE("all problems of all layers are told at once, in the order of the file") {
    Setup setup;
    setup.file("[server]\nworkers = 300\nlisten = \"x\"\n[log]\nlevel = \"loud\"\n");
    setup.variables = {{"KIROGATE_ACCOUNTS_ATTEMPTS_MAX", "0"}, {"PORT", "http"}};
    setup.overrides = {{"log.format", "xml"}, {"log.colour", "red"}};
    CHECK(setup.refusal() ==
          "DIR/kirogate.toml:2:11: server.workers: 300 is too large; allowed: a whole number from "
          "0 to 256\n"
          "DIR/kirogate.toml:3:10: server.listen: \"x\": has no port; allowed: HOST:PORT, "
          "[IPV6]:PORT or "
          "unix:/PATH, with a port from 0 to 65535\n"
          "DIR/kirogate.toml:5:9: log.level: \"loud\" is not known; allowed: one of debug, info, "
          "warn, error, "
          "off\n"
          "environment: KIROGATE_ACCOUNTS_ATTEMPTS_MAX: 0 is too small; allowed: a whole number "
          "from 1 to 100\n"
          "environment: PORT: \"http\" is not a number; allowed: a port number from 0 to 65535 (0: "
          "any free "
          "port)\n"
          "flag: log.format: \"xml\" is not known; allowed: one of text, json\n"
          "flag: log.colour: unknown key; allowed: level, format, request_rows_max, usage_kept_for, "
          "audit_rows_max in [log]");
}

TEST_CASE("A14: a PORT that is no port ends in a message that names it and its range") {
    Setup setup;
    const std::string range = "; allowed: a port number from 0 to 65535 (0: any free port)";
    for (const char* text : {"eighty", "80a", "0x50", "8 0", "99999999999999999999"}) {
        setup.variables["PORT"] = text;
        CHECK(setup.refusal() == "environment: PORT: \"" + std::string(text) + "\" is not a number" + range);
    }
    for (const char* text : {"65536", "-1"}) {
        setup.variables["PORT"] = text;
        CHECK(setup.refusal() == "environment: PORT: \"" + std::string(text) + "\" is out of range" + range);
    }
    setup.variables["PORT"] = "65535";
    CHECK(setup.good().config.server.listen == "127.0.0.1:65535");
}

TEST_CASE("texts of the environment that do not fit their key are refused") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"KIROGATE_SERVER_WORKERS", "\"many\" is not a whole number; allowed: a whole number from 0 to 256"},
        {"KIROGATE_KIRO_DROP_DUPLICATE_TEXT", "\"many\" is neither true nor false; allowed: true or false"},
        {"KIROGATE_MODELS_ALIASES",
         "\"many\" is not of the form NAME=MODEL; allowed: a table of NAME = \"MODEL\""},
        {"KIROGATE_LIMITS_WRITE_LOW_BYTES",
         "\"many\" is not a size; allowed: a size such as 65536, \"64KiB\" or \"32MiB\", from 1KiB "
         "to 64MiB"},
        {"ENABLE_COMPRESSION", "\"many\" is neither true nor false; allowed: true or false"},
    };
    for (const auto& [name, message] : cases) {
        Setup setup;
        setup.variables[name] = "many";
        CHECK(setup.refusal() == "environment: " + name + ": " + message);
    }
    Setup twice;
    twice.variables["KIROGATE_MODELS_ALIASES"] = "a=b,a=c";
    CHECK(twice.refusal().find("\"a\" is given twice") != std::string::npos);
}

TEST_CASE("control characters of a value never reach the message") {
    Setup setup;
    setup.variables["KIROGATE_LOG_LEVEL"] = "a\x1b[31m\nb";
    const auto message = setup.refusal();
    CHECK(message.find('\x1b') == std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
    setup.variables = {{"KIROGATE_LOG_LEVEL", std::string(5'000, 'x')}};
    CHECK(setup.refusal().size() < 300);
}

TEST_CASE("a misspelt variable is warned of, with the nearest name, and is no error") {
    Setup setup;
    setup.variables = {{"KIROGATE_SERVER_LISTN", "x"}, {"KIROGATE_CONFIG", ""},
                       {"KIROGATE_API_KEY", "x"},      {"KIROGATE", "x"},
                       {"SERVER_LISTEN", "x"},         {"KIROGATE_ZZZZZZZZZZZ", ""}};
    const auto loaded = setup.good();
    REQUIRE(loaded.warnings.size() == 2);
    CHECK(loaded.warnings[0] ==
          "environment: KIROGATE_SERVER_LISTN: not a variable that kirogate knows, "
          "ignored; did you mean KIROGATE_SERVER_LISTEN?");
    CHECK(loaded.warnings[1] ==
          "environment: KIROGATE_ZZZZZZZZZZZ: not a variable that kirogate knows, ignored");
}

TEST_CASE("G1: ENABLE_COMPRESSION switches compression, on without it") {
    Setup setup;
    CHECK(setup.good().config.compression.enabled);
    setup.variables["ENABLE_COMPRESSION"] = "false";
    CHECK_FALSE(setup.good().config.compression.enabled);
    setup.variables["ENABLE_COMPRESSION"] = "true";
    CHECK(setup.good().config.compression.enabled);
    CHECK(setup.good().warnings.empty());
}
