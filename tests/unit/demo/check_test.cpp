#include "daemon/demo/request_check.hpp"

#include "core/json/writer.hpp"
#include "daemon/demo/model_list.hpp"
#include "tests/unit/demo/rig.hpp"

using namespace kg;
using namespace kg::demo;

namespace {

/// "" for a good body, else the rule and the status.
std::string check(const std::string& body, const std::string& scenario = "{}") {
    auto document = json::Document::parse(body);
    REQUIRE(document);
    auto parsed = parse_scenario(scenario);
    REQUIRE(parsed);
    const auto violation = check_chat(document->root(), *parsed);
    return violation ? violation->why : std::string();
}

std::string user(std::string_view text, std::string_view context = {}) {
    std::string out = R"({"userInputMessage":{"content":")" + std::string(text) +
                      R"(","modelId":"claude-sonnet-4.6","origin":"AI_EDITOR")";
    if (!context.empty()) out += R"(,"userInputMessageContext":{)" + std::string(context) + "}";
    return out + "}}";
}
std::string assistant(std::string_view text, std::string_view more = {}) {
    return R"({"assistantResponseMessage":{"content":")" + std::string(text) + "\"" + std::string(more) +
           "}}";
}
std::string use(std::string_view id, std::string_view name = "read_file") {
    return R"(,"toolUses":[{"toolUseId":")" + std::string(id) + R"(","name":")" + std::string(name) +
           R"(","input":{}}])";
}
std::string result(std::string_view id) {
    return R"({"toolUseId":")" + std::string(id) + R"(","content":[{"text":"x"}],"status":"success"})";
}
std::string results(std::initializer_list<std::string_view> ids) {
    std::string out = R"("toolResults":[)";
    for (const std::string_view id : ids) out += (out.back() == '[' ? "" : ",") + result(id);
    return out + "]";
}
std::string tools(std::string_view schema = R"({"type":"object","properties":{}})",
                  std::string_view name = "read_file", std::string_view description = "d") {
    return R"("tools":[{"toolSpecification":{"name":")" + std::string(name) + R"(","description":")" +
           std::string(description) + R"(","inputSchema":{"json":)" + std::string(schema) + "}}}]";
}
std::string conversation(std::initializer_list<std::string> messages, std::string_view root = {}) {
    std::string history, current;
    for (const std::string& message : messages) {
        if (!current.empty()) history += (history.empty() ? "" : ",") + current;
        current = message;
    }
    return R"({"conversationState":{"chatTriggerType":"MANUAL",)" +
           (history.empty() ? "" : R"("history":[)" + history + "],") + R"("currentMessage":)" + current +
           R"(},"profileArn":")" + std::string(kArn) + "\"" + std::string(root) + "}";
}

}  // namespace

TEST_CASE("bodies that the service takes") {
    CHECK(check(conversation({user("Hello")})).empty());
    CHECK(check(conversation({user("Hello"), assistant("Hi"), user("More")})).empty());
    CHECK(check(conversation({user("Hello"), assistant("", use("tooluse_1")),
                              user("", results({"tooluse_1"}) + "," + tools())}))
              .empty());
    CHECK(check(chat_body("x", R"(,"images":[{"format":"png","source":{"bytes":"iVBORw0KGgo="}}])")).empty());
    CHECK(check(chat_body("x", "", "", "CLAUDE_SONNET_4_5_20250929_V1_0")).empty());
    CHECK(
        check(chat_body(
                  "x", "",
                  R"(,"additionalModelRequestFields":{"thinking":{"type":"adaptive","display":"summarized"},)"
                  R"("output_config":{"effort":"high"},"max_tokens":2048})"))
            .empty());
}

TEST_CASE("each rule of the service is enforced") {
    const std::string call = assistant("", use("tooluse_1"));
    const std::string answered = user("", results({"tooluse_1"}) + "," + tools());
    CHECK(check(conversation({assistant("Hi"), user("x")})) == "C1");
    CHECK(check(conversation({user("a"), assistant("b")})) == "C1");
    CHECK(check(conversation({user("a"), user("b")})) == "C2");
    CHECK(check(conversation({user("a"), assistant("b"), assistant("c"), user("d")})) == "C2");
    CHECK(check(conversation({user(" \\n")})) == "C3");
    CHECK(check(conversation({user("a"), call, user("x", tools())})) == "C4");
    CHECK(check(conversation({user("a", results({"tooluse_1"}) + "," + tools())})) == "C5");
    CHECK(check(conversation(
              {user("a"), call, user("", results({"tooluse_1", "tooluse_1"}) + "," + tools())})) == "C5");
    CHECK(check(conversation({user("a"), call, user("", results({"tooluse_1"})), call, answered})) == "C6");
    CHECK(check(conversation({user("a"), assistant("", use("call_a|b")), answered})) == "C7");
    CHECK(check(conversation({user("a"), assistant("", use(std::string(65, 'a'))), answered})) == "C7");
    CHECK(check(conversation({user("a", tools("{\"type\":\"object\"}", "9lives"))})) == "C8");
    CHECK(check(conversation({user("a", tools("{\"type\":\"object\"}", std::string(65, 'a')))})) == "C8");
    CHECK(check(conversation({user("a"), assistant("", use("tooluse_1", "other")), answered})) == "C9");
    CHECK(check(conversation({user("a"), assistant("", use("tooluse_1", "READ_FILE")), answered})).empty());
    CHECK(check(conversation({user("a"), call, user("", results({"tooluse_1"}))})) == "C9");
    CHECK(check(conversation({user("a", tools("{\"type\":\"object\"}", "t", " "))})) == "C10");
    CHECK(check(conversation({user("a", tools(R"({"type":"string"})"))})) == "C12");
    CHECK(check(conversation({user("a", tools(R"({"type":"object","anyOf":[]})"))})) == "C12");
    CHECK(check(conversation({user("a", tools(R"({"type":"object","required":null})"))})) == "C13");
    CHECK(check(conversation({user(
              "a", tools(R"({"type":"object","properties":{"x":{"type":"object","properties":null}}})"))})) ==
          "C13");
    CHECK(check(chat_body("x", R"(,"images":[{"format":"jpg","source":{"bytes":"iVBORw0KGgo="}}])")) ==
          "C17");
    CHECK(check(chat_body("x", R"(,"images":[{"format":"png","source":{"bytes":"data:image/png"}}])")) ==
          "C17");
    std::string eleven;
    for (int i = 0; i < 11; ++i)
        eleven += std::string(i ? "," : "") + R"({"format":"png","source":{"bytes":"AAAA"}})";
    CHECK(check(chat_body("x", ",\"images\":[" + eleven + "]")) == "C17");
}

TEST_CASE("a property may be named like a key word") {
    const std::string schema =
        R"({"type":"object","properties":{"required":{"type":"string"},"properties":{"type":"string"},)"
        R"("pattern":{"type":"string"}},"required":["required"]})";
    CHECK(check(conversation({user("a", tools(schema))}), R"({"strict_schemas":true})").empty());
    const std::string strict = R"({"type":"object","properties":{"x":{"type":"string","pattern":"^a"}}})";
    CHECK(check(conversation({user("a", tools(strict))})).empty());
    CHECK(check(conversation({user("a", tools(strict))}), R"({"strict_schemas":true})") == "C15");
}

TEST_CASE("answers to refused bodies are the service's own") {
    Rig rig;
    CHECK(
        rig.chat(conversation({user(" ")})).body ==
        R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Improperly formed request.","reason":null})");
    CHECK(rig.chat("{not json").status == 400);
    CHECK(rig.chat(conversation({user("a"), assistant("", use("a b")), user("x")})).body ==
          R"({"message":"Invalid tool use format.","reason":null})");
    CHECK(rig.chat(chat_body("x", "", "", "claude-nothing-9")).body.find(R"("reason":"INVALID_MODEL_ID")") !=
          std::string::npos);
    CHECK(rig.chat(chat_body("x", "", R"(,"additionalModelRequestFields":{"effort":"high"})"))
              .body.find("Invalid additionalModelRequestFields: property 'effort' is not defined "
                         "in the schema") != std::string::npos);
    CHECK(rig.chat(chat_body("x", "",
                             R"(,"additionalModelRequestFields":{"output_config":{"effort":"xhigh"}})"))
              .status == 400);
    CHECK(rig.chat(chat_body("x", "", R"(,"additionalModelRequestFields":{"max_tokens":1000000})")).status ==
          400);
    CHECK(rig.chat(chat_body("x", "", R"(,"additionalModelRequestFields":{"thinking":{"type":"adaptive"}})",
                             "claude-haiku-4.5"))
              .body.find("additionalModelRequestFields is not supported for this model") !=
          std::string::npos);
    const std::string no_profile =
        R"({"conversationState":{"chatTriggerType":"MANUAL","currentMessage":)" + user("x") + "}}";
    CHECK(rig.chat(no_profile).body ==
          R"({"message":"profileArn is required for this request.","reason":null})");
    CHECK(rig.fake.stats().violations == 9);
    rig.play(R"({"accept_unknown":true,"require_profile":false})");
    CHECK(rig.chat(no_profile).status == 200);
    rig.play(R"({"accept_unknown":true,"check_bodies":false})");
    CHECK(rig.chat(R"({"conversationState":{"currentMessage":)" + user(" ") + "}}").status == 200);
}

TEST_CASE("C20: too long a conversation is refused by its length, pictures aside") {
    const std::string scenario = R"({"context_tokens":1000})";
    CHECK(check(chat_body(std::string(3000, 'x')), scenario).empty());
    CHECK(check(chat_body(std::string(5000, 'x')), scenario) == "C20");
    CHECK(check(chat_body("x", R"(,"images":[{"format":"png","source":{"bytes":")" + std::string(8000, 'A') +
                                   R"("}}])"),
                scenario)
              .empty());
    CHECK(check(chat_body(std::string(801'000, 'x'), "", "", "claude-haiku-4.5")) == "C20");
    CHECK(check(chat_body(std::string(801'000, 'x'), "", "", "claude-sonnet-4.6")).empty());
}

TEST_CASE("reasoning comes back with the signature that was issued for it, when that is checked") {
    const auto body = [](const std::string& signature) {
        return conversation(
            {user("a"),
             assistant("b", R"(,"reasoningContent":{"reasoningText":{"text":"thought","signature":")" +
                                signature + "\"}}"),
             user("c")});
    };
    CHECK(check(body("foreign")).empty());
    CHECK(check(body("foreign"), R"({"check_signatures":true})") == "2.6");
    CHECK(check(body(signature_of("thought")), R"({"check_signatures":true})").empty());
}
