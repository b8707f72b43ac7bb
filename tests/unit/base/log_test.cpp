#include "core/base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::string_literals;

namespace {

/// What is written to stderr while `body` runs.
template <class Body>
std::string captured(Body body) {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fflush(stderr);
    const int saved = ::dup(STDERR_FILENO);
    ::dup2(::fileno(file), STDERR_FILENO);
    body();
    std::fflush(stderr);
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
    std::string out(static_cast<std::size_t>(std::ftell(file) < 0 ? 0 : ::lseek(::fileno(file), 0, SEEK_END)),
                    '\0');
    std::rewind(file);
    out.resize(std::fread(out.data(), 1, out.size(), file));
    std::fclose(file);
    return out;
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a text line has time, level, domain, message and quoted values") {
    log::configure(log::Level::info, log::Format::text);
    const std::string line = captured([] {
        log::info("http", "request done",
                  {{"status", 200},
                   {"ms", 1.5},
                   {"ok", true},
                   {"model", "claude-4"},
                   {"agent", "a b"},
                   {"empty", ""},
                   {"quoted", "say \"x\""}});
    });
    REQUIRE(line.size() > 24);
    CHECK(line.substr(24) ==
          " INFO  http: request done status=200 ms=1.5 ok=true model=claude-4 agent=\"a b\" "
          "empty=\"\" quoted=\"say \\\"x\\\"\"\n");
    CHECK(line[4] == '-');
    CHECK(line[10] == 'T');
    CHECK(line[19] == '.');
    CHECK(line[23] == 'Z');
}

TEST_CASE("nothing that is logged can forge a second line or steer a terminal") {
    for (const auto format : {log::Format::text, log::Format::json}) {
        log::configure(log::Level::info, format);
        const std::string out = captured([] {
            log::warn("a\nb", "m\r\x1b[31m\x7f", {{"k\n", "v\n\x01\xc2\x85"}, {"bad", "\xff\xc2"}});
        });
        CHECK(lines_in(out) == 1);
        CHECK(out.find('\x1b') == std::string::npos);
        CHECK(out.find('\r') == std::string::npos);
        CHECK(out.find('\x7f') == std::string::npos);
        CHECK(out.find("\xc2\x85") == std::string::npos);
        CHECK(out.find('\xff') == std::string::npos);
    }
}

TEST_CASE("a JSON line is one JSON object") {
    log::configure(log::Level::debug, log::Format::json);
    const std::string line = captured([] {
        log::error("pool", "it \"failed\"",
                   {{"n", std::int64_t{-5}}, {"nan", std::nan("")}, {"path", "C:\\x\n"}, {"flag", false}});
    });
    const auto parsed = nlohmann::json::parse(line);
    CHECK(parsed["level"] == "error");
    CHECK(parsed["domain"] == "pool");
    CHECK(parsed["message"] == "it \"failed\"");
    CHECK(parsed["n"] == -5);
    CHECK(parsed["nan"].is_null());
    CHECK(parsed["path"] == "C:\\x\n");
    CHECK(parsed["flag"] == false);
}

TEST_CASE("levels below the configured one write nothing") {
    log::configure(log::Level::warn, log::Format::text);
    CHECK_FALSE(log::enabled(log::Level::info));
    CHECK(captured([] { log::info("a", "b"); }).empty());
    CHECK(lines_in(captured([] { log::warn("a", "b"); })) == 1);
    log::set_level(log::Level::off);
    CHECK(captured([] { log::error("a", "b"); }).empty());
    CHECK_FALSE(log::enabled(log::Level::off));

    log::Level level = log::Level::off;
    CHECK(log::parse_level("WARN", level));
    CHECK(level == log::Level::warn);
    CHECK(log::parse_level("debug", level));
    CHECK(level == log::Level::debug);
    CHECK_FALSE(log::parse_level("loud", level));
    log::configure(log::Level::info, log::Format::text);
}

TEST_CASE("lines of several threads stay whole") {
    log::configure(log::Level::info, log::Format::text);
    const std::string out = captured([] {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([] {
                for (int i = 0; i < 250; ++i) log::info("t", "message", {{"i", i}, {"text", "0123456789"}});
            });
        }
        for (auto& thread : threads) thread.join();
    });
    CHECK(lines_in(out) == 1000);
    for (std::size_t at = 0; at < out.size();) {
        const auto end = out.find('\n', at);
        const std::string line = out.substr(at, end - at);
        REQUIRE(line.ends_with("text=0123456789"));
        REQUIRE(line.find("INFO") == 25);
        at = end + 1;
    }
}

TEST_CASE("gathered lines are written together, a warning at once and after them") {
    log::configure(log::Level::info, log::Format::text);
    int pending = 0;
    std::string before_flush;
    const std::string out = captured([&] {
        const log::GatherLines gather([&pending] { ++pending; });
        before_flush = captured([] {
            log::info("a", "one");
            log::info("a", "two");
        });
        log::warn("a", "three");
        log::info("a", "four");
        log::flush();
        log::info("a", "five");
    });
    CHECK(before_flush.empty());
    CHECK(pending == 3);
    CHECK(lines_in(out) == 5);
    std::size_t at = 0;
    for (const auto* word : {"one", "two", "three", "four", "five"}) {
        const auto found = out.find(word);
        CHECK(found != std::string::npos);
        CHECK(found >= at);
        at = found;
    }
}

TEST_CASE("gathered lines are bounded") {
    log::configure(log::Level::info, log::Format::text);
    const std::string out = captured([] {
        const log::GatherLines gather([] {});
        const std::string long_text(10'000, 'x');
        CHECK_FALSE(captured([&] {
                        for (int i = 0; i < 10; ++i) log::info("a", long_text);
                    }).empty());
    });
    CHECK_FALSE(out.empty());
}
