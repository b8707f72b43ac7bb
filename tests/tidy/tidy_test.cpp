#include <algorithm>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/tidy/layers.hpp"
#include "tests/tidy/rules.hpp"
#include "tests/tidy/source_tree.hpp"

using namespace kg::tidy;

namespace {

/// A file that may break one rule, and why.
struct Exception {
    std::string_view rule;
    std::string_view path;
    std::string_view reason;
};
constexpr Exception kExceptions[] = {
    {"sleeping", "tests/unit/store/crash_test.cpp",
     "the moment of the kill is what it varies; no outcome waits for it"},
    {"sleeping", "tests/tidy/rules.cpp", "names the functions it looks for"},
    {"sleeping", "tests/tidy/tidy_test.cpp", "shows the rule a bad line"},
};

bool is_excepted(const Rule& rule, const SourceFile& file) {
    return std::any_of(std::begin(kExceptions), std::end(kExceptions),
                       [&](const Exception& e) { return e.rule == rule.name && e.path == file.path; });
}

const Rule& rule_named(std::string_view name) {
    const auto at =
        std::find_if(rules().begin(), rules().end(), [&](const Rule& r) { return r.name == name; });
    REQUIRE(at != rules().end());
    return *at;
}

const std::vector<SourceFile>& tree() {
    static const std::vector<SourceFile> files = read_tree(KIROGATE_SOURCE_DIR);
    return files;
}

std::vector<Room> house_rooms() {
    return parse_rooms(read_text(KIROGATE_SOURCE_DIR "/CMakeLists.txt"));
}

void check_tree(std::string_view rule_name) {
    const Rule& rule = rule_named(rule_name);
    const auto rooms = house_rooms();
    std::string found;
    for (const SourceFile& file : tree()) {
        if (is_excepted(rule, file)) continue;
        for (const std::string& finding : rule.check(file, rooms)) found += finding + '\n';
    }
    INFO(found);
    CHECK(found.empty());
}

std::size_t findings(std::string_view rule_name, const char* path, std::string_view text) {
    constexpr std::string_view kRooms =
        "\nkirogate_library(base PATH core/base LIBS ZLIB::ZLIB)\nkirogate_library(chat PATH "
        "core/chat DEPS json\n    http)\n"
        "kirogate_library(json PATH core/json)\nkirogate_library(kiro PATH core/kiro DEPS chat)\n"
        "kirogate_library(daemon PATH daemon DEPS kiro)\nkirogate_library(httpd PATH daemon/http "
        "DEPS json)\n";
    return rule_named(rule_name).check(make_source(path, text), parse_rooms(kRooms)).size();
}

}  // namespace

TEST_CASE("rooms include only the rooms that CMakeLists.txt grants them") {
    check_tree("layers");
}
TEST_CASE("third-party headers stay in the rooms that link the library") {
    check_tree("third_party");
}
TEST_CASE("no leftovers") {
    check_tree("leftovers");
}
TEST_CASE("headers are guarded and open no namespace") {
    check_tree("headers");
}
TEST_CASE("sources include their own header first") {
    check_tree("own_header_first");
}
TEST_CASE("files and lines are short") {
    check_tree("size");
}
TEST_CASE("the environment is read in one place") {
    check_tree("environment");
}
TEST_CASE("no test sleeps") {
    check_tree("sleeping");
}
TEST_CASE("names of tests have no semicolon") {
    check_tree("test_names");
}
TEST_CASE("no iostream in the product") {
    check_tree("streams");
}

TEST_CASE("the tree and the rooms were really found") {
    CHECK(tree().size() > 100);
    CHECK(house_rooms().size() > 15);
    for (const Exception& e : kExceptions) {
        const auto at =
            std::find_if(tree().begin(), tree().end(), [&](const SourceFile& f) { return f.path == e.path; });
        INFO(e.path);
        REQUIRE(at != tree().end());
        // An exception that nobody needs any more has to go.
        CHECK_FALSE(rule_named(e.rule).check(*at, house_rooms()).empty());
    }
}

TEST_CASE("every rule finds what it is for") {
    CHECK(findings("layers", "core/chat/a.cpp",
                   "#include \"core/json/b.hpp\"\n#include \"core/base/c.hpp\"\n") == 0);
    CHECK(findings("layers", "core/json/a.cpp", "#include \"core/chat/b.hpp\"\n") == 1);
    CHECK(findings("layers", "core/kiro/a.cpp", "#include \"core/json/b.hpp\"\n") == 1);
    CHECK(findings("layers", "core/chat/a.cpp", "#include \"b.hpp\"\n") == 1);
    CHECK(findings("layers", "core/chat/a.cpp", "#include \"tests/support/b.hpp\"\n") == 1);
    CHECK(findings("layers", "core/other/a.cpp", "") == 1);
    CHECK(findings("layers", "daemon/http/a.cpp", "#include \"core/kiro/b.hpp\"\n") == 1);
    CHECK(findings("layers", "daemon/a.cpp", "#include \"core/kiro/b.hpp\"\n") == 0);
    CHECK(findings("layers", "tests/a.cpp", "#include \"core/kiro/b.hpp\"\n") == 0);
    CHECK(findings("third_party", "core/chat/a.cpp", "#include <curl/curl.h>\n#include <zlib.h>\n") == 2);
    CHECK(findings("third_party", "core/base/a.cpp", "#include <zlib.h>\n") == 0);
    CHECK(findings("leftovers", "core/chat/a.cpp",
                   "// TO"
                   "DO: later\nint todo_list;\nmkdtemp(\"XX"
                   "XX\");\n") == 1);
    CHECK(findings("headers", "core/chat/a.hpp", "int a;\n") == 1);
    CHECK(findings("headers", "core/chat/a.hpp", "#pragma once\nusing namespace std;\n") == 1);
    CHECK(findings("own_header_first", "core/chat/a.cpp",
                   "#include <string>\n#include \"core/chat/a.hpp\"\n") == 1);
    CHECK(findings("own_header_first", "core/chat/a.cpp",
                   "#include \"core/chat/a.hpp\"\n#include <string>\n") == 0);
    CHECK(findings("size", "core/chat/a.cpp", std::string(121, 'x')) == 1);
    CHECK(findings("size", "core/chat/a.cpp", std::string(120, 'x') + "\xcc\x81") == 1);
    CHECK(findings("size", "core/chat/a.cpp", std::string(118, 'x') + "\xc3\xa9\xc3\xa9") == 0);
    CHECK(findings("size", "core/chat/a.cpp", std::string(401, '\n')) == 1);
    CHECK(findings("size", "tests/a.cpp", std::string(401, '\n')) == 0);
    CHECK(findings("environment", "core/chat/a.cpp", "auto x = std::getenv(\"A\");\n// getenv\n") == 1);
    CHECK(findings("environment", "core/config/a.cpp", "auto x = std::getenv(\"A\");\n") == 0);
    CHECK(findings("size", "tests/a.cpp", '"' + std::string(121, 'x') + '"') == 0);
    CHECK(findings("size", "tests/a.cpp", std::string(121, 'x')) == 1);
    CHECK(findings("sleeping", "tests/a.cpp", "std::this_thread::sleep_for(1s);\n") == 1);
    CHECK(findings("test_names", "tests/a.cpp", "TEST_CASE(\"a; b\") {\n") == 1);
    CHECK(findings("test_names", "tests/a.cpp", "TEST_CASE(\"a, b\") {\n    f();\n") == 0);
    CHECK(findings("streams", "core/chat/a.cpp", "#include <iostream>\n") == 1);
    CHECK(findings("streams", "tests/a.cpp", "#include <iostream>\n") == 0);
}
