#include "core/anthropic/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/refusals.hpp"

using namespace kg;
using namespace kg::chat;
using test::part;

namespace {

const auto kDialect = anthropic::make_dialect();

/// A minimal body with `extra` members and these messages.
std::string body(std::string_view messages = R"([{"role":"user","content":"hi"}])",
                 std::string_view extra = "") {
    std::string text = R"({"model":"claude-sonnet-4-5","max_tokens":100,"messages":)";
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
        {"[]", kBad, ""},
        {"3", kBad, ""},
        {"{}", kBad, "model"},
        {R"({"model":7})", kBad, "model"},
        {R"({"model":"","max_tokens":1,"messages":[]})", kBad, "model"},
        {R"({"model":"m","messages":[{"role":"user","content":"x"}]})", kBad, "max_tokens"},
        {R"({"model":"m","max_tokens":-1,"messages":[{"role":"user","content":"x"}]})", kBad, "max_tokens"},
        {R"({"model":"m","max_tokens":"9","messages":[{"role":"user","content":"x"}]})", kBad, "max_tokens"},
        {R"({"model":"m","max_tokens":1.5,"messages":[{"role":"user","content":"x"}]})", kBad, "max_tokens"},
        {R"({"model":"m","max_tokens":1})", kBad, "messages"},
        {body("null"), kBad, "messages"},
        {body("{}"), kBad, "messages"},
        {body("[]"), kBad, "messages"},
        {body("[null]"), kBad, "messages[0]"},
        {body(R"([{"content":"x"}])"), kBad, "messages[0].role"},
        {body(R"([{"role":"robot","content":"x"}])"), kBad, "messages[0].role"},
        {body(R"([{"role":"user"}])"), kBad, "messages[0].content"},
        {body(R"([{"role":"user","content":5}])"), kBad, "messages[0].content"},
        {body(R"([{"role":"user","content":[7]}])"), kBad, "messages[0].content[0]"},
        {body(R"([{"role":"user","content":[{}]}])"), kBad, "messages[0].content[0].type"},
        {body(R"([{"role":"user","content":[{"type":"text"}]}])"), kBad, "messages[0].content[0].text"},
        {body(R"([{"role":"user","content":[{"type":"tool_result"}]}])"), kBad,
         "messages[0].content[0].tool_use_id"},
        {body(R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":7}]}])"), kBad,
         "messages[0].content[0].content"},
        {body(R"([{"role":"user","content":[{"type":"tool_use","id":"a","name":"b"}]}])"), kBad,
         "messages[0].content[0].type"},
        {body(R"([{"role":"assistant","content":[{"type":"tool_use","name":"b"}]}])"), kBad,
         "messages[0].content[0].id"},
        {body(R"([{"role":"user","content":""}])"), kBad, "messages"},
        {body(R"([{"role":"user","content":"x"}])", R"("stream":"yes")"), kBad, "stream"},
        {body(R"([{"role":"user","content":"x"}])", R"("system":7)"), kBad, "system"},
        {body(R"([{"role":"user","content":"x"}])", R"("tools":{})"), kBad, "tools"},
        {body(R"([{"role":"user","content":"x"}])", R"("tools":[{"input_schema":{}}])"), kBad,
         "tools[0].name"},
        {body(R"([{"role":"user","content":"x"}])", R"("tools":[{"name":"a","input_schema":[]}])"), kBad,
         "tools[0].input_schema"},
        {body(R"([{"role":"user","content":"x"}])", R"("tool_choice":{"type":"tool","name":"gone"})"), kBad,
         "tool_choice"},
        {body(R"([{"role":"user","content":"x"}])", R"("tool_choice":{"type":"maybe"})"), kBad,
         "tool_choice.type"},
        {body(R"([{"role":"user","content":"x"}])", R"("stop_sequences":["ok"," \n"])"), kBad,
         "stop_sequences[1]"},
        {body(R"([{"role":"user","content":"x"}])", R"("stop_sequences":"x")"), kBad, "stop_sequences"},
        {body(R"([{"role":"user","content":"x"}])", R"("thinking":"on")"), kBad, "thinking"},
    });
}

TEST_CASE("4.2: what cannot be honoured and must not be ignored is refused") {
    const std::string user = R"([{"role":"user","content":[%]}])";
    const auto block = [&](std::string_view text) {
        return body(std::string(user).replace(user.find('%'), 1, text));
    };
    check_refused({
        {body(R"([{"role":"user","content":"x"}])", R"("mcp_servers":[{"url":"x"}])"), kRefused,
         "mcp_servers"},
        {body(R"([{"role":"user","content":"x"}])", R"("thread":{"type":"create"})"), kRefused, "thread"},
        {block(R"({"type":"image","source":{"type":"url","url":"ftp://example.com/a.png"}})"), kBad,
         "messages[0].content[0].source.url"},
        {block(R"({"type":"image","source":{"type":"file","file_id":"f"}})"), kRefused,
         "messages[0].content[0].source.type"},
        {block(R"({"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"AAAA"}})"),
         kRefused, "messages[0].content[0].source"},
        {block(R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"!!"}})"), kBad,
         "messages[0].content[0].source"},
        {block(R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":""}})"), kBad,
         "messages[0].content[0].source"},
        {block(R"({"type":"document","source":{"type":"file","file_id":"f"}})"), kRefused,
         "messages[0].content[0].source.type"},
        {body(R"([{"role":"user","content":"x"}])",
              R"("tools":[{"type":"computer_20250124","name":"computer"}],"tool_choice":{"type":"any"})"),
         kBad, "tool_choice"},
    });
    CHECK(accept(body(R"([{"role":"user","content":"x"}])", R"("mcp_servers":[])")).messages.size() == 1);
}

TEST_CASE("D3: scalar fields are honoured") {
    const auto request =
        accept(body(R"([{"role":"user","content":"x"}])",
                    R"("stream":true,"stop_sequences":["END","\n\nHuman:"],"system":"be brief")"));
    CHECK(request.model == "claude-sonnet-4-5");
    CHECK(request.max_tokens == 100u);
    CHECK(request.stream);
    CHECK(request.system == "be brief");
    CHECK(request.stop_sequences == std::vector<std::string>{"END", "\n\nHuman:"});
    CHECK(part<Text>(request, 0, 0).text == "x");
    CHECK(request.warnings.empty());
    CHECK(accept(R"({"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]})").max_tokens ==
          0u);
    CHECK(accept(R"({"model":"m","max_tokens":99999999999,"messages":[{"role":"user","content":"x"}]})")
              .max_tokens == 0xffffffffu);
}

TEST_CASE("D6: ignored knobs are named in a warning, harmless fields are not") {
    const auto loud = accept(
        body(R"([{"role":"user","content":"x"}])",
             R"("temperature":0.2,"top_p":0.5,"top_k":40,"service_tier":"priority","inference_geo":"eu")"));
    for (const char* name : {"temperature", "top_p", "top_k", "service_tier", "inference_geo"})
        CHECK(test::warns_about(loud, name));
    CHECK(loud.warnings.front() == "temperature is not supported by the backend and was ignored");
    const auto silent = accept(body(
        R"([{"role":"user","content":"x"}])",
        R"("temperature":1,"metadata":{"user_id":"u"},"cache_control":{"type":"ephemeral"},"service_tier":"auto",)"
        R"("context_management":{},"container":"c","diagnostics":{},"brand_new_field":[1,2])"));
    CHECK(silent.warnings.empty());
}

TEST_CASE("captures 7: the billing marker is left out of the system prompt") {
    const auto request = accept(body(
        R"([{"role":"user","content":"x"}])",
        R"("system":[{"type":"text","text":"x-anthropic-billing-header: cc=7;"},)"
        R"({"type":"text","text":"You are","cache_control":{"type":"ephemeral"}},{"type":"text","text":""},{"type":"text","text":"helpful"}])"));
    CHECK(request.system == "You are\n\nhelpful");
    CHECK(accept(
              body(R"([{"role":"user","content":"x"}])", R"("system":"x-anthropic-billing-header: 1\nreal")"))
              .system == "real");
}

TEST_CASE("captures 6: system turns inside messages") {
    const auto request = accept(body(
        R"([{"role":"system","content":"early"},{"role":"user","content":"q"},)"
        R"({"role":"system","content":[{"type":"text","text":"late"},{"type":"tool_addition","name":"x"}],"output_config":{"effort":"high"}},)"
        R"({"role":"assistant","content":"a"},{"role":"user","content":"q2"},{"role":"system"}])",
        R"("system":"top")"));
    CHECK(request.system == "top\n\nearly");
    REQUIRE(request.messages.size() == 4);
    CHECK(request.messages[1].role == Role::system);
    CHECK(part<Text>(request, 1, 0).text == "late");
    CHECK(request.messages[3].role == Role::user);
    const auto first_turn =
        accept(body(R"([{"role":"user","content":"q"},{"role":"system","content":"note"}])"));
    REQUIRE(first_turn.messages.size() == 2);
    CHECK(first_turn.messages[1].role == Role::system);
}

TEST_CASE("a prefill stays, a blank one goes") {
    const auto prefill =
        accept(body(R"([{"role":"user","content":"q"},{"role":"assistant","content":"{"}])"));  // captures 13
    REQUIRE(prefill.messages.size() == 2);
    CHECK(part<Text>(prefill, 1, 0).text == "{");
    CHECK(accept(body(R"([{"role":"user","content":"q"},{"role":"assistant","content":" \n"}])"))
              .messages.size() == 1);
}

TEST_CASE("captures 9: tool results in every form, in any order of keys, with text behind") {
    const auto request = accept(body(
        R"([{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a":[1, 2]}},{"type":"tool_use","id":"t2","name":"g"},{"type":"tool_use","id":"t3","name":"g","input":null}]},)"
        R"({"role":"user","content":[{"content":"plain","tool_use_id":"t2","type":"tool_result"},)"
        R"({"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[{"type":"text","text":"one"},)"
        R"({"type":"image","source":{"type":"base64","media_type":"image/jpg","data":"AAAA"}},)"
        R"({"type":"document","title":"r.pdf","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}},)"
        R"({"type":"tool_reference","tool_name":"Read"},{"type":"search_result","title":"T","source":"S","content":[{"type":"text","text":"C"}]},{"type":"hologram"}]},)"
        R"({"type":"tool_result","tool_use_id":"t3"},{"type":"text","text":"and now?"}]}])"));
    CHECK(part<ToolUse>(request, 0, 0).input.text() == R"({"a":[1, 2]})");
    CHECK(part<ToolUse>(request, 0, 1).input.text() == "{}");
    CHECK(part<ToolUse>(request, 0, 2).input.text() == "{}");
    CHECK(part<ToolResult>(request, 1, 0).tool_use_id == "t2");
    CHECK_FALSE(part<ToolResult>(request, 1, 0).is_error);
    const auto& rich = part<ToolResult>(request, 1, 1);
    CHECK(rich.is_error);
    REQUIRE(rich.content.size() == 5);
    CHECK(std::get<Text>(rich.content[0]).text == "one");
    CHECK(std::get<Image>(rich.content[1]).format == "jpeg");
    REQUIRE(request.attachments.size() == 1);  // the PDF file, until it is read
    CHECK(request.attachments[0].name == "r.pdf");
    CHECK(std::get<Text>(rich.content[3]).text == "tool Read is available");  // captures 8
    CHECK(std::get<Text>(rich.content[4]).text == "T\nS\nC");
    CHECK(part<ToolResult>(request, 1, 2).content.empty());
    CHECK(part<Text>(request, 1, 3).text == "and now?");
    CHECK(test::warns_about(request, "hologram"));
}

TEST_CASE("D8: an input in the history that is no object is kept as text") {
    const auto request = accept(body(
        R"([{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":[1,2]},)"
        R"({"type":"tool_use","id":"2","name":"f","input":"{\"a\":"},{"type":"tool_use","id":"3","name":"f","input":"{\"a\":1}"}]}])"));
    CHECK(part<ToolUse>(request, 1, 0).input.text() == R"({"arguments":"[1,2]"})");
    CHECK(part<ToolUse>(request, 1, 1).input.text() == R"({"arguments":"{\"a\":"})");
    CHECK(part<ToolUse>(request, 1, 2).input.text() == R"({"a":1})");
    CHECK(request.warnings.size() == 1);
}

TEST_CASE("captures 10: replayed thinking is kept, signed, empty, foreign or redacted") {
    const auto request = accept(body(
        R"([{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"abc"},{"type":"thinking","thinking":"t","signature":""},)"
        R"({"type":"redacted_thinking","data":"xyz"},{"type":"text","text":"a"}]},{"role":"user","content":"q"}])"));
    CHECK(part<Thinking>(request, 0, 0).signature == "abc");
    CHECK(part<Thinking>(request, 0, 1).text == "t");
    CHECK(part<Thinking>(request, 0, 2).redacted);
    CHECK(part<Thinking>(request, 0, 2).text == "xyz");
}

TEST_CASE("documents, search results and foreign history become text or go") {
    const auto request = accept(body(
        R"([{"role":"user","content":[{"type":"document","title":"N","context":"about","source":{"type":"text","media_type":"text/plain","data":"body"}},)"
        R"({"type":"document","source":{"type":"content","content":[{"type":"text","text":"c1"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}},)"
        R"({"type":"document","source":{"type":"base64","media_type":"text/plain","data":"aGVsbG8="}}]},)"
        R"({"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},)"
        R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"https://e.com","title":"Hit"}]},)"
        R"({"type":"compaction","content":"summary"},{"type":"mcp_tool_use","id":"m"}]},{"role":"user","content":"q"}])"));
    CHECK(part<Text>(request, 0, 0).text == "Document: N\nabout\nbody");
    CHECK(part<Text>(request, 0, 1).text == "c1");
    CHECK(part<Image>(request, 0, 2).format == "png");
    CHECK(part<Text>(request, 0, 3).text == "hello");
    CHECK(part<ToolUse>(request, 1, 0).name == "web_search");
    CHECK(part<ToolUse>(request, 1, 0).id == "srvtoolu_s");
    const auto& result = part<ToolResult>(request, 2, 0);
    CHECK(request.messages[2].role == Role::user);
    CHECK(result.tool_use_id == "srvtoolu_s");
    CHECK(std::get<Text>(result.content.at(0)).text ==
          "Results of the web search \"\":\n\n[1] Hit\nhttps://e.com\n");
    CHECK(part<Text>(request, 3, 0).text == "summary");
    CHECK(request.messages[3].parts.size() == 1);
    for (const auto at : {1, 2, 3}) CHECK(request.messages[at].place == 1);  // pieces of one turn
    CHECK(request.past_searches);
    CHECK(test::warns_about(request, "mcp_tool_use"));
}

TEST_CASE("4.3: pictures and documents by address and PDF files wait for their contents") {
    const auto request = accept(body(
        R"([{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://e.com/a.png"}},)"
        R"({"type":"document","title":"T","source":{"type":"url","url":"https://e.com/a.pdf"}},)"
        R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"document","title":"P","citations":{"enabled":true},"source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}]}]}])"));
    REQUIRE(request.attachments.size() == 3);
    CHECK(request.attachments[0].kind == Attachment::Kind::image_url);
    CHECK(request.attachments[0].source == "https://e.com/a.png");
    CHECK(request.attachments[0].path == "messages[0].content[0].source.url");
    CHECK(request.attachments[1].kind == Attachment::Kind::document_url);
    CHECK(request.attachments[1].head == "Document: T\n");
    CHECK(request.attachments[2].kind == Attachment::Kind::pdf);
    CHECK(request.attachments[2].source == "JVBERi0=");
    auto settled = request;
    settle_attachment(settled, settled.attachments[2], Text{"pages"});
    settle_attachment(settled, settled.attachments[0], Image{"png", "AAAA"});
    CHECK(std::get<Text>(part<ToolResult>(settled, 0, 2).content.at(0)).text == "pages");
    CHECK(part<Image>(settled, 0, 0).base64 == "AAAA");
    CHECK(part<Text>(settled, 0, 1).text == "[attachment]");
}

TEST_CASE("4.4: tools of every kind") {
    const auto request = accept(body(
        R"([{"role":"user","content":"x"}])",
        R"("tools":[{"name":"a","description":"d","input_schema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"},"strict":true,"defer_loading":true,"eager_input_streaming":true,"cache_control":{"type":"ephemeral"}},)"
        R"({"type":"custom","name":"b"},{"type":null,"name":"a","input_schema":{}},{"name":"DeferredToolPlaceholder","input_schema":{}},)"
        R"({"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"str_replace_based_edit_tool"},{"type":"memory_20250818","name":"memory"},)"
        R"({"type":"web_search_20250305","name":"web_search"},{"type":"computer_20250124","name":"computer"}])"));
    REQUIRE(request.tools.size() == 5);
    CHECK(request.tools[0].schema.text() ==
          R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object"})");  // captures 37
    CHECK(request.tools[1].schema.text() == R"({"type":"object","properties":{}})");
    CHECK(request.tools[2].name == "bash");
    CHECK(request.tools[3].name == "str_replace_based_edit_tool");
    CHECK(request.tools[4].name == "memory");
    for (std::size_t i = 2; i < 5; ++i) {
        CHECK(test::parse(request.tools[i].schema.text()).root()["properties"].size() >= 2);
        CHECK_FALSE(request.tools[i].description.empty());
    }
    CHECK(request.web_search);
    CHECK_FALSE(test::warns_about(request, "web_search"));
    CHECK(test::warns_about(request, "computer_20250124"));
    CHECK(test::warns_about(request, "declared twice"));
}

TEST_CASE("D6: tool_choice in every form") {
    const auto choice = [](std::string_view json) {
        return accept(body(R"([{"role":"user","content":"x"}])",
                           R"("tools":[{"name":"a","input_schema":{}}],"tool_choice":)" + std::string(json)))
            .tool_choice;
    };
    CHECK(choice(R"({"type":"auto"})").mode == ToolChoice::Mode::automatic);
    CHECK(choice(R"({"type":"none"})").mode == ToolChoice::Mode::none);
    CHECK(choice(R"({"type":"any","disable_parallel_tool_use":true})").mode == ToolChoice::Mode::any);
    CHECK(choice(R"({"type":"any","disable_parallel_tool_use":true})").disable_parallel);
    CHECK(choice(R"({"type":"tool","name":"a"})").mode == ToolChoice::Mode::named);
    CHECK(choice(R"({"type":"tool","name":"a"})").name == "a");
    const auto no_tools =
        accept(body(R"([{"role":"user","content":"x"}])", R"("tools":[],"tool_choice":{"type":"any"})"));
    CHECK(no_tools.tool_choice.mode == ToolChoice::Mode::automatic);
    CHECK(test::warns_about(no_tools, "tool_choice"));
}

TEST_CASE("captures 11: a forced web search is no tool of the client") {
    const auto request = accept(body(
        R"([{"role":"user","content":"x"}])",
        R"("tools":[{"type":"web_search_20250305","name":"web_search","max_uses":8}],"tool_choice":{"type":"tool","name":"web_search"},"thinking":{"type":"disabled"},"temperature":1,"stream":true)"));
    CHECK(request.tools.empty());
    CHECK(request.tool_choice.mode == ToolChoice::Mode::automatic);
    CHECK_FALSE(request.thinking.enabled);
    CHECK(request.warnings.empty());
    REQUIRE(request.web_search);
    CHECK(request.web_search->forced);
    CHECK(request.web_search->uses_max == 8u);
}

TEST_CASE("4.5: thinking options, odd budgets clamped") {
    const auto thinking = [](std::string_view extra) {
        return accept(body(R"([{"role":"user","content":"x"}])", extra)).thinking;
    };
    CHECK_FALSE(thinking("").enabled);
    CHECK_FALSE(thinking(R"("thinking":{"type":"disabled","budget_tokens":5})").enabled);
    const auto omitted =
        thinking(R"("thinking":{"type":"enabled","budget_tokens":31999,"display":"omitted"})");  // captures
                                                                                                 // 5
    CHECK(omitted.enabled);
    CHECK(omitted.budget_tokens == 31999u);
    CHECK(omitted.omit_text);
    CHECK(thinking(R"("thinking":{"type":"enabled","budget_tokens":-1})").budget_tokens ==
          1024u);  // captures 32
    CHECK(thinking(R"("thinking":{"type":"enabled","budget_tokens":9e18})").budget_tokens == 200000u);
    const auto adaptive =
        thinking(R"("thinking":{"type":"adaptive","display":"updates"},"output_config":{"effort":"xhigh"})");
    CHECK(adaptive.enabled);
    CHECK_FALSE(adaptive.omit_text);
    CHECK(adaptive.effort == Effort::xhigh);
    CHECK(thinking(R"("thinking":{"type":"between_tools"})").enabled);
    CHECK_FALSE(thinking(R"("thinking":{"type":"enabled","display":"summarized","budget_tokens":2048})")
                    .omit_text);  // captures 38
}

TEST_CASE("captures 12, 41: structured output under both names") {
    for (const char* extra :
         {R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object","x":1}}})",
          R"("output_format":{"type":"json_schema","schema":{"type":"object","x":1}})"}) {
        const auto request = accept(body(R"([{"role":"user","content":"x"}])", extra));
        CHECK(request.json_only);
        CHECK(request.json_schema.text() == R"({"type":"object","x":1})");
    }
    check_refused(
        {{body(R"([{"role":"user","content":"x"}])", R"("output_config":{"format":{"type":"json_schema"}})"),
          kBad, "output_config.format.schema"},
         {body(R"([{"role":"user","content":"x"}])", R"("output_format":{"type":"xml"})"), kRefused,
          "output_format.type"}});
}

TEST_CASE("captures 19, 20: the session comes from headers first, then the user id, then the cache key") {
    const auto session = [](std::string_view extra, const http::Headers& headers = {}) {
        return accept(body(R"([{"role":"user","content":"x"}])", extra), headers).session;
    };
    http::Headers claude;
    claude.add("X-Claude-Code-Session-Id", "cc");
    claude.add("x-session-id", "other");
    CHECK(session(R"("metadata":{"user_id":"{\"session_id\":\"js\"}"})", claude) == "cc");
    CHECK(session(R"("metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"js\"}"})") == "js");
    CHECK(session(R"("metadata":{"user_id":"user_1_account__session_11-22"})") == "11-22");
    CHECK(session(R"("metadata":{"user_id":"{broken"})") == "");
    CHECK(session(R"("prompt_cache_key":"pk")") == "pk");
    http::Headers underscore;
    underscore.add("session_id", "sid");  // captures 31
    CHECK(session(R"("prompt_cache_key":"pk")", underscore) == "sid");
    claude.add("x-claude-code-agent-id", "agent");
    CHECK(session("", claude) == "cc/agent");
}

TEST_CASE("a conversation of system text only is asked as a user turn") {
    const auto request = accept(body(R"([{"role":"system","content":"say hi"}])"));
    REQUIRE(request.messages.size() == 1);
    CHECK(request.messages[0].role == Role::user);
    CHECK(part<Text>(request, 0, 0).text == "say hi");
    CHECK(request.system.empty());
}
