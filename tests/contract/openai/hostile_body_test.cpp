#include "tests/support/hostile_body.hpp"
#include "core/openai/dialect.hpp"

using namespace kg;

namespace {

constexpr std::string_view kBody =
    R"({"model":"m","max_tokens":5,"reasoning_effort":"low","n":1,"stop":["x"],"stream_options":{"include_usage":true},"stream":true,"thinking":{"type":"enabled","budget_tokens":3},)"
    R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b","parameters":{}}}],"tool_choice":{"type":"function","function":{"name":"b"}},)"
    R"("metadata":{"user_id":"u_session_1"},"response_format":{"type":"json_object"},)"
    R"("messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},)"
    R"({"role":"assistant","content":[{"type":"text","text":"t"}],"tool_calls":[{"id":"1","type":"function","function":{"name":"a","arguments":"{}"}}]},)"
    R"({"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"r"}]},{"role":"developer","content":"d"}]})";

}  // namespace

TEST_CASE("A10: any value replaced by any other is accepted or refused as the caller's mistake") {
    test::check_replacements(*openai::make_dialect(), kBody, 100);
}
