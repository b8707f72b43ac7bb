#include "tests/unit/demo/rig.hpp"

using namespace kg;
using namespace kg::demo;

namespace {

const std::string kHello = chat_body("Hello");
const std::vector<std::string> kTail{"metadataEvent", "contextUsageEvent", "meteringEvent"};

std::vector<std::string> with_tail(std::vector<std::string> types) {
    types.insert(types.end(), kTail.begin(), kTail.end());
    return types;
}

}  // namespace

TEST_CASE("the normal answer says who speaks and what it heard, and ends with the usual tail") {
    Rig rig;
    const auto answer = rig.chat(chat_body("Tell me about rivers"));
    REQUIRE(answer.status == 200);
    CHECK(answer.complete);
    CHECK(answer.headers.get("content-type") == "application/vnd.amazon.eventstream");
    const Frames stream = decode(answer.body);
    CHECK_FALSE(stream.damaged);
    const std::string text = joined(stream.frames, "assistantResponseEvent", "content");
    CHECK(text.find("kirogate demo") != std::string::npos);
    CHECK(text.find("Tell me about rivers") != std::string::npos);
    const auto all = types(stream.frames);
    REQUIRE(all.size() > 4);
    CHECK(std::vector<std::string>(all.end() - 3, all.end()) == kTail);
    CHECK(joined(stream.frames, "metadataEvent", "stopReason") == "END_TURN");
}

TEST_CASE("it thinks natively when the fields say so, in tags when the prompt does, else not") {
    Rig rig;
    const auto native = decode(
        rig.chat(chat_body("Hi", "", R"(,"additionalModelRequestFields":{"thinking":{"type":"adaptive"}})"))
            .body);
    CHECK_FALSE(joined(native.frames, "reasoningContentEvent", "text").empty());
    CHECK_FALSE(joined(native.frames, "reasoningContentEvent", "signature").empty());
    CHECK(native.frames.front().type == "reasoningContentEvent");

    const auto omitted = decode(
        rig
            .chat(chat_body(
                "Hi", "",
                R"(,"additionalModelRequestFields":{"thinking":{"type":"adaptive","display":"omitted"}})"))
            .body);
    CHECK(joined(omitted.frames, "reasoningContentEvent", "text").empty());
    CHECK_FALSE(joined(omitted.frames, "reasoningContentEvent", "signature").empty());

    const auto tags = decode(rig.chat(chat_body("<thinking_mode>enabled</thinking_mode> Hi")).body);
    CHECK(joined(tags.frames, "reasoningContentEvent", "text").empty());
    const std::string text = joined(tags.frames, "assistantResponseEvent", "content");
    CHECK(text.starts_with("<thinking>\n"));
    CHECK(text.find("</thinking>\n\n") != std::string::npos);

    const auto plain = decode(rig.chat(kHello).body);
    CHECK(joined(plain.frames, "assistantResponseEvent", "content").find("<thinking>") == std::string::npos);
}

TEST_CASE("it calls a tool that the text asks for, with arguments that fit the schema") {
    Rig rig;
    const std::string tools =
        R"(,"userInputMessageContext":{"tools":[{"toolSpecification":{"name":"Make_Note","description":"d","inputSchema":{"json":)"
        R"({"type":"object","properties":{"title":{"type":"string"},"count":{"type":"integer","minimum":3},"kind":{"enum":["a","b"]},)"
        R"("deep":{"type":"object","properties":{"on":{"type":"boolean"}},"required":["on"]},"skip":{"type":"string"}},)"
        R"("required":["title","count","kind","deep"]}}}}]})";
    const auto stream = decode(rig.chat(chat_body("Please use the tool make_note, now", tools)).body);
    CHECK(joined(stream.frames, "toolUseEvent", "input") ==
          R"({"title":"demo","count":3,"kind":"a","deep":{"on":true}})");
    CHECK(joined(stream.frames, "metadataEvent", "stopReason") == "TOOL_USE");
    std::vector<Frame> calls;
    for (const Frame& frame : stream.frames) {
        if (frame.type == "toolUseEvent") calls.push_back(frame);
    }
    REQUIRE(calls.size() >= 3);
    CHECK(calls.front().payload.find("\"input\"") == std::string::npos);
    CHECK(calls.front().payload.starts_with(R"({"name":"Make_Note","toolUseId":"tooluse_)"));
    CHECK(calls.back().payload.find(R"("stop":true)") != std::string::npos);

    const auto other = decode(rig.chat(chat_body("Please use the tool nothing", tools)).body);
    CHECK(joined(other.frames, "toolUseEvent", "input").empty());
}

TEST_CASE("it does what the gateway's instructions ask for: the tool, the document") {
    Rig rig;
    const std::string tools =
        R"(,"userInputMessageContext":{"tools":[{"toolSpecification":{"name":"get","description":"d","inputSchema":{"json":)"
        R"({"type":"object","properties":{}}}}},{"toolSpecification":{"name":"get_time","description":"d","inputSchema":{"json":)"
        R"({"type":"object","properties":{"zone":{"type":"string"}},"required":["zone"]}}}}]})";
    const auto said = [&](const std::string& text, const std::string& more, const char* event,
                          const char* key) {
        return joined(decode(rig.chat(chat_body(text, more)).body).frames, event, key);
    };
    CHECK(said("You must call the tool get_time in your next message. Hello", tools, "toolUseEvent",
               "input") == R"({"zone":"demo"})");
    CHECK(said("You must call one of the available tools in your next message. Hello", tools, "metadataEvent",
               "stopReason") == "TOOL_USE");
    CHECK(
        said(
            R"(It must be exactly one JSON document: It must be valid against this JSON Schema:\n)"
            R"({\"type\":\"object\",\"properties\":{\"a}\":{\"type\":\"integer\"}},\"required\":[\"a}\"]} Hello)",
            "", "assistantResponseEvent", "content") == R"({"a}":1})");
    CHECK(said("exactly one JSON document. Hello", "", "assistantResponseEvent", "content") == "{}");
}

TEST_CASE("every step becomes its frames, in order") {
    Rig rig;
    rig.push(R"({"steps":[
        {"thinking":"hm","signature":"c2ln"}, {"redacted":"b3Bh"}, {"text":"one two","chunk":4},
        {"tool":{"name":"t","id":"tooluse_1","input":["{\"a\":","1}"]}}, {"tool":{"name":"u","id":"tooluse_2","input":{"b":2},"stop":false}},
        {"event":"futureEvent","payload":{"x":1}},
        {"usage":{"uncached":5,"output":6,"cache_read":7},"stop_reason":"MAX_TOKENS"}, {"context":50.5}, {"metering":0.75},
        {"error":{"code":"InternalServerError","message":"boom"}}, {"exception":{"type":"ThrottlingException","message":"m","reason":"R"}}]})");
    const auto answer = rig.chat(kHello);
    CHECK(answer.complete);
    const Frames stream = decode(answer.body);
    CHECK_FALSE(stream.damaged);
    const std::vector<Frame> expected{
        {"reasoningContentEvent", R"({"text":"hm"})"},
        {"reasoningContentEvent", R"({"signature":"c2ln"})"},
        {"reasoningContentEvent", R"({"redactedContent":"b3Bh"})"},
        {"assistantResponseEvent", R"({"content":"one "})"},
        {"assistantResponseEvent", R"({"content":"two"})"},
        {"toolUseEvent", R"({"name":"t","toolUseId":"tooluse_1"})"},
        {"toolUseEvent", R"({"input":"{\"a\":","name":"t","toolUseId":"tooluse_1"})"},
        {"toolUseEvent", R"({"input":"1}","name":"t","toolUseId":"tooluse_1"})"},
        {"toolUseEvent", R"({"name":"t","stop":true,"toolUseId":"tooluse_1"})"},
        {"toolUseEvent", R"({"name":"u","toolUseId":"tooluse_2"})"},
        {"toolUseEvent", R"({"input":"{\"b\":2}","name":"u","toolUseId":"tooluse_2"})"},
        {"futureEvent", R"({"x":1})"},
        {"metadataEvent",
         R"({"stopReason":"MAX_TOKENS","tokenUsage":{"uncachedInputTokens":5,"outputTokens":6,"totalTokens":18,"cacheReadInputTokens":7}})"},
        {"contextUsageEvent", R"({"contextUsagePercentage":50.5})"},
        {"meteringEvent", R"({"unit":"credit","unitPlural":"credits","usage":0.75})"},
        {"InternalServerError", ""},
        {"ThrottlingException", R"({"message":"m","reason":"R"})"},
    };
    CHECK(types(stream.frames) == types(expected));
    CHECK(stream.frames == expected);
}

TEST_CASE("steps without an ending of their own get the usual tail, unless told not to") {
    Rig rig;
    rig.push(R"({"steps":[{"text":"a"}]})");
    rig.push(R"({"steps":[{"text":"a"}],"tail":false})");
    rig.push(R"({"tail":false})");
    rig.push(R"({"steps":[],"tail":false})");
    CHECK(types(decode(rig.chat(kHello).body).frames) == with_tail({"assistantResponseEvent"}));
    CHECK(types(decode(rig.chat(kHello).body).frames) == std::vector<std::string>{"assistantResponseEvent"});
    const auto normal = types(decode(rig.chat(kHello).body).frames);
    CHECK(std::count(normal.begin(), normal.end(), "metadataEvent") == 0);
    CHECK(normal.size() > 1);
    const auto empty = rig.chat(kHello);
    CHECK(empty.status == 200);
    CHECK(empty.complete);
    CHECK(empty.body.empty());
}

TEST_CASE("delivery changes the writes and never the bytes") {
    Rig rig;
    const std::string steps = R"("steps":[{"text":"first"},{"text":"second"},{"text":"third"}])";
    rig.push("{" + steps + "}");
    const auto whole = rig.chat(kHello);
    CHECK(whole.chunks.size() == 1);
    rig.push("{" + steps + R"(,"deliver":"frames"})");
    const auto framed = rig.chat(kHello);
    CHECK(framed.chunks.size() == 6);
    CHECK(framed.body == whole.body);
    rig.push("{" + steps + R"(,"deliver":"bytes"})");
    const auto bytes = rig.chat(kHello);
    CHECK(bytes.chunks.size() == whole.body.size());
    CHECK(bytes.body == whole.body);
    rig.push("{" + steps + R"(,"piece_bytes":100,"piece_ms":1})");
    const auto pieces = rig.chat(kHello);
    CHECK(pieces.chunks.size() == (whole.body.size() + 99) / 100);
    CHECK(pieces.body == whole.body);
}

TEST_CASE("A3: streams are cut, damaged, reset and stalled where the action says") {
    Rig rig;
    const std::string steps = R"({"steps":[{"text":"first"},{"text":"second"}],)";
    rig.push(steps + R"("tail":true})");
    const std::string whole = rig.chat(kHello).body;

    SECTION("truncated at a byte, with a proper end of the body") {
        rig.push(steps + R"("truncate_at":150})");
        const auto answer = rig.chat(kHello);
        CHECK(answer.complete);
        CHECK(answer.body == whole.substr(0, 150));
        CHECK(decode(answer.body).damaged);
    }
    SECTION("one byte flipped") {
        rig.push(steps + R"("corrupt_at":130})");
        const auto answer = rig.chat(kHello);
        REQUIRE(answer.body.size() == whole.size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < whole.size(); ++i) different += whole[i] != answer.body[i] ? 1 : 0;
        CHECK(different == 1);
        CHECK(answer.body[130] != whole[130]);
        CHECK(decode(answer.body).damaged);
    }
    SECTION("the connection is cut after the bytes") {
        rig.push(steps + R"("truncate_at":150,"end":"abort"})");
        const auto answer = rig.chat(kHello);
        CHECK(answer.status == 200);
        CHECK_FALSE(answer.complete);
        CHECK(answer.body == whole.substr(0, 150));
        CHECK(rig.fake.stats().aborted_streams == 0);  // the caller stayed
    }
    SECTION("the connection is cut without an answer") {
        rig.push(R"({"cut":true})");
        CHECK(rig.chat(kHello).status == 0);
    }
    SECTION("A7: silence, until the caller leaves") {
        rig.push(steps + R"("end":"stall"})");
        auto probe = rig.connect();
        probe.send(
            Rig::request("POST", "/generateAssistantResponse", kHello, "authorization: Bearer aoaTest\r\n"));
        CHECK_FALSE(probe.read_past("second").empty());
        REQUIRE(rig.until([&] { return rig.fake.stats().live_streams == 1; }));
        for (int i = 0; i < 20; ++i) rig.loop.run_once(false);
        CHECK(probe.available().find("0\r\n\r\n") == std::string::npos);
        probe.reset();
        CHECK(rig.until([&] { return rig.fake.stats().live_streams == 0; }));
        CHECK(rig.fake.stats().aborted_streams == 1);
    }
    SECTION("raw bytes and a wrong content type") {
        rig.push(R"({"steps":[{"raw":"00ff10"}],"tail":false,"content_type":"text/html"})");
        const auto answer = rig.chat(kHello);
        CHECK(answer.body == std::string("\x00\xff\x10", 3));
        CHECK(answer.headers.get("content-type") == "text/html");
    }
}

TEST_CASE("A1: a caller who leaves in mid-stream is counted, and nothing more is sent") {
    Rig rig;
    rig.push(
        R"({"steps":[{"text":"drop drop drop drop drop","chunk":4,"delay_ms":1000}],"deliver":"frames","times":2})");
    auto one = rig.connect();
    auto two = rig.connect();
    const std::string request =
        Rig::request("POST", "/generateAssistantResponse", kHello, "authorization: Bearer aoaTest\r\n");
    one.send(request);
    two.send(request);
    REQUIRE(rig.until([&] { return rig.fake.stats().live_streams == 2; }));
    one.reset();
    CHECK(rig.until([&] { return rig.fake.stats().live_streams == 1; }));
    two.reset();
    CHECK(rig.until([&] { return rig.fake.stats().live_streams == 0; }));
    const Stats stats = rig.fake.stats();
    CHECK(stats.aborted_streams == 2);
    CHECK(stats.peak_streams == 2);
    CHECK(stats.streams == 2);
}

TEST_CASE("A6: a caller who does not read holds the flood back") {
    Rig rig;
    rig.push(R"({"steps":[{"text":")" + std::string(8u << 20, 'f') + R"(","chunk":16384}]})");
    auto probe = rig.connect();
    probe.send(
        Rig::request("POST", "/generateAssistantResponse", kHello, "authorization: Bearer aoaTest\r\n"));
    REQUIRE(rig.until([&] { return rig.fake.stats().live_streams == 1; }));
    for (int i = 0; i < 2000; ++i) rig.loop.run_once(false);
    CHECK(rig.fake.stats().live_streams == 1);  // not swallowed
    const auto answer = probe.response();
    CHECK(answer.complete);
    CHECK(joined(decode(answer.body).frames, "assistantResponseEvent", "content").size() == 8u << 20);
    CHECK(rig.fake.stats().live_streams == 0);
}
