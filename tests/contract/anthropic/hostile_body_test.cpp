#include "core/anthropic/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

using namespace kg;

namespace {

constexpr std::string_view kBody =
    R"({"model":"m","max_tokens":5,"system":[{"type":"text","text":"s"}],"stream":true,"thinking":{"type":"enabled","budget_tokens":3},)"
    R"("tools":[{"name":"a","input_schema":{}},{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"auto"},)"
    R"("stop_sequences":["x"],"metadata":{"user_id":"u_session_1"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{}}},)"
    R"("messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},)"
    R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"a","input":{}}]},)"
    R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"r"}]}]}]})";

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
    const auto dialect = anthropic::make_dialect();
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
