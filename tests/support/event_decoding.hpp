#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/kiro/event_decoder.hpp"
#include "core/kiro/frame_decoder.hpp"
#include "core/kiro/frame_encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/kiro_vectors.hpp"

/// One whole event stream through frame and event decoder, written down line by line.
namespace kg::test {

using Lines = std::vector<std::string>;

struct DecodedLines final : kiro::EventDecoder::Output {
    void on_decoded(const chat::StreamEvent& event) override { lines.push_back(describe(event)); }
    Lines lines;
};

struct Decoded {
    Lines lines;
    std::optional<kiro::Failure> failure;
    std::string model_id;
    std::size_t ignored = 0;
    std::string text() const {
        std::string out;
        for (const std::string& line : lines) {
            if (line.starts_with("text ")) out += line.substr(5);
        }
        return out;
    }
    std::string last() const { return lines.empty() ? "" : lines.back(); }
    std::size_t count(std::string_view beginning) const {
        std::size_t n = 0;
        for (const std::string& line : lines) n += line.starts_with(beginning) ? 1u : 0u;
        return n;
    }
};

inline Decoded decode_events(const std::string& stream, kiro::EventDecoderOptions options = {}) {
    DecodedLines recorder;
    kiro::FrameDecoder frames;
    kiro::EventDecoder events(options, recorder);
    frames.feed(stream);
    kiro::FrameView frame;
    auto step = kiro::EventDecoder::Step::more;
    while (step == kiro::EventDecoder::Step::more && frames.next(frame) == kiro::FrameDecoder::Step::frame) {
        step = events.decode(frame);
    }
    REQUIRE(frames.fault() == kiro::FrameFault::none);
    if (step == kiro::EventDecoder::Step::more) step = events.finish();
    Decoded out;
    out.lines = recorder.lines;
    if (step == kiro::EventDecoder::Step::failed) out.failure = events.failure();
    out.model_id = events.model_id();
    out.ignored = events.ignored_frames();
    return out;
}

}  // namespace kg::test
