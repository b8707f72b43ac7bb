#include "tests/support/hostile_body.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;

namespace {

constexpr std::string_view kBody =
    R"({"model":"m","max_output_tokens":5,"instructions":"i","stream":true,"reasoning":{"effort":"low","summary":"auto"},)"
    R"("include":["reasoning.encrypted_content"],"text":{"format":{"type":"json_schema","name":"n","schema":{},"strict":false},"verbosity":"low"},"metadata":{"a":"b"},)"
    R"("tools":[{"type":"function","name":"a","parameters":null,"strict":false},{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"a"}]},)"
    R"({"type":"custom","name":"p","format":{"type":"grammar","syntax":"lark","definition":"start: x"}},{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"a"},{"type":"custom","name":"p"}]},)"
    R"("input":[{"role":"developer","content":"s"},{"type":"message","role":"user","content":[{"type":"input_text","text":"q"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"high"},{"type":"input_file","filename":"f.txt","file_data":"data:text/plain;base64,aGk="}]},)"
    R"({"type":"reasoning","id":"rs_1","summary":[],"content":null,"encrypted_content":"sealed:{\"text\":\"t\",\"signature\":\"s\"}"},)"
    R"({"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"t","annotations":[],"logprobs":[]}]},)"
    R"({"type":"function_call","call_id":"1","name":"a","arguments":"{}","namespace":"ns"},{"type":"custom_tool_call","call_id":"2","name":"p","input":"x"},)"
    R"({"type":"function_call_output","call_id":"1","output":[{"type":"input_text","text":"r"}]},{"type":"custom_tool_call_output","call_id":"2","output":"r"},)"
    R"({"type":"local_shell_call","call_id":"3","action":{"command":["ls"]}},{"type":"local_shell_call_output","call_id":"3","output":"o"},)"
    R"({"type":"additional_tools","tools":[{"type":"function","name":"late"}]},{"type":"computer_call_output","call_id":"4","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,AAAA"}}]})";

}  // namespace

TEST_CASE("A10: any value replaced by any other is accepted or refused as the caller's mistake") {
    test::check_replacements(*test::responses_dialect(), kBody, 150);
}
