#include "core/chat/prefill_echo.hpp"

#include "core/chat/request.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

std::string shown(const std::string& prefill, const std::string& answer, std::size_t piece) {
    PrefillEcho echo(prefill);
    std::string out;
    for (std::size_t at = 0; at < answer.size(); at += piece) out += echo.push(answer.substr(at, piece));
    out += echo.finish();
    return out;
}

}  // namespace

TEST_CASE("D13: an answer that begins with the prefill loses it, in any pieces") {
    for (std::size_t piece = 1; piece < 8; ++piece) {
        CHECK(shown("{", R"({"a":1})", piece) == R"("a":1})");
        CHECK(shown("{", "\n{\"a\":1}", piece) == R"("a":1})");
        CHECK(shown("{", R"("a":1})", piece) == R"("a":1})");
        CHECK(shown("The answer is", "The answer is 4.", piece) == " 4.");
        CHECK(shown("The answer is", " 4.", piece) == " 4.");
        CHECK(shown("The answer is", "The answer", piece) == "The answer");
        CHECK(shown("The answer is", "The end", piece) == "The end");
        CHECK(shown("x", "", piece).empty());
    }
}

TEST_CASE("D13: only a last turn of the assistant is a prefill") {
    Request request;
    request.messages.push_back({Role::user, {Text{"q"}}});
    CHECK(prefill_of(request).empty());
    request.messages.push_back({Role::assistant, {Text{"Well, "}}});
    CHECK(prefill_of(request) == "Well,");
    request.messages.back().parts.emplace_back(ToolUse{"t", "n", RawJson::trusted("{}")});
    CHECK(prefill_of(request).empty());
}
