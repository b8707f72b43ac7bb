#include "core/openai/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

using namespace kg;

namespace {

constexpr std::string_view kBody =
    R"({"model":"m","max_tokens":5,"reasoning_effort":"low","n":1,"stop":["x"],"stream_options":{"include_usage":true},"stream":true,"thinking":{"type":"enabled","budget_tokens":3},)"
    R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b","parameters":{}}}],"tool_choice":{"type":"function","function":{"name":"b"}},)"
    R"("metadata":{"user_id":"u_session_1"},"response_format":{"type":"json_object"},)"
    R"("messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},)"
    R"({"role":"assistant","content":[{"type":"text","text":"t"}],"tool_calls":[{"id":"1","type":"function","function":{"name":"a","arguments":"{}"}}]},)"
    R"({"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"r"}]},{"role":"developer","content":"d"}]})";

/// The body with one value, chosen by its position, replaced by another.
std::string with_replaced(json::Node node, std::size_t& countdown, std::string_view other) {
    if (countdown-- == 0) return std::string(other);
    if (node.is_object() || node.is_array()) {
        std::string out(1, node.is_object() ? '{' : '[');
        for (const auto child : node.children()) {
            if (out.size() > 1) out += ',';
            if (node.is_object()) out.append("\"").append(child.key()).append("\":");
            out += with_replaced(child, countdown, other);
        }
        return out += node.is_object() ? '}' : ']';
    }
    return std::string(node.raw());
}

}  // namespace

TEST_CASE("A10: any value replaced by any other is accepted or refused as the caller's mistake") {
    const auto document = test::parse(kBody);
    std::size_t accepted = 0, refused = 0;
    const auto dialect = openai::make_dialect();
    for (const std::string_view other :
         {"null", "7", "-1.5", "\"\"", "\"x\"", "[]", "{}", "true", "[null]", "{\"type\":null}"}) {
        for (std::size_t position = 0; position < 100; ++position) {
            std::size_t countdown = position;
            const auto text = with_replaced(document.root(), countdown, other);
            const auto request = test::decode(*dialect, text);
            INFO(text);
            if (request) {
                ++accepted;
                CHECK_FALSE(request->messages.empty());
                continue;
            }
            ++refused;
            CHECK_FALSE(request.error().message.empty());
            CHECK(dialect->encode_error(request.error(), "r").status == 400);
        }
    }
    CHECK(accepted > 100);
    CHECK(refused > 100);
}
