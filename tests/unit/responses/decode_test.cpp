#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;
using namespace kg::chat;
using test::part;

namespace {

const auto kDialect = test::responses_dialect();
constexpr auto kBad = ErrorKind::malformed_request;
constexpr auto kRefused = ErrorKind::unsupported;

std::string body(std::string_view input, std::string_view extra = "") {
    std::string text = R"({"model":"claude-sonnet-4-5","input":)";
    text.append(input).append(extra.empty() ? "" : ",").append(extra).append("}");
    return text;
}

Request accept(const std::string& text, const http::Headers& headers = {}) {
    auto request = test::decode(*kDialect, text, headers);
    INFO(text);
    if (!request) FAIL(request.error().message);
    return std::move(*request);
}

void check_refused(const std::vector<test::Refusal>& rows) {
    test::check_refused(*kDialect, rows);
}

std::string text_of(const Part& part) {
    return std::get<Text>(part).text.str();
}

}  // namespace

TEST_CASE("A10: wrong shapes of a response request are refused with the path of the field") {
    check_refused({
        {"null", kBad, ""},
        {"{}", kBad, "model"},
        {R"({"model":"m"})", kBad, "input"},
        {body("null"), kBad, "input"},
        {body("\"\""), kBad, "input"},
        {body("[]"), kBad, "input"},
        {body("{}"), kBad, "input"},
        {body("[7]"), kBad, "input[0]"},
        {body(R"([{"type":"message"}])"), kBad, "input[0].role"},
        {body(R"([{"content":"x"}])"), kBad, "input[0].role"},
        {body(R"([{"role":"alien","content":"x"}])"), kBad, "input[0].role"},
        {body(R"([{"role":"user"}])"), kBad, "input[0].content"},
        {body(R"([{"role":"user","content":[{"type":"input_text","text":3}]}])"), kBad,
         "input[0].content[0].text"},
        {body(R"([{"role":"user","content":[{"type":"input_image"}]}])"), kBad,
         "input[0].content[0].image_url"},
        {body(R"([{"type":"function_call","name":"f","arguments":"{}"}])"), kBad, "input[0].call_id"},
        {body(R"([{"type":"function_call","call_id":"a"}])"), kBad, "input[0].name"},
        {body(R"([{"type":"custom_tool_call","call_id":"a","name":"f"}])"), kBad, "input[0].input"},
        {body(R"([{"type":"function_call_output","output":"x"}])"), kBad, "input[0].call_id"},
        {body("\"hi\"", R"("stream":1)"), kBad, "stream"},
        {body("\"hi\"", R"("max_output_tokens":0)"), kBad, "max_output_tokens"},
        {body("\"hi\"", R"("instructions":7)"), kBad, "instructions"},
        {body("\"hi\"", R"("tools":[{"type":"function"}])"), kBad, "tools[0].name"},
        {body("\"hi\"", R"("tools":[{"type":"namespace"}])"), kBad, "tools[0].name"},
        {body("\"hi\"", R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"custom"}]}])"), kBad,
         "tools[0].tools[0].name"},
        {body("\"hi\"", R"("tools":[{"type":"custom","name":"p","format":{"type":"grammar"}}])"), kBad,
         "tools[0].format.definition"},
        {body("\"hi\"", R"("tool_choice":"sometimes")"), kBad, "tool_choice"},
        {body("\"hi\"", R"("tool_choice":{"type":"function","name":"gone"})"), kBad, "tool_choice"},
        {body("\"hi\"", R"("text":{"format":"json"})"), kBad, "text.format"},
    });
}

TEST_CASE("7.1, 7.2: what needs stored state, a job in the background or a fetch is refused") {
    check_refused({
        {body("\"hi\"", R"("background":true)"), kRefused, "background"},
        {body("\"hi\"", R"("prompt":{"id":"p"})"), kRefused, "prompt"},
        {body("\"hi\"", R"("conversation":"conv_1")"), kRefused, "conversation"},
        {body(R"([{"type":"item_reference","id":"msg_1"}])"), kRefused, "input[0]"},
        {body(R"([{"role":"user","content":[{"type":"input_image","file_id":"f"}]}])"), kRefused,
         "input[0].content[0].file_id"},
        {body(R"([{"role":"user","content":[{"type":"input_file","file_id":"f"}]}])"), kRefused,
         "input[0].content[0].file_id"},
        {body(R"([{"role":"user","content":[{"type":"input_file","file_url":"ftp://e.com/a"}]}])"), kBad,
         "input[0].content[0].file_url"},
        {body(R"([{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}])"), kRefused,
         "input[0].content[0].type"},
        {body("\"hi\"", R"("text":{"format":{"type":"yaml"}})"), kRefused, "text.format.type"},
    });
    const auto refused = test::decode(*kDialect, body("\"hi\"", R"("previous_response_id":"resp_1")"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "previous_response_not_found");
    CHECK(refused.error().param == "previous_response_id");
    const auto answer = kDialect->encode_error(refused.error(), "req_1");
    CHECK(answer.status == 400);
    CHECK(answer.body.find(R"("code":"previous_response_not_found")") != std::string::npos);
}

TEST_CASE("7.1: a string is one user message") {
    const auto request = accept(body(
        "\"hi\"",
        R"("instructions":"Be brief.","max_output_tokens":7,"stream":true,"parallel_tool_calls":false,"previous_response_id":null,"prompt_cache_key":"k","background":false)"));
    CHECK(request.system == "Be brief.");
    REQUIRE(request.messages.size() == 1);
    CHECK(request.messages[0].role == Role::user);
    CHECK(text_of(request.messages[0].parts.at(0)) == "hi");
    CHECK(request.max_tokens == 7u);
    CHECK(request.stream);
    CHECK(request.tool_choice.disable_parallel);
    CHECK(request.session == "k");
    CHECK(request.warnings.empty());
}

TEST_CASE("7.2, captures 25 and 28: items become turns in the order of the conversation") {
    const auto request = accept(body(
        R"([{"role":"developer","content":"One."},{"type":"message","role":"developer","content":[{"type":"input_text","text":"Two."}]},)"
        R"({"type":"message","role":"user","content":[{"type":"input_text","text":"<image>"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"high"},{"type":"input_file","filename":"a.txt","file_data":"data:text/plain;base64,aGk="}]},)"
        R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"s"}],"content":null,"encrypted_content":"sealed:{\"text\":\"deep\",\"signature\":\"sig\"}"},)"
        R"({"type":"message","id":"msg_1","status":"completed","role":"assistant","phase":"final","content":[{"type":"output_text","text":"Wait.","annotations":[],"logprobs":[]}]},)"
        R"({"type":"function_call","id":"fc_1","status":"completed","call_id":"c1","name":"shell","arguments":"{\"a\":1}"},)"
        R"({"type":"custom_tool_call","id":"ctc_1","call_id":"c2","name":"apply_patch","input":"*** \"Begin\"\n"},)"
        R"({"type":"function_call_output","call_id":"c1","output":"Exit code: 0"},)"
        R"({"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"ok"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]},)"
        R"({"role":"developer","content":"Late."},{"role":"user","content":"Go on."}])"));
    CHECK(request.system == "One.\n\nTwo.");
    REQUIRE(request.messages.size() == 5);
    const auto& asked = request.messages[0].parts;
    REQUIRE(asked.size() == 3);
    CHECK(std::get<Image>(asked[1]).format == "png");
    CHECK(text_of(asked[2]) == "File: a.txt\nhi");

    const auto& said = request.messages[1];
    CHECK(said.role == Role::assistant);
    REQUIRE(said.parts.size() == 4);
    CHECK(std::get<Thinking>(said.parts[0]).text == "deep");
    CHECK(std::get<Thinking>(said.parts[0]).signature == "sig");
    CHECK(text_of(said.parts[1]) == "Wait.");
    CHECK(std::get<ToolUse>(said.parts[2]).input.text() == R"({"a":1})");
    CHECK(std::get<ToolUse>(said.parts[3]).input.text() == R"({"input":"*** \"Begin\"\n"})");

    const auto& results = request.messages[2];
    CHECK(results.role == Role::user);
    REQUIRE(results.parts.size() == 2);
    CHECK(std::get<ToolResult>(results.parts[0]).tool_use_id == "c1");
    CHECK(std::get<ToolResult>(results.parts[1]).content.size() == 2);
    CHECK(request.messages[3].role == Role::system);
    CHECK(text_of(request.messages[4].parts[0]) == "Go on.");
    CHECK(request.warnings.empty());
}

TEST_CASE("7.2: reasoning of other makers is dropped, and so is what only its maker can read") {
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAA"},{"type":"reasoning","id":"rs_2","summary":[{"type":"summary_text","text":"x"}]},)"
        R"({"type":"reasoning","id":"rs_3","summary":[],"encrypted_content":"sealed:{\"redacted\":\"data\"}"},{"type":"compaction","encrypted_content":"x"},{"type":"compaction_trigger"},)"
        R"({"type":"message","role":"assistant","content":"a"},{"role":"user","content":"r"}])"));
    REQUIRE(request.messages.size() == 3);
    REQUIRE(request.messages[1].parts.size() == 2);
    CHECK(std::get<Thinking>(request.messages[1].parts[0]).redacted);
    CHECK(std::get<Thinking>(request.messages[1].parts[0]).text == "data");
    CHECK(request.warnings.empty());
}

TEST_CASE("7.2: calls of hosted tools in the history become text, calls beside their results") {
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"type":"local_shell_call","call_id":"s1","action":{"command":["ls"]}},{"type":"local_shell_call_output","call_id":"s1","output":"a.txt"},)"
        R"({"type":"web_search_call","id":"ws_1","action":{"type":"search","query":"cats"}},{"type":"mcp_list_tools","tools":[]},{"type":"tool_search_call","call_id":"t1","arguments":{"q":"x"}},)"
        R"({"type":"tool_search_output","call_id":"t1","tools":[{"type":"function","name":"found"}]},{"type":"computer_call_output","call_id":"x","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,AAAA"}},)"
        R"({"type":"novelty"},{"role":"user","content":"r"}])"));
    REQUIRE(request.messages.size() == 6);
    CHECK(text_of(request.messages[1].parts[0]) == "[local_shell_call s1]\naction: {\"command\":[\"ls\"]}");
    CHECK(text_of(request.messages[2].parts[0]) == "[local_shell_call_output s1]\noutput: a.txt");
    REQUIRE(request.messages[3].parts.size() == 2);
    CHECK(text_of(request.messages[3].parts[0]) ==
          "[web_search_call]\naction: {\"type\":\"search\",\"query\":\"cats\"}");
    REQUIRE(request.messages[4].parts.size() == 2);
    CHECK(text_of(request.messages[4].parts[0]) == "[tool_search_output]\nfound");
    CHECK(std::holds_alternative<Image>(request.messages[4].parts[1]));
    REQUIRE(request.tools.size() == 1);
    CHECK(request.tools[0].name == "found");
    CHECK(test::warns_about(request, "novelty"));
}

TEST_CASE("C1, 7.1: effort says whether to think, a wish for a summary does not") {
    CHECK(accept(body("\"q\"", R"("reasoning":{"effort":"high","summary":"auto"})")).thinking.enabled);
    const auto off = accept(body("\"q\"", R"("reasoning":{"effort":"none"})")).thinking;
    CHECK(off.stated);
    CHECK_FALSE(off.enabled);
    const auto silent = accept(body("\"q\"", R"("reasoning":{"summary":"auto"})")).thinking;
    CHECK_FALSE(silent.stated);
    CHECK_FALSE(silent.enabled);
    CHECK(accept(body("\"q\"", R"("reasoning":null)")).warnings.empty());
}

TEST_CASE("7.1: a flat json_schema format is structured output") {
    const auto request = accept(body(
        "\"q\"",
        R"("text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}})"));
    CHECK(request.json_only);
    CHECK(request.json_schema.text() == R"({"type":"object"})");
    CHECK(request.json_strict);
    CHECK(request.json_field == "text.format");
    CHECK(accept(body("\"q\"", R"("text":{"format":{"type":"json_object"}})")).json_only);
    CHECK_FALSE(accept(body("\"q\"", R"("text":{"format":{"type":"text"},"verbosity":"medium"})")).json_only);
}

TEST_CASE("D6, 7.1: knobs without effect are named, harmless fields are not") {
    const auto loud = accept(
        body("\"q\"", R"("temperature":0,"top_p":0.5,"service_tier":"flex","text":{"verbosity":"low"})"));
    for (const char* name : {"temperature", "top_p", "service_tier", "text.verbosity"}) {
        INFO(name);
        CHECK(test::warns_about(loud, name));
    }
    const auto silent = accept(body(
        "\"q\"",
        R"("store":true,"truncation":"auto","metadata":{"a":"b"},"user":"u","client_metadata":{},"context_management":[],"stream_options":{"include_obfuscation":false},"include":["web_search_call.action.sources"],"safety_identifier":"s","prompt_cache_retention":"24h","novelty":[1])"));
    CHECK(silent.warnings.empty());
}
