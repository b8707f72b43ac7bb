#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/unit/config/support.hpp"

using namespace kg;
using namespace kg::config;
using namespace kg::config::test;

namespace {

const std::string kSource = KIROGATE_SOURCE_DIR;
constexpr std::string_view kBegin = ".\\\" BEGIN GENERATED KEYS\n";
constexpr std::string_view kEnd = ".\\\" END GENERATED KEYS\n";

/// With KIROGATE_BLESS=1 the committed documents are rewritten instead of compared.
bool blessing() {
    const char* value = std::getenv("KIROGATE_BLESS");
    return value != nullptr && *value != '\0';
}

/// The example with every setting's comment sign taken away.
std::string uncommented(const std::string& example) {
    std::istringstream in(example);
    std::string out, line;
    while (std::getline(in, line)) {
        const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        out += (setting ? line.substr(1) : line) + '\n';
    }
    return out;
}

std::string run(const std::string& command, int& status) {
    std::string out;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
    status = ::pclose(pipe);
    return out;
}

}  // namespace

TEST_CASE("the example file is the one the schema makes") {
    const auto path = kSource + "/examples/kirogate.toml";
    if (blessing()) std::ofstream(path, std::ios::binary) << example_toml();
    INFO("after a change of the schema: KIROGATE_BLESS=1 unit_config");
    CHECK(kg::test::read_text_file(path) == example_toml());
}

TEST_CASE("the keys of the manual page are the ones the schema makes") {
    const auto path = kSource + "/man/kirogate.toml.5";
    auto page = kg::test::read_text_file(path);
    const auto begin = page.find(kBegin), end = page.find(kEnd);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    REQUIRE(begin < end);
    const auto from = begin + kBegin.size();
    if (blessing()) {
        page.replace(from, end - from, man_keys());
        std::ofstream(path, std::ios::binary) << page;
    } else {
        INFO("after a change of the schema: KIROGATE_BLESS=1 unit_config");
        CHECK(page.substr(from, end - from) == man_keys());
    }
}

TEST_CASE("every key is in the example and in the manual page, with its variable") {
    const auto example = example_toml(), man = man_keys();
    for (const Key& key : keys()) {
        INFO(key.name);
        CHECK(example.find("\n#" + std::string(key.leaf()) + " = ") != std::string::npos);
        CHECK(example.find(env_name(key.name)) != std::string::npos);
        CHECK(man.find("\\fB" + std::string(key.leaf()) + "\\fR") != std::string::npos);
        CHECK(man.find("\\fB" + env_name(key.name) + "\\fR") != std::string::npos);
        if (!key.is_secret()) continue;
        CHECK(example.find("\n#" + std::string(key.leaf()) + "_file = ") != std::string::npos);
        CHECK(man.find("\\fB" + env_name(key.name) + "_FILE\\fR") != std::string::npos);
    }
    std::istringstream lines(example);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("the example loads as it is, and gives the defaults with every line switched on") {
    Setup setup;
    const Loaded defaults{};
    setup.file(example_toml());
    for (const auto& row : show(setup.good())) {
        CHECK(row.value == shown_value(defaults, row.key));
        CHECK(row.origin == "default");
    }
    setup.file(uncommented(example_toml()));
    const auto loaded = setup.good();
    CHECK(loaded.warnings.empty());
    for (const auto& row : show(loaded)) {
        INFO(row.key);
        CHECK(row.value == shown_value(defaults, row.key));
        if (!find_key(row.key)->is_secret()) {
            CHECK(row.origin.find("file:" + *setup.config_flag + ":") == 0);
        }
    }
}

TEST_CASE("the systemd unit names known variables and waits longer than the drain") {
    const auto unit = kg::test::read_text_file(kSource + "/examples/kirogate.service");
    std::istringstream lines(unit);
    int variables = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::string start = "#Environment=";
        if (line.rfind(start, 0) != 0) continue;
        const auto name = line.substr(start.size(), line.find('=', start.size()) - start.size());
        bool known = false;
        for (const Key& key : keys()) {
            known = known || name == env_name(key.name) ||
                    (key.is_secret() && name == env_name(key.name) + "_FILE");
        }
        INFO(name);
        CHECK(known);
        ++variables;
    }
    CHECK(variables == 3);
    const std::string stop = "\nTimeoutStopSec=";
    REQUIRE(unit.find(stop) != std::string::npos);
    CHECK(std::chrono::seconds(std::stoi(unit.substr(unit.find(stop) + stop.size()))) >
          Config().server.drain_timeout);
}

TEST_CASE("the manual pages are well formed") {
    int status = 0;
    const auto found = run("command -v man && command -v groff", status);
    if (status != 0) {
        WARN("man or groff is not installed: not checked");
        return;
    }
    for (const char* page : {"kirogate.1", "kirogate-serve.1", "kirogate-chat.1", "kirogate-account.1",
                             "kirogate-key.1", "kirogate.toml.5"}) {
        INFO(page);
        const auto output =
            run("LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z '" + kSource +
                    "/man/" + page + "' 2>&1 >/dev/null",
                status);
        CHECK(status == 0);
        CHECK(output == "");
    }
}
