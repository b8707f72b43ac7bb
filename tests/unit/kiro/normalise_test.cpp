#include <string>

#include "core/kiro/conversation.hpp"
#include "tests/support/kiro_encoding.hpp"

using namespace kg::test;
using nlohmann::json;

namespace {

const std::string kFailed = "Tool execution failed";

json results(const json& user) {
    return user.at("userInputMessageContext").at("toolResults");
}
std::string result_text(const json& result) {
    return result.at("content").at(0).at("text");
}

}  // namespace

TEST_CASE("C1: a conversation that begins with the assistant gets a user turn in front") {
    const auto e = encode(request_of({assistant({text("Welcome")}), user({text("hi")})}));
    CHECK(e.user_at(0)["content"] == "Hello");
    CHECK(e.assistant_at(1)["content"] == "Welcome");
    CHECK(e.content() == "hi");
}

TEST_CASE("C1: the system text takes the place of the missing first user turn") {
    auto request = request_of({assistant({text("Welcome")}), user({text("hi")})});
    request.system = "Be brief.";
    CHECK(encode(request).user_at(0)["content"] == "Be brief.");
}

TEST_CASE("C2: neighbours of one role become one turn") {
    const auto e = encode(request_of({user({text("a")}), user({text("b")}), assistant({text("c")}),
                                      assistant({text("d")}), user({text("e")}), user({text("f")})}));
    REQUIRE(e.history().size() == 2);
    CHECK(e.user_at(0)["content"] == "a\nb");
    CHECK(e.assistant_at(1)["content"] == "c\nd");
    CHECK(e.content() == "e\nf");
}

TEST_CASE("C3: blank user turns go and their neighbours join") {
    const auto e = encode(request_of({user({text("a")}), assistant({text("b")}), user({text(" \n\t")}),
                                      assistant({text("c")}), user({text("d")})}));
    REQUIRE(e.history().size() == 2);
    CHECK(e.assistant_at(1)["content"] == "b\nc");
}

TEST_CASE("C3: a blank current turn asks to continue") {
    const auto e = encode(request_of({user({text("a")}), assistant({text("b")}), user({text("  ")})}));
    CHECK(e.content().find("Continue") == 0);
}

TEST_CASE("C3: Unicode white space counts as blank, other text does not") {
    using kg::kiro::is_blank_text;
    CHECK(is_blank_text(""));
    CHECK(is_blank_text(" \r\n\t\v\f"));
    CHECK(is_blank_text("\xC2\xA0\xE3\x80\x80\xEF\xBB\xBF\xE2\x80\xA8\xE1\x9A\x80\xE2\x81\x9F"));
    CHECK_FALSE(is_blank_text("\xE2\x80\x8B"));  // zero width space is not white space
    CHECK_FALSE(is_blank_text(" x"));
    CHECK_FALSE(is_blank_text("\xE2\x80"));
    CHECK_FALSE(is_blank_text("\xC2"));
}

TEST_CASE("C4: a call without result gets an error result") {
    const auto e = encode(request_of(
        {user({text("go")}), assistant({call("t1")}), user({text("never mind")})}, {tool("read_file")}));
    const json r = results(e.current());
    REQUIRE(r.size() == 1);
    CHECK(r[0]["toolUseId"] == "t1");
    CHECK(r[0]["status"] == "error");
    CHECK(result_text(r[0]) == kFailed);
    CHECK(e.content() == "never mind");
    CHECK(e.warned("without a result"));
}

TEST_CASE("C4: a call at the very end gets an error result in a turn of its own") {
    const auto e = encode(request_of({user({text("go")}), assistant({call("t1")})}, {tool("read_file")}));
    CHECK(result_text(results(e.current())[0]) == kFailed);
    CHECK(e.content().empty());
}

TEST_CASE("C4: one of two parallel results missing") {
    const auto e = encode(
        request_of({user({text("go")}), assistant({call("t1"), call("t2")}), user({result("t2", "two")})},
                   {tool("read_file")}));
    const json r = results(e.current());
    REQUIRE(r.size() == 2);
    CHECK(result_text(r[0]) == kFailed);
    CHECK(result_text(r[1]) == "two");
    CHECK(r[1]["status"] == "success");
}

TEST_CASE("C4: a late result moves next to its call") {
    const auto e =
        encode(request_of({user({text("go")}), assistant({call("t1")}), user({text("wait")}),
                           assistant({text("waiting")}), user({result("t1", "late"), text("here")})},
                          {tool("read_file")}));
    CHECK(result_text(results(e.user_at(2))[0]) == "late");
    CHECK(e.user_at(2)["content"] == "wait");
    CHECK(e.content() == "here");
    CHECK_FALSE(e.context().contains("toolResults"));
}

TEST_CASE("C4: a turn that only held a late result is gone, and the call after it keeps its answer") {
    const auto e = encode(request_of(
        {user({text("go")}), assistant({call("t1")}), user({text("wait")}), assistant({text("ok")}),
         user({result("t1", "late")}), assistant({call("t2")}), user({result("t2", "two")})},
        {tool("read_file")}));
    REQUIRE(e.history().size() == 4);
    CHECK(e.assistant_at(3)["content"] == "ok");
    CHECK(e.assistant_at(3)["toolUses"][0]["toolUseId"] == "t2");
    CHECK(result_text(results(e.current())[0]) == "two");
}

TEST_CASE("C5: a result without a call is kept as text") {
    const auto e = encode(
        request_of({user({text("go")}), assistant({text("ok")}), user({result("ghost", "42"), text("and?")})},
                   {tool("read_file")}));
    CHECK(e.content() == "<tool_result id=\"ghost\" status=\"success\">42</tool_result>\nand?");
    CHECK_FALSE(e.context().contains("toolResults"));
    CHECK(e.warned("without a call"));
}

TEST_CASE("C5: a result in front of its call is no answer to it") {
    const auto e = encode(request_of(
        {user({result("t1", "early")}), assistant({call("t1")}), user({text("x")})}, {tool("read_file")}));
    CHECK(result_text(results(e.current())[0]) == kFailed);
    CHECK(e.user_at(0)["content"].get<std::string>().find("early") != std::string::npos);
}

TEST_CASE("C5: of duplicate results the first counts") {
    const auto e = encode(request_of(
        {user({text("go")}), assistant({call("t1")}), user({result("t1", "first"), result("t1", "second")})},
        {tool("read_file")}));
    REQUIRE(results(e.current()).size() == 1);
    CHECK(result_text(results(e.current())[0]) == "first");
    CHECK(e.warned("repeated tool result"));
}

TEST_CASE("C6: a reused id is minted anew and its result follows") {
    const auto e =
        encode(request_of({user({text("go")}), assistant({call("call_0")}), user({result("call_0", "one")}),
                           assistant({call("call_0")}), user({result("call_0", "two")})},
                          {tool("read_file")}));
    const std::string second = e.assistant_at(3)["toolUses"][0]["toolUseId"];
    CHECK(e.assistant_at(1)["toolUses"][0]["toolUseId"] == "call_0");
    CHECK(second != "call_0");
    CHECK(result_text(results(e.user_at(2))[0]) == "one");
    CHECK(results(e.current())[0]["toolUseId"] == second);
    CHECK(result_text(results(e.current())[0]) == "two");
}

TEST_CASE("C6: minted ids repeat from request to request") {
    auto request = request_of({user({text("go")}), assistant({call("a|b")}), user({result("a|b")}),
                               assistant({call("a|b")}), user({result("a|b")})},
                              {tool("read_file")});
    const auto first = encode(request);
    request.messages.push_back(assistant({text("done")}));
    request.messages.push_back(user({text("thanks")}));
    const auto second = encode(request);
    CHECK(first.assistant_at(1) == second.assistant_at(1));
    CHECK(first.assistant_at(3) == second.assistant_at(3));
}

TEST_CASE("C6: one id twice in one message is one call") {
    const auto e = encode(
        request_of({user({text("go")}), assistant({call("t1"), call("t1")}), user({result("t1", "one")})},
                   {tool("read_file")}));
    CHECK(e.assistant_at(1)["toolUses"].size() == 1);
    CHECK(e.warned("repeated tool call"));
}

TEST_CASE("C7: foreign ids are mapped alike in call and result") {
    for (const std::string& id : {std::string("call_abc|fc_1"), std::string(80, 'x'),
                                  std::string("toolu.1:2"), std::string(), std::string("\xC3\xA9")}) {
        const auto e = encode(request_of({user({text("go")}), assistant({call(id)}), user({result(id, "r")})},
                                         {tool("read_file")}));
        const std::string wire = e.assistant_at(1)["toolUses"][0]["toolUseId"];
        CHECK(wire.rfind("tooluse_", 0) == 0);
        CHECK(wire.size() <= 58);
        CHECK(results(e.current())[0]["toolUseId"] == wire);
        CHECK(result_text(results(e.current())[0]) == "r");
    }
}

TEST_CASE("C7: a safe id of 64 characters stays") {
    const std::string id(64, 'k');
    const auto e = encode(
        request_of({user({text("go")}), assistant({call(id)}), user({result(id)})}, {tool("read_file")}));
    CHECK(e.assistant_at(1)["toolUses"][0]["toolUseId"] == id);
}

TEST_CASE("26: parallel results arrive in the order of the calls") {
    const auto e = encode(request_of(
        {user({text("go")}), assistant({call("a"), call("b"), call("c")}), user({result("c", "3")}),
         user({result("a", "1"), text("note")}), user({result("b", "2")})},
        {tool("read_file")}));
    const json r = results(e.current());
    REQUIRE(r.size() == 3);
    CHECK(result_text(r[0]) == "1");
    CHECK(result_text(r[1]) == "2");
    CHECK(result_text(r[2]) == "3");
    CHECK(e.content() == "note");
}

TEST_CASE("30: an image in a result joins the turn's images and leaves a pointer") {
    kg::chat::ToolResult shot{"t2", {}, false};
    shot.content.push_back(kg::chat::Text{"screen:"});
    shot.content.push_back(kg::chat::Image{"png", "c2hvdA=="});
    kg::chat::ToolResult first{"t1", {}, false};
    first.content.push_back(kg::chat::Image{"png", "Zmlyc3Q="});
    const auto e = encode(request_of({user({text("go")}), assistant({call("t1"), call("t2")}),
                                      user({shot, first, image("b3du", "webp"), text("look")})},
                                     {tool("read_file")}));
    const json images = e.current()["images"];
    REQUIRE(images.size() == 3);
    CHECK(images[0]["source"]["bytes"] == "Zmlyc3Q=");
    CHECK(images[1]["source"]["bytes"] == "c2hvdA==");
    CHECK(images[2]["source"]["bytes"] == "b3du");
    CHECK(images[2]["format"] == "webp");
    CHECK(result_text(results(e.current())[0]) == "[image 1 attached to this message]");
    CHECK(result_text(results(e.current())[1]) == "screen:\n[image 2 attached to this message]");
}

TEST_CASE("31: an empty result gets a note") {
    kg::chat::ToolResult empty{"t1", {}, false};
    const auto e =
        encode(request_of({user({text("go")}), assistant({call("t1")}), user({empty})}, {tool("read_file")}));
    CHECK(result_text(results(e.current())[0]) == "(no output)");
    const auto blank = encode(request_of(
        {user({text("go")}), assistant({call("t1")}), user({result("t1", "  ")})}, {tool("read_file")}));
    CHECK(result_text(results(blank.current())[0]) == "(no output)");
}

TEST_CASE("35: a request of nothing but a system text") {
    auto request = request_of({});
    request.system = "Say hello.";
    const auto e = encode(request);
    CHECK(e.content() == "Say hello.");
    CHECK_FALSE(e.state().contains("history"));
}

TEST_CASE("36: a system message inside the conversation stays where it stands") {
    const auto e =
        encode(request_of({user({text("one")}), assistant({text("two")}), system_turn("Mind the gap."),
                           user({text("three")}), assistant({text("four")}), user({text("five")})}));
    CHECK(e.user_at(2)["content"] == "<system>\nMind the gap.\n</system>\nthree");
    CHECK(e.user_at(0)["content"] == "one");
}

TEST_CASE("36: a system message at the end belongs to the user's turn") {
    const auto e = encode(request_of({user({text("one")}), system_turn("Now.")}));
    CHECK(e.content() == "one\n<system>\nNow.\n</system>");
    CHECK(e.request.warnings.empty());
}

TEST_CASE("36: a system message between call and result does not part them") {
    const auto e = encode(
        request_of({user({text("go")}), assistant({call("t1")}), system_turn("S"), user({result("t1", "r")})},
                   {tool("read_file")}));
    CHECK(result_text(results(e.current())[0]) == "r");
}

TEST_CASE("D13: a prefill becomes history and is reported") {
    const auto e = encode(request_of({user({text("Write JSON")}), assistant({text("{")})}));
    CHECK(e.assistant_at(1)["content"] == "{");
    CHECK(e.content() ==
          "Continue your last message from exactly where it stops, without saying any of it again.");
    CHECK(e.warned("prefill"));
}

TEST_CASE("C21: a trailing blank assistant message is ignored") {
    const auto e = encode(request_of({user({text("hi")}), assistant({text(" ")})}));
    CHECK_FALSE(e.state().contains("history"));
    CHECK(e.content() == "hi");
    CHECK(e.request.warnings.empty());
}

TEST_CASE("C23: tool history without tools is told as text") {
    const auto e = encode(request_of({user({text("go")}), assistant({text("Reading."), call("t1")}),
                                      user({result("t1", "body", true), text("so?")})}));
    CHECK(e.assistant_at(1)["content"] ==
          "Reading.\n<tool_use id=\"t1\" name=\"read_file\">{\"path\":\"a\"}</tool_use>");
    CHECK(e.content() == "<tool_result id=\"t1\" status=\"error\">body</tool_result>\nso?");
    CHECK(e.warned("sent as text"));
}

TEST_CASE("D9: results join the following user message without filler turns") {
    const auto e = encode(request_of({user({text("go")}), assistant({call("t1")}), user({result("t1", "r")}),
                                      user({text("next question")})},
                                     {tool("read_file")}));
    CHECK(e.history().size() == 2);
    CHECK(e.content() == "next question");
    CHECK(results(e.current()).size() == 1);
}

TEST_CASE("D3: a failed result is marked as failed") {
    const auto e = encode(
        request_of({user({text("go")}), assistant({call("t1")}), user({result("t1", "no such file", true)})},
                   {tool("read_file")}));
    CHECK(results(e.current())[0]["status"] == "error");
    CHECK(result_text(results(e.current())[0]) == "no such file");
}

TEST_CASE("D7: text parts are joined by a newline") {
    CHECK(encode(request_of({user({text("end"), text("start")})})).content() == "end\nstart");
}

TEST_CASE("C18: a result over 800000 characters is cut with a note") {
    const std::string wide(800'001 * 2, 'x');
    std::string umlauts;
    for (int i = 0; i < 800'001; ++i) umlauts += "\xC3\xBC";
    for (const std::string& body : {wide, umlauts}) {
        const auto e = encode(request_of(
            {user({text("go")}), assistant({call("t1")}), user({result("t1", body)})}, {tool("read_file")}));
        const std::string sent = result_text(results(e.current())[0]);
        CHECK(sent.find("\n[truncated: ") != std::string::npos);
        CHECK(sent.substr(0, 1000) == body.substr(0, 1000));
        CHECK(e.warned("truncated"));
    }
    std::string fits;
    for (int i = 0; i < 500'000; ++i) fits += "\xC3\xBC";
    const auto e = encode(request_of(
        {user({text("go")}), assistant({call("t1")}), user({result("t1", fits)})}, {tool("read_file")}));
    CHECK(result_text(results(e.current())[0]) == fits);
    CHECK(e.request.warnings.empty());
}
