#include <functional>
#include <string>
#include <vector>

#include "tests/support/kiro_encoding.hpp"

using namespace kg::test;
using kg::ErrorKind;

namespace {

using Messages = std::vector<kg::chat::Message>;

kg::chat::Request with_tool(Messages messages) {
    return request_of(std::move(messages), {tool("read_file")});
}
kg::chat::Request with_schema(std::string schema) {
    return request_of({user({text("go")})}, {tool("t", "d", std::move(schema))});
}
kg::chat::Request with_system(Messages messages) {
    auto request = request_of(std::move(messages));
    request.system = "S";
    return request;
}
kg::chat::Request no_tool_choice(kg::chat::Request request) {
    request.tool_choice.mode = kg::chat::ToolChoice::Mode::none;
    return request;
}
std::vector<kg::chat::Part> images(int n) {
    return std::vector<kg::chat::Part>(static_cast<std::size_t>(n), image());
}
kg::chat::Part empty_result(std::string id) {
    return kg::chat::ToolResult{std::move(id), {}, false};
}
Messages long_chat(int pairs) {
    Messages out;
    for (int i = 0; i < pairs; ++i) {
        out.push_back(user({text("q")}));
        out.push_back(assistant({text("a")}));
    }
    out.push_back(user({text("q")}));
    return out;
}

struct Shape {
    std::string name;
    kg::chat::Request request;
};

/// What upstream answers with "Improperly formed request." when it is sent as it stands.
std::vector<Shape> repairable() {
    return {
        {"empty content", request_of({user({text("")})})},
        {"no content parts", request_of({user({})})},
        {"white space only", request_of({user({text(" \n\t ")})})},
        {"Unicode white space only", request_of({user({text("\xE3\x80\x80\xC2\xA0")})})},
        {"blank first turn", request_of({user({text("")}), assistant({text("a")}), user({text("b")})})},
        {"blank middle turn", request_of({user({text("a")}), assistant({text("b")}), user({text("")}),
                                          assistant({text("c")}), user({text("d")})})},
        {"blank assistant turn", request_of({user({text("a")}), assistant({text("")}), user({text("b")})})},
        {"blank last turn", request_of({user({text("a")}), assistant({text("b")}), user({text(" ")})})},
        {"assistant first", request_of({assistant({text("a")}), user({text("b")})})},
        {"assistant first and last", request_of({assistant({text("a")})})},
        {"assistant last", request_of({user({text("a")}), assistant({text("b")})})},
        {"blank assistant last", request_of({user({text("a")}), assistant({text("")})})},
        {"two users in a row", request_of({user({text("a")}), user({text("b")})})},
        {"two assistants in a row",
         request_of({user({text("a")}), assistant({text("b")}), assistant({text("c")}), user({text("d")})})},
        {"system only", with_system({})},
        {"system and a blank user", with_system({user({text("")})})},
        {"system in the middle",
         request_of({user({text("a")}), assistant({text("b")}), system_turn("s"), user({text("c")})})},
        {"system last", request_of({user({text("a")}), system_turn("s")})},
        {"system first in messages", request_of({system_turn("s"), user({text("a")})})},
        {"orphan result", with_tool({user({text("a")}), assistant({text("b")}), user({result("ghost")})})},
        {"orphan result in the first turn", with_tool({user({result("ghost")})})},
        {"missing result", with_tool({user({text("a")}), assistant({call("t1")}), user({text("b")})})},
        {"missing result at the end", with_tool({user({text("a")}), assistant({call("t1")})})},
        {"missing result in the middle",
         with_tool({user({text("a")}), assistant({call("t1")}), user({text("b")}), assistant({text("c")}),
                    user({text("d")})})},
        {"late result", with_tool({user({text("a")}), assistant({call("t1")}), user({text("b")}),
                                   assistant({text("c")}), user({result("t1")})})},
        {"late result after another call",
         with_tool({user({text("a")}), assistant({call("t1")}), user({text("b")}), assistant({call("t2")}),
                    user({result("t2"), result("t1")})})},
        {"result in front of its call",
         with_tool({user({result("t1")}), assistant({call("t1")}), user({text("b")})})},
        {"duplicate result",
         with_tool({user({text("a")}), assistant({call("t1")}), user({result("t1"), result("t1")})})},
        {"duplicate result later",
         with_tool({user({text("a")}), assistant({call("t1")}), user({result("t1")}), assistant({text("b")}),
                    user({result("t1")})})},
        {"duplicate id in one message", with_tool({user({text("a")}), assistant({call("t1"), call("t1")}),
                                                   user({result("t1"), result("t1")})})},
        {"id used again", with_tool({user({text("a")}), assistant({call("t1")}), user({result("t1")}),
                                     assistant({call("t1")}), user({result("t1")})})},
        {"id too long", with_tool({user({text("a")}), assistant({call(std::string(65, 'i'))}),
                                   user({result(std::string(65, 'i'))})})},
        {"odd id", with_tool({user({text("a")}), assistant({call("fc|1:2.3 \"x\"")}),
                              user({result("fc|1:2.3 \"x\"")})})},
        {"empty id", with_tool({user({text("a")}), assistant({call("")}), user({result("")})})},
        {"results out of order", with_tool({user({text("a")}), assistant({call("t1"), call("t2")}),
                                            user({result("t2"), result("t1")})})},
        {"results in separate messages", with_tool({user({text("a")}), assistant({call("t1"), call("t2")}),
                                                    user({result("t2")}), user({result("t1")})})},
        {"parallel calls split over messages",
         with_tool({user({text("a")}), assistant({call("t1")}), assistant({call("t2")}), user({result("t1")}),
                    user({result("t2")})})},
        {"empty result", with_tool({user({text("a")}), assistant({call("t1")}), user({empty_result("t1")})})},
        {"blank result", with_tool({user({text("a")}), assistant({call("t1")}), user({result("t1", "\n")})})},
        {"result over the limit", with_tool({user({text("a")}), assistant({call("t1")}),
                                             user({result("t1", std::string(900'000, 'x'))})})},
        {"input is null",
         with_tool({user({text("a")}), assistant({call("t1", "read_file", "null")}), user({result("t1")})})},
        {"input is a string",
         with_tool({user({text("a")}), assistant({call("t1", "read_file", "\"x\"")}), user({result("t1")})})},
        {"input is a list",
         with_tool({user({text("a")}), assistant({call("t1", "read_file", "[]")}), user({result("t1")})})},
        {"tool of the history not declared",
         with_tool({user({text("a")}), assistant({call("t1", "gone")}), user({result("t1")})})},
        {"tool of the history in other case",
         with_tool({user({text("a")}), assistant({call("t1", "Read_File")}), user({result("t1")})})},
        {"results without tools",
         request_of({user({text("a")}), assistant({call("t1")}), user({result("t1")})})},
        {"results with tool_choice none",
         no_tool_choice(with_tool({user({text("a")}), assistant({call("t1")}), user({result("t1")})}))},
        {"tool name too long",
         request_of({user({text("a")}), assistant({call("t1", std::string(90, 'n'))}), user({result("t1")})},
                    {tool(std::string(90, 'n'))})},
        {"tool names alike in 64 characters",
         request_of({user({text("a")})},
                    {tool(std::string(90, 'n') + "1"), tool(std::string(90, 'n') + "2")})},
        {"tool name with odd characters",
         request_of({user({text("a")})}, {tool("fs.read/file"), tool("7zip"), tool("\xE6\x90\x9C")})},
        {"empty tool name in the history",
         with_tool({user({text("a")}), assistant({call("t1", "")}), user({result("t1")})})},
        {"empty description", request_of({user({text("a")})}, {tool("t", "")})},
        {"blank description", request_of({user({text("a")})}, {tool("t", "  ")})},
        {"description too long", request_of({user({text("a")})}, {tool("t", std::string(30'000, 'd'))})},
        {"schema null", with_schema("null")},
        {"schema empty", with_schema("{}")},
        {"schema of a string", with_schema(R"({"type":"string"})")},
        {"schema with anyOf at the root",
         with_schema(R"({"anyOf":[{"type":"object","properties":{"a":{}}},{"type":"object"}]})")},
        {"schema with oneOf at the root",
         with_schema(R"({"type":"object","oneOf":[{"required":["a"]}],"properties":{"a":{}}})")},
        {"schema with allOf at the root",
         with_schema(R"({"allOf":[{"properties":{"a":{}},"required":["a"]}]})")},
        {"schema with a reference at the root",
         with_schema(R"({"$ref":"#/$defs/A","$defs":{"A":{"type":"object"}}})")},
        {"required null", with_schema(R"({"type":"object","properties":{},"required":null})")},
        {"properties null", with_schema(R"({"type":"object","properties":null})")},
        {"required null deep inside",
         with_schema(R"({"type":"object","properties":{"a":{"items":{"anyOf":[{"required":null}]}}}})")},
        {"a property that is null", with_schema(R"({"type":"object","properties":{"a":null}})")},
        {"$schema and $id", with_schema(R"({"$schema":"x","$id":"y","type":"object","properties":{}})")},
        {"required empty", with_schema(R"({"type":"object","properties":{},"required":[]})")},
        {"null keywords",
         with_schema(
             R"({"type":"object","properties":{"a":{"description":null,"type":null,"items":null,"anyOf":null}}})")},
        {"image only", request_of({user({image()})})},
        {"image of type jpg", request_of({user({text("a"), image("aGk=", "jpg")})})},
        {"control characters", request_of({user({text(std::string("a\0b\x1B[0m", 7))})})},
        {"10001 messages", request_of(long_chat(5'000))},
    };
}

struct Refusal {
    std::string name;
    kg::chat::Request request;
    ErrorKind kind;
    std::string param;
};

std::vector<Refusal> refusals() {
    return {
        {"nothing at all", request_of({}), ErrorKind::malformed_request, "messages"},
        {"more than 10 images", request_of({user(images(11))}), ErrorKind::unsupported,
         "messages[0].content[10]"},
        {"unknown image format", request_of({user({text("a"), image("aGk=", "tiff")})}),
         ErrorKind::unsupported, "messages[0].content[1]"},
        {"empty image", request_of({user({image("")})}), ErrorKind::malformed_request,
         "messages[0].content[0]"},
        {"huge image", request_of({user({image(std::string(14'000'000, 'A'))})}), ErrorKind::unsupported,
         "messages[0].content[0]"},
        {"image of the assistant", request_of({user({text("a")}), assistant({image()})}),
         ErrorKind::malformed_request, "messages[1].content[0]"},
        {"call in a user message", request_of({user({call("t1")})}), ErrorKind::malformed_request,
         "messages[0].content[0]"},
        {"result in an assistant message", request_of({user({text("a")}), assistant({result("t1")})}),
         ErrorKind::malformed_request, "messages[1].content[0]"},
        {"more than 10000 history messages", request_of(long_chat(5'001)), ErrorKind::context_too_long,
         "messages"},
        {"body over the limit", request_of({user({text(std::string(25u << 20, 'x'))})}),
         ErrorKind::context_too_long, "messages"},
        {"schema that is no JSON", with_schema("{"), ErrorKind::malformed_request, "tools"},
        {"schemas that only look like JSON together",
         request_of({user({text("a")})}, {tool("a", "d", "{},{}")}), ErrorKind::malformed_request, "tools"},
    };
}

}  // namespace

TEST_CASE("#1: every repairable shape of the improperly formed request leaves in good order") {
    const auto shapes = repairable();
    REQUIRE(shapes.size() >= 30);
    for (const Shape& shape : shapes) {
        INFO(shape.name);
        const auto e = encode(shape.request);  // asks the independent checker
        CHECK(e.current()["modelId"] == "claude-sonnet-4.5");
    }
}

TEST_CASE("#1: shapes that have no repair are refused with the place") {
    for (const Refusal& refusal : refusals()) {
        INFO(refusal.name);
        const kg::Error error = refused(refusal.request);
        CHECK(error.kind == refusal.kind);
        CHECK(error.param == refusal.param);
        CHECK_FALSE(error.message.empty());
    }
}
