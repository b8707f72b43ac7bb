#include <string>

#include "tests/support/kiro_encoding.hpp"

using namespace kg::test;
using nlohmann::json;

namespace {

constexpr const char* kArn = "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL";

// The two complete samples of the protocol reference (2.7).
constexpr const char* kFirstTurn = R"({
  "conversationState": {
    "agentContinuationId": "0b8f2c1e-0000-4000-8000-0000000000aa",
    "agentTaskType": "vibe",
    "chatTriggerType": "MANUAL",
    "conversationId": "6f0b6a4e-0000-4000-8000-000000000001",
    "currentMessage": {"userInputMessage": {
        "content": "You are a careful assistant.\n\nRead src/main.cpp",
        "modelId": "claude-sonnet-4.5",
        "origin": "AI_EDITOR",
        "userInputMessageContext": {
          "tools": [{"toolSpecification": {"name": "read_file", "description": "Read a file",
            "inputSchema": {"json": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}}}]
        }}}
  },
  "profileArn": "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL"
})";

constexpr const char* kSecondTurn = R"({
  "conversationState": {
    "chatTriggerType": "MANUAL",
    "conversationId": "6f0b6a4e-0000-4000-8000-000000000001",
    "agentContinuationId": "0b8f2c1e-0000-4000-8000-0000000000aa",
    "agentTaskType": "vibe",
    "history": [
      {"userInputMessage": {"content": "You are a careful assistant.\n\nRead src/main.cpp", "modelId": "claude-opus-5", "origin": "AI_EDITOR"}},
      {"assistantResponseMessage": {"content": "Reading.",
        "reasoningContent": {"reasoningText": {"text": "Need the file.", "signature": "c2lnLTAwMQ=="}},
        "toolUses": [{"toolUseId": "tooluse_AAAABBBBCCCCDDDDEEEE01", "name": "read_file", "input": {"path": "src/main.cpp"}}]}}
    ],
    "currentMessage": {
      "userInputMessage": {
        "content": "",
        "modelId": "claude-opus-5",
        "origin": "AI_EDITOR",
        "images": [{"format": "png", "source": {"bytes": "iVBORw0KGgo="}}],
        "userInputMessageContext": {
          "toolResults": [{"toolUseId": "tooluse_AAAABBBBCCCCDDDDEEEE01", "status": "success", "content": [{"text": "int main(){}"}]}],
          "tools": [{"toolSpecification": {"name": "read_file", "description": "Read a file",
            "inputSchema": {"json": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}}}]
        }
      }
    }
  },
  "profileArn": "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL",
  "additionalModelRequestFields": {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}}
})";

kg::kiro::EncodeOptions native_options() {
    auto options = encode_options("claude-opus-5");
    options.capabilities.native_thinking = true;
    options.capabilities.can_disable_thinking = true;
    options.capabilities.efforts = {"low", "medium", "high", "xhigh", "max"};
    return options;
}

kg::chat::Request second_turn() {
    auto request = request_of(
        {user({text("Read src/main.cpp")}),
         assistant({thinking("Need the file.", "c2lnLTAwMQ=="), text("Reading."),
                    call("tooluse_AAAABBBBCCCCDDDDEEEE01", "read_file", R"({"path": "src/main.cpp"})")}),
         user({result("tooluse_AAAABBBBCCCCDDDDEEEE01", "int main(){}"), image()})},
        {tool("read_file", "Read a file")});
    request.system = "You are a careful assistant.";
    request.thinking.enabled = true;
    request.thinking.effort = kg::chat::Effort::high;
    return request;
}

}  // namespace

TEST_CASE("request_encoder: the first sample of 2.7") {
    auto request = request_of({user({text("Read src/main.cpp")})}, {tool("read_file", "Read a file")});
    request.system = "You are a careful assistant.";
    CHECK(encode(request).body == json::parse(kFirstTurn));
}

TEST_CASE("request_encoder: the second sample of 2.7") {
    const auto e = encode(second_turn(), native_options());
    CHECK(e.body == json::parse(kSecondTurn));
    CHECK(e.request.has_thinking_history);
    CHECK(e.request.has_model_fields);
    CHECK_FALSE(e.request.parse_thinking_tags);
    CHECK(e.request.warnings.empty());
}

TEST_CASE("request_encoder: the profile is left out when unknown and replaced per account") {
    auto encoded = kg::kiro::encode_request(request_of({user({text("hi")})}), encode_options());
    REQUIRE(encoded.has_value());
    CHECK_FALSE(json::parse(*encoded->body("")).contains("profileArn"));
    CHECK(json::parse(*encoded->body(kArn))["profileArn"] == kArn);
    CHECK(json::parse(*encoded->body("other"))["profileArn"] == "other");
}

TEST_CASE("32: a single turn has no history") {
    CHECK_FALSE(encode(request_of({user({text("hi")})})).state().contains("history"));
}

TEST_CASE("33: model and origin on every user message, tools only on the current one") {
    auto options = encode_options();
    options.origin = "KIRO_CLI";
    const auto e = encode(request_of({user({text("a")}), assistant({call("t1")}), user({result("t1")}),
                                      assistant({text("b")}), user({text("c")})},
                                     {tool("read_file")}),
                          options);
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
        CHECK(e.user_at(i)["modelId"] == "claude-sonnet-4.5");
        CHECK(e.user_at(i)["origin"] == "KIRO_CLI");
        CHECK_FALSE(e.user_at(i).value("userInputMessageContext", json::object()).contains("tools"));
    }
    CHECK_FALSE(e.user_at(0).contains("userInputMessageContext"));
    CHECK(e.tools().size() == 1);
}

TEST_CASE("D2: nothing is added to the user's text") {
    const std::string said = "  What\tis \"this\"?\n\n\xE4\xBD\xA0\xE5\xA5\xBD \\ \x01 ";
    const auto e = encode(request_of({user({text(said)})}, {tool("Write", "Write a file"), tool("Edit")}));
    CHECK(e.content() == said);
    CHECK(e.tools()[0]["toolSpecification"]["description"] == "Write a file");
    CHECK(e.request.warnings.empty());
}

TEST_CASE("40: control characters travel as valid JSON") {
    std::string said = "a";
    for (char c = 1; c < 32; ++c) said += c;
    said += '\0';
    said += "\x7F";
    CHECK(encode(request_of({user({text(said)})})).content() == said);
}

TEST_CASE("C8: a long tool name is shortened everywhere and comes back") {
    const std::string name = "mcp__server__" + std::string(80, 'n');
    const auto e = encode(
        request_of({user({text("go")}), assistant({call("t1", name)}), user({result("t1")})}, {tool(name)}));
    const std::string wire = e.tools()[0]["toolSpecification"]["name"];
    CHECK(wire.size() <= 64);
    CHECK(e.assistant_at(1)["toolUses"][0]["name"] == wire);
    CHECK(e.request.tool_names.to_client(wire) == name);
    CHECK(e.tools().size() == 1);
}

TEST_CASE("C9: a tool that only the history knows gets a placeholder") {
    const auto e =
        encode(request_of({user({text("go")}), assistant({call("t1", "old_tool"), call("t2", "READ_FILE")}),
                           user({result("t1"), result("t2")})},
                          {tool("read_file")}));
    REQUIRE(e.tools().size() == 2);
    CHECK(e.tools()[1]["toolSpecification"]["name"] == "old_tool");
    CHECK(e.tools()[1]["toolSpecification"]["inputSchema"]["json"] ==
          json::parse(R"({"type":"object","properties":{}})"));
}

TEST_CASE("C10: an empty description becomes the name") {
    const auto e = encode(request_of({user({text("go")})}, {tool("a", ""), tool("b", " \n")}));
    CHECK(e.tools()[0]["toolSpecification"]["description"] == "a");
    CHECK(e.tools()[1]["toolSpecification"]["description"] == "b");
}

TEST_CASE("D14: an over-long description continues in the system text, cut between characters") {
    std::string description;
    while (description.size() < 20'000) description += "\xE4\xB8\xAD\xE6\x96\x87";
    auto request = request_of({user({text("go")})}, {tool("long_one", description)});
    request.system = "S";
    auto options = encode_options();
    options.tool_description_max_bytes = 9'999 + 2;
    const auto e = encode(request, options);
    const std::string head = e.tools()[0]["toolSpecification"]["description"];
    CHECK(head.size() == 9'999);
    CHECK(e.content() == "S\n\nThe description of the tool long_one continues:\n" +
                             description.substr(head.size()) + "\n\ngo");
    CHECK(e.warned("description"));
}

TEST_CASE("C16: tool_choice none offers no tool and tells tool history as text") {
    auto request = request_of({user({text("go")}), assistant({call("t1")}), user({result("t1", "r")})},
                              {tool("read_file")});
    request.tool_choice.mode = kg::chat::ToolChoice::Mode::none;
    const auto e = encode(request);
    CHECK(e.tools().empty());
    CHECK(e.content() == "<tool_result id=\"t1\" status=\"success\">r</tool_result>");
}

TEST_CASE("D6: tool_choice any and named become instructions and are reported") {
    auto request = request_of({user({text("go")})}, {tool("one"), tool("two")});
    request.system = "S";
    request.tool_choice.mode = kg::chat::ToolChoice::Mode::any;
    const auto any = encode(request);
    CHECK(any.content() == "S\n\nYou must call one of the available tools in your next message.\n\ngo");
    CHECK(any.tools().size() == 2);
    CHECK(any.warned("tool_choice emulated"));
    request.tool_choice.mode = kg::chat::ToolChoice::Mode::named;
    request.tool_choice.name = "two";
    const auto named = encode(request);
    REQUIRE(named.tools().size() == 1);
    CHECK(named.tools()[0]["toolSpecification"]["name"] == "two");
    CHECK(named.content() == "S\n\nYou must call the tool two in your next message.\n\ngo");
    request.tool_choice.name = "three";
    CHECK(refused(request).param == "tool_choice");
}

TEST_CASE("D6: structured output becomes an instruction with the schema") {
    auto request = request_of({user({text("go")})});
    request.json_only = true;
    const auto bare = encode(request);
    CHECK(bare.content().find("exactly one JSON document") != std::string::npos);
    CHECK(bare.content().find("Schema") == std::string::npos);
    CHECK(bare.warned("structured output"));
    request.json_schema = kg::RawJson::trusted(R"({"type":"object"})");
    CHECK(encode(request).content().find("JSON Schema:\n{\"type\":\"object\"}\n\ngo") != std::string::npos);
}

TEST_CASE("D10: signed thinking returns upstream, anything else is dropped") {
    auto request = second_turn();
    auto& parts = request.messages[1].parts;
    parts[0] = thinking("unsigned", "");
    const auto none = encode(request, native_options());
    CHECK_FALSE(none.assistant_at(1).contains("reasoningContent"));
    CHECK(none.assistant_at(1)["content"] == "Reading.");
    CHECK_FALSE(none.request.has_thinking_history);

    parts[0] = kg::chat::Thinking{"b3BhcXVl", "", true};
    CHECK(encode(request, native_options()).assistant_at(1)["reasoningContent"] ==
          json::parse(R"({"redactedContent":"b3BhcXVl"})"));

    parts[0] = thinking("", "c2ln");
    CHECK(encode(request, native_options()).assistant_at(1)["reasoningContent"]["reasoningText"]["text"] ==
          "");

    // A model that thinks in tags signs nothing: the block was another model's.
    CHECK_FALSE(encode(request, encode_options()).request.has_thinking_history);
}

TEST_CASE("46: strip_thinking and strip_fields drop what a second try must not repeat") {
    auto options = native_options();
    options.strip_thinking = true;
    const auto stripped = encode(second_turn(), options);
    CHECK_FALSE(stripped.assistant_at(1).contains("reasoningContent"));
    CHECK_FALSE(stripped.request.has_thinking_history);
    options.strip_fields = true;
    const auto bare = encode(second_turn(), options);
    CHECK_FALSE(bare.body.contains("additionalModelRequestFields"));
    CHECK_FALSE(bare.request.has_model_fields);
}

TEST_CASE("C17: images are counted, checked and normalised") {
    std::vector<kg::chat::Part> parts{text("look")};
    for (int i = 0; i < 10; ++i) parts.push_back(image());
    CHECK(encode(request_of({user(parts)})).current()["images"].size() == 10);
    parts.push_back(image());
    const auto many = refused(request_of({user({text("a")}), assistant({text("b")}), user(parts)}));
    CHECK(many.kind == kg::ErrorKind::unsupported);
    CHECK(many.param == "messages[2].content[11]");
    CHECK(refused(request_of({user({image("aGk=", "bmp")})})).kind == kg::ErrorKind::unsupported);
    CHECK(refused(request_of({user({image("")})})).kind == kg::ErrorKind::malformed_request);
    CHECK(refused(request_of({user({image(std::string(14'000'000, 'A'))})})).kind ==
          kg::ErrorKind::unsupported);
}

TEST_CASE("39: jpg is jpeg, and an image alone gets words") {
    const auto e = encode(request_of({user({image("aGk=", "jpg")})}));
    CHECK(e.current()["images"][0]["format"] == "jpeg");
    CHECK(e.content() == "[image]");
}

TEST_CASE("41: a body over the limit is refused by what fills it") {
    auto options = encode_options();
    options.body_max_bytes = 10'000;
    const auto words = refused(request_of({user({text(std::string(20'000, 'x'))})}), options);
    CHECK(words.kind == kg::ErrorKind::context_too_long);
    CHECK(words.param == "messages");
    CHECK(refused(request_of({user({text("x"), image(std::string(20'000, 'A'))})}), options).kind ==
          kg::ErrorKind::body_too_large);
    CHECK(encode(request_of({user({text(std::string(9'000, 'x'))})}), options).content().size() == 9'000);
    // Escapes count as they are sent.
    CHECK(refused(request_of({user({text("x" + std::string(6'000, '\n'))})}), options).kind ==
          kg::ErrorKind::context_too_long);
}

TEST_CASE("C18: more than 10000 turns are refused") {
    std::vector<kg::chat::Message> messages;
    for (int i = 0; i < 5'001; ++i) {
        messages.push_back(user({text("q")}));
        messages.push_back(assistant({text("a")}));
    }
    messages.push_back(user({text("q")}));
    CHECK(refused(request_of(messages)).kind == kg::ErrorKind::context_too_long);
    messages.erase(messages.begin(), messages.begin() + 2);
    CHECK(encode(request_of(messages)).history().size() == 10'000);
}

TEST_CASE("D8: an input that is no object is wrapped, a missing one is empty") {
    const auto input = [](const std::string& raw) {
        const auto e = encode(
            request_of({user({text("go")}), assistant({call("t1", "read_file", raw)}), user({result("t1")})},
                       {tool("read_file")}));
        return e.assistant_at(1)["toolUses"][0]["input"];
    };
    CHECK(input("null") == json::object());
    CHECK(input(" {\"a\": 1} ") == json::parse(R"({"a":1})"));
    CHECK(input("\"text\"") == json::parse(R"({"input":"text"})"));
    CHECK(input("[1]") == json::parse(R"({"input":[1]})"));
}

TEST_CASE("what upstream has no place for is told by the client's own word and place") {
    std::vector<kg::chat::Part> parts;
    for (int i = 0; i < 11; ++i) parts.push_back(image());
    auto request = request_of({user({text("a")}), user(parts)});
    request.messages[1].place = 7;
    CHECK(refused(request).param == "messages[7]");
    request.conversation_field = "input";
    CHECK(refused(request).param == "input[7]");
    CHECK_THAT(refused(request).message, Catch::StartsWith("input[7]: "));
    auto options = encode_options();
    options.body_max_bytes = 100;
    auto large = request_of({user({text(std::string(1'000, 'x'))})});
    large.conversation_field = "input";
    const auto error = kg::kiro::encode_request(large, options);
    REQUIRE_FALSE(error);
    CHECK(error.error().param == "input");
}

TEST_CASE("D6: calls one at a time are asked for, and reported unless the older API has no room for more") {
    auto request = request_of({user({text("go")})}, {tool("one")});
    request.tool_choice.disable_parallel = true;
    const auto e = encode(request);
    CHECK(e.content().find("Call at most one tool in a message") != std::string::npos);
    CHECK(e.warned("parallel tool calls are cut off"));
    request.legacy_functions = true;
    CHECK_FALSE(encode(request).warned("parallel"));
    request.legacy_functions = request.tool_choice.disable_parallel = false;
    request.tool_choice.limited = true;
    CHECK(encode(request).warned("tool_choice emulated"));
}
