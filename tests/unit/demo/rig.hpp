#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ascii.hpp"
#include "core/kiro/frame_decoder.hpp"
#include "daemon/demo/fake_kiro.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_probe.hpp"

namespace kg::demo {

/// A clock that only the test moves.
class ManualClock final : public Clock {
  public:
    SteadyTime steady() const override { return SteadyTime{} + since_start; }
    WallTime wall() const override { return wall_from_ms(1'767'225'600'000) + since_start; }
    std::chrono::milliseconds since_start{1'000};
};

struct Frame {
    std::string type, payload;  // type is the exception's or error's name for those
    friend bool operator==(const Frame&, const Frame&) = default;
};

/// The whole frames of a stream; `damaged` when the decoder refused the rest.
struct Frames {
    std::vector<Frame> frames;
    bool damaged = false;
};
inline Frames decode(std::string_view bytes) {
    Frames out;
    kiro::FrameDecoder decoder;
    kiro::FrameView view;
    decoder.feed(bytes);
    auto step = decoder.next(view);
    for (; step == kiro::FrameDecoder::Step::frame; step = decoder.next(view)) {
        std::string_view type = view.event_type;
        if (type.empty()) type = view.exception_type.empty() ? view.error_code : view.exception_type;
        out.frames.push_back({std::string(type), std::string(view.payload)});
    }
    out.damaged =
        step == kiro::FrameDecoder::Step::damaged || decoder.finish() == kiro::FrameDecoder::Step::damaged;
    return out;
}

/// A fake on the test's own loop, and a caller with a raw socket.
class Rig {
  public:
    explicit Rig(std::string_view scenario = R"({"accept_unknown": true})") : fake(loop, random, clock) {
        REQUIRE(fake.listen());
        play(scenario);
    }

    void play(std::string_view scenario) {
        auto parsed = parse_scenario(scenario);
        INFO((parsed ? std::string() : parsed.error().message));
        REQUIRE(parsed);
        fake.service().set_scenario(std::move(*parsed));
    }
    void push(const std::string& action) {
        auto document = json::Document::parse(action);
        REQUIRE(document);
        auto parsed = read_action(document->root());
        INFO((parsed ? std::string() : parsed.error().message));
        REQUIRE(parsed);
        fake.service().push(std::move(*parsed));
    }

    test::HttpProbe connect() {
        return test::HttpProbe::tcp(fake.port(), [this] { loop.run_once(false); });
    }
    static std::string request(std::string_view method, std::string_view path, std::string_view body,
                               std::string_view fields) {
        std::string out = std::string(method) + " " + std::string(path) +
                          " HTTP/1.1\r\nhost: fake\r\ncontent-length: " + std::to_string(body.size()) +
                          "\r\n" + std::string(fields) + "\r\n";
        return out += body;
    }
    test::ProbeResponse call(
        std::string_view method, std::string_view path, std::string_view body = {},
        std::string_view fields = "authorization: Bearer aoaTest\r\ncontent-type: application/json\r\n") {
        return connect().exchange(request(method, path, body, fields));
    }
    test::ProbeResponse chat(std::string_view body) {
        return call("POST", "/generateAssistantResponse", body);
    }
    test::ProbeResponse refresh(std::string_view token) {
        return call("POST", "/refreshToken", R"({"refreshToken":")" + std::string(token) + "\"}");
    }
    /// Runs the loop until `done`, for at most 20 s.
    template <class Done>
    bool until(Done done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!done()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            loop.run_once(false);
        }
        return true;
    }

    loop::Loop loop;
    SystemRandom random;
    ManualClock clock;
    FakeKiro fake;
};

constexpr std::string_view kArn = "arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK";

/// A chat body with one user message; `more` are further members of that message, `root` of the
/// body.
inline std::string chat_body(std::string_view text, std::string_view more = {}, std::string_view root = {},
                             std::string_view model = "claude-sonnet-4.6") {
    return R"({"conversationState":{"chatTriggerType":"MANUAL","conversationId":"6f0b6a4e-0000-4000-8000-000000000001",)"
           R"("currentMessage":{"userInputMessage":{"content":")" +
           std::string(text) + R"(","modelId":")" + std::string(model) + R"(","origin":"AI_EDITOR")" +
           std::string(more) + R"(}}},"profileArn":")" + std::string(kArn) + "\"" + std::string(root) + "}";
}

inline std::string joined(const std::vector<Frame>& frames, std::string_view type, std::string_view key) {
    std::string out;
    for (const Frame& frame : frames) {
        if (frame.type != type) continue;
        auto payload = json::Document::parse(frame.payload);
        REQUIRE(payload);
        out += payload->root()[key].text();
    }
    return out;
}

inline std::vector<std::string> types(const std::vector<Frame>& frames) {
    std::vector<std::string> out;
    for (const Frame& frame : frames) out.push_back(frame.type);
    return out;
}

}  // namespace kg::demo
