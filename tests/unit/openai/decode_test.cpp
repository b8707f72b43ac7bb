#include "core/openai/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/refusals.hpp"

using namespace kg;
using namespace kg::chat;
using test::part;

namespace {

const auto kDialect = openai::make_dialect();
const std::string kHi = R"([{"role":"user","content":"hi"}])";

std::string body(std::string_view messages, std::string_view extra = "") {
    std::string text = R"({"model":"claude-sonnet-4-5","messages":)";
    text.append(messages).append(extra.empty() ? "" : ",").append(extra).append("}");
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

constexpr auto kBad = ErrorKind::malformed_request;
constexpr auto kRefused = ErrorKind::unsupported;

}  // namespace

TEST_CASE("A10: wrong shapes are refused with the path of the field") {
    check_refused({
        {"null", kBad, ""},
        {"[1]", kBad, ""},
        {"\"x\"", kBad, ""},
        {"{}", kBad, "model"},
        {R"({"model":null,"messages":[]})", kBad, "model"},
        {R"({"model":"m"})", kBad, "messages"},
        {body("[]"), kBad, "messages"},
        {body("\"hi\""), kBad, "messages"},
        {body("[7]"), kBad, "messages[0]"},
        {body(R"([{"role":"alien","content":"x"}])"), kBad, "messages[0].role"},
        {body(R"([{"role":"user"}])"), kBad, "messages[0].content"},
        {body(R"([{"role":"user","content":null}])"), kBad, "messages[0].content"},
        {body(R"([{"role":"user","content":{}}])"), kBad, "messages[0].content"},
        {body(R"([{"role":"user","content":[{"type":"text","text":3}]}])"), kBad,
         "messages[0].content[0].text"},
        {body(R"([{"role":"user","content":[{"type":"image_url"}]}])"), kBad,
         "messages[0].content[0].image_url"},
        {body(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"nonsense"}}]}])"), kBad,
         "messages[0].content[0].image_url.url"},
        {body(R"([{"role":"tool","content":"x"}])"), kBad, "messages[0].tool_call_id"},
        {body(
             R"([{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}])"),
         kBad, "messages[1].tool_calls[0].id"},
        {body(
             R"([{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"a","function":{}}]}])"),
         kBad, "messages[1].tool_calls[0].function.name"},
        {body(R"([{"role":"user","content":""}])"), kBad, "messages"},
        {body(kHi, R"("stream":1)"), kBad, "stream"},
        {body(kHi, R"("max_tokens":0)"), kBad, "max_tokens"},
        {body(kHi, R"("max_completion_tokens":"5")"), kBad, "max_completion_tokens"},
        {body(kHi, R"("stop":[""])"), kBad, "stop[0]"},
        {body(kHi, R"("stop":7)"), kBad, "stop"},
        {body(kHi, R"("n":0)"), kBad, "n"},
        {body(kHi, R"("tools":[{"type":"function"}])"), kBad, "tools[0].function"},
        {body(kHi, R"("tools":[{"type":"function","function":{"name":"a","parameters":[]}}])"), kBad,
         "tools[0].function.parameters"},
        {body(kHi, R"("tool_choice":"sometimes")"), kBad, "tool_choice"},
        {body(kHi, R"("tool_choice":{"type":"function","function":{"name":"gone"}})"), kBad, "tool_choice"},
        {body(kHi, R"("response_format":"json")"), kBad, "response_format"},
        {body(kHi, R"("response_format":{"type":"json_schema"})"), kBad, "response_format.json_schema"},
    });
}

TEST_CASE(
    "D5, 6.1: what cannot be honoured and must not be ignored is refused, pictures by URL among "
    "it") {
    check_refused({
        {body(kHi, R"("n":2)"), kRefused, "n"},
        {body(kHi, R"("modalities":["text","audio"])"), kRefused, "modalities[1]"},
        {body(kHi, R"("audio":{"voice":"x"})"), kRefused, "audio"},
        {body(kHi, R"("tools":[{"type":"custom","name":"a"}])"), kBad, "tools[0].custom"},
        {body(
             kHi,
             R"("tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"allowed_tools",)"
             R"("allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"b"}}]}})"),
         kBad, "tool_choice.allowed_tools.tools[0].function.name"},
        {body(
             kHi,
             R"("response_format":{"type":"json_schema","json_schema":{"schema":{"properties":{"a":{"type":"x"}}}}})"),
         kBad, "response_format.json_schema.schema.properties.a.type"},
        {body(
             kHi,
             R"("response_format":{"type":"json_schema","json_schema":{"strict":true,"schema":{"propertyNames":{}}}})"),
         kRefused, "response_format.json_schema.schema.propertyNames"},
        {body(kHi, R"("response_format":{"type":"yaml"})"), kRefused, "response_format.type"},
        {body(kHi, R"("tools":[{"type":"image_generation"}],"tool_choice":"required")"), kBad, "tool_choice"},
        {body(R"([{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}])"), kRefused,
         "messages[0].content[0].type"},
        {body(R"([{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}])"), kRefused,
         "messages[0].content[0].file.file_id"},
        {body(
             R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/tiff;base64,AAAA"}}]}])"),
         kRefused, "messages[0].content[0].image_url.url"},
    });
}

TEST_CASE("D3, D6: scalar fields are honoured") {
    const auto request = accept(body(
        kHi,
        R"("stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"max_tokens":5,"max_completion_tokens":7,"stop":["a","\n"],"n":1)"));
    CHECK(request.stream);
    CHECK(request.include_usage);
    CHECK(request.max_tokens == 7u);
    CHECK(request.stop_sequences == std::vector<std::string>{"a", "\n"});
    CHECK(request.warnings.empty());
    const auto plain = accept(body(
        kHi, R"("stream":false,"stream_options":{"include_usage":true},"max_tokens":5,"stop":"x","n":null)"));
    CHECK_FALSE(plain.include_usage);
    CHECK(plain.max_tokens == 5u);
    CHECK(plain.stop_sequences == std::vector<std::string>{"x"});
    CHECK_FALSE(accept(body(kHi)).max_tokens);
}

TEST_CASE("D6: ignored knobs are named in a warning, harmless fields are not") {
    const auto loud = accept(body(
        kHi,
        R"("temperature":0,"top_p":0.9,"seed":7,"presence_penalty":1,"frequency_penalty":1,"logit_bias":{"5":1},"logprobs":true,"top_logprobs":3,"service_tier":"flex","verbosity":"low")"));
    for (const char* name : {"temperature", "top_p", "seed", "presence_penalty", "frequency_penalty",
                             "logit_bias", "logprobs", "top_logprobs", "service_tier", "verbosity"}) {
        INFO(name);
        CHECK(
            test::warns_about(loud, std::string(name) + " is not supported by the backend and was ignored"));
    }
    const auto silent = accept(body(
        kHi,
        R"("temperature":1,"presence_penalty":0,"logprobs":false,"logit_bias":{},"user":"u","metadata":{},"store":false,"prompt_cache_key":"k","prediction":{},"safety_identifier":"s","service_tier":"auto","plugins":[],"novelty":{"a":[1]})"));
    CHECK(silent.warnings.empty());
    CHECK(silent.session == "k");
}

TEST_CASE("D3, captures 35, 40: system and developer turns, strings and arrays, early and late") {
    const auto request = accept(body(
        R"([{"role":"developer","content":"one"},{"role":"system","content":[{"type":"text","text":"two","cache_control":{"type":"ephemeral"}},{"type":"text","text":"three"}]},)"
        R"({"role":"user","content":"q"},{"role":"developer","content":"late"},{"role":"user","content":"q2"}])"));
    CHECK(request.system == "one\n\ntwo\n\nthree");
    REQUIRE(request.messages.size() == 3);
    CHECK(request.messages[1].role == Role::system);
    CHECK(part<Text>(request, 1, 0).text == "late");
}

TEST_CASE("D7, captures 36: text parts stay apart") {
    const auto request = accept(body(
        R"([{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},)"
        R"({"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal","refusal":"b"}]},{"role":"user","content":"q"}])"));
    REQUIRE(request.messages[0].parts.size() == 2);
    CHECK(part<Text>(request, 0, 1).text == "two");
    CHECK(part<Text>(request, 1, 0).text == "a\nb");
}

TEST_CASE(
    "captures 33, 34, 36: assistant history with calls, reasoning and cache markers, results in a "
    "row") {
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","tool_calls":[)"
        R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"},"cache_control":{"type":"ephemeral"}},)"
        R"({"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},)"
        R"({"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"r2"}],"cache_control":{"type":"ephemeral"}},)"
        R"({"role":"tool","tool_call_id":"c1","content":""},{"role":"user","content":"go on"}])"));
    REQUIRE(request.messages.size() == 4);
    CHECK(part<Thinking>(request, 1, 0).text == "hm");
    CHECK(part<ToolUse>(request, 1, 1).input.text() == R"({"a": 1})");
    CHECK(part<ToolUse>(request, 1, 2).input.text() == "{}");
    REQUIRE(request.messages[2].parts.size() == 2);
    CHECK(request.messages[2].role == Role::user);
    CHECK(part<ToolResult>(request, 2, 0).tool_use_id == "c2");
    CHECK(std::get<Text>(part<ToolResult>(request, 2, 0).content.at(0)).text == "r2");
    CHECK(part<ToolResult>(request, 2, 1).content.empty());
    CHECK(part<Text>(request, 3, 0).text == "go on");
    CHECK(request.warnings.empty());
}

TEST_CASE("D8: unparsable arguments in the history are kept as text, with a warning") {
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\": tru"}},)"
        R"({"id":"d","function":{"name":"f","arguments":"[1]"}},{"id":"e","function":{"name":"f","arguments":{"b":2}}}]}])"));
    CHECK(part<ToolUse>(request, 1, 0).input.text() == R"({"arguments":"{\"a\": tru"})");
    CHECK(part<ToolUse>(request, 1, 1).input.text() == R"({"arguments":"[1]"})");
    CHECK(part<ToolUse>(request, 1, 2).input.text() == R"({"b":2})");
    CHECK(test::warns_about(request, "arguments"));
}

TEST_CASE("D3: pictures and files, also in tool results") {
    const auto request = accept(body(
        R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AAAA","detail":"high"}},{"type":"image_url","image_url":"data:image/WEBP;charset=x;base64,AA"},)"
        R"({"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,aGVsbG8="}},{"type":"file","file":{"filename":"b.pdf","file_data":"data:application/pdf;base64,AAAA"}},{"type":"file","file":{"filename":"c.zip","file_data":"data:application/zip;base64,AAAA"}},{"type":"smell"}]},)"
        R"({"role":"tool","tool_call_id":"c","content":[{"type":"image_url","image_url":{"url":"data:image/gif;base64,AAAA"}}]}])"));
    CHECK(part<Image>(request, 0, 0).format == "jpeg");
    CHECK(part<Image>(request, 0, 1).format == "webp");
    CHECK(part<Image>(request, 0, 1).base64 == "AA==");
    CHECK(part<Text>(request, 0, 2).text == "File: a.txt\nhello");
    REQUIRE(request.attachments.size() == 1);
    CHECK(request.attachments[0].name == "b.pdf");
    CHECK(request.attachments[0].head == "File: b.pdf\n");
    CHECK(std::get<Image>(part<ToolResult>(request, 1, 0).content.at(0)).format == "gif");
    CHECK(part<Text>(request, 0, 4).text.view().find("c.zip") != std::string::npos);
    CHECK(test::warns_about(request, "file"));
    CHECK(test::warns_about(request, "smell"));
}

TEST_CASE("6.1: tools, with surplus keys, without parameters, doubled, of other types") {
    const auto request = accept(body(
        kHi,
        R"("tools":[{"type":"function","function":{"name":"a","description":"d","parameters":{"anyOf":[{"type":"null"}]},"strict":false}},{"type":"function","function":{"name":"b"}},)"
        R"({"type":"function","function":{"name":"a"}},{"type":"function","name":"flat","parameters":{}},{"type":"code_interpreter"},{"type":"web_search"}])"));
    REQUIRE(request.tools.size() == 3);
    CHECK(request.tools[0].schema.text() == R"({"anyOf":[{"type":"null"}]})");
    CHECK(request.tools[0].description == "d");
    CHECK(request.tools[1].schema.text() == R"({"type":"object","properties":{}})");
    CHECK(request.tools[2].name == "flat");
    CHECK(test::warns_about(request, "code_interpreter"));
    CHECK_FALSE(test::warns_about(request, "web_search"));
    CHECK(request.web_search);
    CHECK(test::warns_about(request, "declared twice"));
}

TEST_CASE("D6: tool_choice in every form") {
    const std::string tools =
        R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}],"tool_choice":)";
    const auto with = [&](std::string_view choice) { return accept(body(kHi, tools + std::string(choice))); };
    CHECK(with("\"auto\"").tool_choice.mode == ToolChoice::Mode::automatic);
    CHECK(with("null").tool_choice.mode == ToolChoice::Mode::automatic);
    CHECK(with("\"none\"").tool_choice.mode == ToolChoice::Mode::none);
    CHECK(with("\"required\"").tool_choice.mode == ToolChoice::Mode::any);
    const auto named = with(R"({"type":"function","function":{"name":"b"}})");
    CHECK(named.tool_choice.mode == ToolChoice::Mode::named);
    CHECK(named.tool_choice.name == "b");
    const auto allowed = with(
        R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"b"}}]}})");
    REQUIRE(allowed.tools.size() == 1);
    CHECK(allowed.tools[0].name == "b");
    CHECK(allowed.tool_choice.limited);
    CHECK(allowed.tool_choice.mode == ToolChoice::Mode::any);
    CHECK(with("\"auto\",\"parallel_tool_calls\":false").tool_choice.disable_parallel);
    CHECK_FALSE(with("\"auto\",\"parallel_tool_calls\":true").tool_choice.disable_parallel);
}

TEST_CASE("6.1, 7.3: a custom tool is a function of one text, in declaration, choice and history") {
    const std::string tool =
        R"("tools":[{"type":"custom","custom":{"name":"patch","description":"Edits.","format":{"type":"grammar",)"
        R"("grammar":{"syntax":"lark","definition":"start: /a+/"}}}}])";
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c","type":"custom",)"
        R"("custom":{"name":"patch","input":"a \"b\"\n"}}]},{"role":"tool","tool_call_id":"c","content":"ok"}])",
        tool + R"(,"tool_choice":{"type":"custom","custom":{"name":"patch"}})"));
    REQUIRE(request.tools.size() == 1);
    CHECK(request.tools[0].raw_text);
    CHECK_THAT(request.tools[0].description.str(),
               Catch::StartsWith("Edits.\n\n`input` is the whole input as plain text") &&
                   Catch::EndsWith("grammar (lark):\nstart: /a+/"));
    CHECK(request.tool_choice.mode == ToolChoice::Mode::named);
    CHECK(request.tool_choice.name == "patch");
    CHECK(part<ToolUse>(request, 1, 0).input.text() == R"({"input":"a \"b\"\n"})");
    const auto allowed = accept(
        body(kHi, tool + R"(,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[)"
                         R"({"type":"custom","custom":{"name":"patch"}},{"type":"web_search"}]}})"));
    CHECK(allowed.tools.size() == 1);
    CHECK_FALSE(allowed.tool_choice.limited);
}

TEST_CASE("6.1: legacy functions and their history") {
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}])",
        R"("functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"})"));
    CHECK(request.legacy_functions);
    CHECK(request.tool_choice.mode == ToolChoice::Mode::named);
    CHECK(request.tool_choice.disable_parallel);
    CHECK(part<ToolUse>(request, 1, 0).id == part<ToolResult>(request, 2, 0).tool_use_id);
    CHECK(std::get<Text>(part<ToolResult>(request, 2, 0).content.at(0)).text == "r");
    CHECK(accept(body(kHi, R"("functions":[{"name":"f"}],"function_call":"none")")).tool_choice.mode ==
          ToolChoice::Mode::none);
}

TEST_CASE("6.1: every spelling of reasoning") {
    const auto thinking = [](std::string_view extra) { return accept(body(kHi, extra)).thinking; };
    CHECK_FALSE(thinking("").enabled);
    CHECK_FALSE(thinking(R"("reasoning_effort":"none")").enabled);
    CHECK_FALSE(thinking(R"("reasoning_effort":"minimal")").enabled);
    CHECK_FALSE(thinking(R"("reasoning_effort":null)").enabled);
    CHECK(thinking(R"("reasoning_effort":"high")").enabled);
    CHECK(thinking(R"("reasoning_effort":"high")").effort == Effort::high);
    const auto router = thinking(R"("reasoning":{"effort":"low","enabled":true})");  // captures 40
    CHECK(router.enabled);
    CHECK(router.effort == Effort::low);
    CHECK(thinking(R"("reasoning":{"max_tokens":5000})").budget_tokens == 5000u);
    CHECK_FALSE(thinking(R"("reasoning":{"effort":"high","enabled":false})").enabled);
    CHECK(thinking(R"("thinking":{"type":"enabled","budget_tokens":-1})").budget_tokens == 1024u);
    CHECK_FALSE(thinking(R"("thinking":{"type":"disabled"})").enabled);
    CHECK(test::warns_about(accept(body(kHi, R"("reasoning_effort":"cosmic")")), "reasoning effort"));
}

TEST_CASE("D6: response_format") {
    CHECK_FALSE(accept(body(kHi, R"("response_format":{"type":"text"})")).json_only);
    const auto any = accept(body(kHi, R"("response_format":{"type":"json_object"})"));
    CHECK(any.json_only);
    CHECK(any.json_schema.text() == "null");
    const auto schema = accept(body(
        kHi,
        R"("response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"},"strict":true}})"));
    CHECK(schema.json_only);
    CHECK(schema.json_schema.text() == R"({"type":"object"})");
    CHECK(schema.json_strict);
    CHECK(schema.json_field == "response_format");
    CHECK(schema.warnings.empty());
    const auto loose = accept(body(
        kHi, R"("response_format":{"type":"json_schema","json_schema":{"schema":{"propertyNames":{}}}})"));
    CHECK_FALSE(loose.json_strict);
    CHECK(test::warns_about(loose, "schema.propertyNames is told to the model"));
}

TEST_CASE("a prefill stays, a blank trailing assistant turn goes") {
    CHECK(accept(body(R"([{"role":"user","content":"q"},{"role":"assistant","content":"{"}])"))
              .messages.size() == 2);
    CHECK(accept(body(R"([{"role":"user","content":"q"},{"role":"assistant","content":" "}])"))
              .messages.size() == 1);
    CHECK(accept(body(R"([{"role":"user","content":"q"},{"role":"assistant","content":null}])"))
              .messages.size() == 1);
}
