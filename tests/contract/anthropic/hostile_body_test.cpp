#include "tests/support/hostile_body.hpp"
#include "core/anthropic/dialect.hpp"

using namespace kg;

namespace {

constexpr std::string_view kBody =
    R"({"model":"m","max_tokens":5,"system":[{"type":"text","text":"s"}],"stream":true,"thinking":{"type":"enabled","budget_tokens":3},)"
    R"("tools":[{"name":"a","input_schema":{}},{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"auto"},)"
    R"("stop_sequences":["x"],"metadata":{"user_id":"u_session_1"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{}}},)"
    R"("messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},)"
    R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"a","input":{}}]},)"
    R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"r"}]}]}]})";

}  // namespace

TEST_CASE("A10: any value replaced by any other is accepted or refused as the caller's mistake") {
    test::check_replacements(*anthropic::make_dialect(), kBody, 100);
}
