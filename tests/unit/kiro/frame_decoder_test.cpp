#include "core/kiro/frame_decoder.hpp"

#include "core/base/digest.hpp"
#include "core/kiro/frame_encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/kiro_vectors.hpp"

using namespace kg::kiro;
using Step = FrameDecoder::Step;
namespace vectors = kg::test::vectors;

namespace {

std::string big_endian(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
    return out;
}

/// A prelude with a right checksum, whatever its lengths.
std::string prelude(std::uint32_t total, std::uint32_t headers) {
    const std::string lengths = big_endian(total) + big_endian(headers);
    return lengths + big_endian(kg::crc32(lengths));
}

/// Both checksums right, whatever the headers.
std::string raw_frame(std::string_view headers, std::string_view payload) {
    std::string out = prelude(static_cast<std::uint32_t>(16 + headers.size() + payload.size()),
                              static_cast<std::uint32_t>(headers.size()));
    out.append(headers).append(payload);
    return out + big_endian(kg::crc32(out));
}

FrameFault fault_of(std::string_view bytes) {
    FrameDecoder decoder;
    decoder.feed(bytes);
    FrameView view;
    while (decoder.next(view) == Step::frame) {
    }
    decoder.finish();
    return decoder.fault();
}

}  // namespace

TEST_CASE("valid vectors decode to their payload and headers") {
    struct Row {
        const std::string& bytes;
        std::string_view payload;
    };
    const Row rows[] = {{vectors::kV1, ""},
                        {vectors::kV2, "{'foo':'bar'}"},
                        {vectors::kV3, "{'foo':'bar'}"},
                        {vectors::kV4, "{'foo':'bar'}"},
                        {vectors::kV5, ""},
                        {vectors::kV6, ""},
                        {vectors::kV7, ""},
                        {vectors::kG0, "{}"}};
    for (const Row& row : rows) {
        FrameDecoder decoder;
        decoder.feed(row.bytes);
        FrameView view;
        REQUIRE(decoder.next(view) == Step::frame);
        CHECK(view.payload == row.payload);
        CHECK(decoder.next(view) == Step::need_more);
        CHECK(decoder.finish() == Step::need_more);
    }
}

TEST_CASE("Kiro's headers are found in any order") {
    FrameDecoder decoder;
    FrameView view;
    const std::string stream = vectors::kG1 + vectors::kG16 + vectors::kG18 + vectors::kG19;
    decoder.feed(stream);
    REQUIRE(decoder.next(view) == Step::frame);
    CHECK(view.message_type == "event");
    CHECK(view.event_type == "assistantResponseEvent");
    CHECK(view.content_type == "application/json");
    CHECK(view.payload == R"({"content":"Hello"})");
    REQUIRE(decoder.next(view) == Step::frame);
    CHECK(view.message_type == "exception");
    CHECK(view.exception_type == "ThrottlingException");
    CHECK(view.event_type.empty());
    REQUIRE(decoder.next(view) == Step::frame);
    CHECK(view.message_type == "error");
    CHECK(view.error_code == "InternalServerError");
    CHECK(view.error_message == "boom");
    CHECK(view.payload.empty());
    REQUIRE(decoder.next(view) == Step::frame);
    CHECK(view.event_type == "initial-response");
    CHECK(view.message_type == "event");
    CHECK(decoder.next(view) == Step::need_more);
}

TEST_CASE("a whole frame is a view into its piece, never a copy") {
    const std::string stream = vectors::kG1 + vectors::kG2;
    FrameDecoder decoder;
    decoder.feed(stream);
    FrameView view;
    std::size_t frames = 0;
    while (decoder.next(view) == Step::frame) {
        ++frames;
        CHECK(view.payload.data() >= stream.data());
        CHECK(view.payload.data() + view.payload.size() <= stream.data() + stream.size());
    }
    CHECK(frames == 2);
}

TEST_CASE("impossible lengths are refused although the prelude's checksum is right") {
    CHECK(fault_of(vectors::kV8) == FrameFault::headers_length);
    CHECK(fault_of(vectors::kV9) == FrameFault::total_length);
    CHECK(fault_of(prelude(kFrameBytesMax + 1, 0)) == FrameFault::too_large);
    CHECK(fault_of(prelude(kFrameBytesMax, 0)) == FrameFault::truncated);
    CHECK(fault_of(prelude(0xffffffff, 0xffffffff)) == FrameFault::headers_length);
}

TEST_CASE("#3: a damaged length fails within the twelve bytes of the prelude") {
    FrameDecoder decoder;
    FrameView view;
    for (std::size_t i = 0; i < 11; ++i) {
        decoder.feed(std::string_view(vectors::kB2).substr(i, 1));
        REQUIRE(decoder.next(view) == Step::need_more);
    }
    decoder.feed(std::string_view(vectors::kB2).substr(11, 1));
    CHECK(decoder.next(view) == Step::damaged);
    CHECK(decoder.fault() == FrameFault::prelude_crc);
}

TEST_CASE("B1: a wrong message checksum damages the stream for good") {
    FrameDecoder decoder;
    const std::string stream = vectors::kB1 + vectors::kG1;
    decoder.feed(stream);
    FrameView view;
    CHECK(decoder.next(view) == Step::damaged);
    CHECK(decoder.fault() == FrameFault::message_crc);
    decoder.feed(vectors::kG1);
    CHECK(decoder.next(view) == Step::damaged);
    CHECK(decoder.finish() == Step::damaged);
}

TEST_CASE("#4: B3 needs more data, and is damage at the end of the stream") {
    FrameDecoder decoder;
    decoder.feed(vectors::kB3);
    FrameView view;
    CHECK(decoder.next(view) == Step::need_more);
    CHECK(decoder.fault() == FrameFault::none);
    CHECK(decoder.finish() == Step::damaged);
    CHECK(decoder.fault() == FrameFault::truncated);
}

TEST_CASE("header damage is found behind right checksums") {
    using std::string;
    CHECK(fault_of(raw_frame(string("\x01x\x00", 3), "{}")) == FrameFault::none);
    CHECK(fault_of(raw_frame(string("\x01x\x0b", 3), "{}")) == FrameFault::headers);
    CHECK(fault_of(raw_frame(string("\x00", 1), "{}")) == FrameFault::headers);
    CHECK(fault_of(raw_frame(string("\x09x\x00", 3), "{}")) == FrameFault::headers);
    string many;
    for (std::size_t i = 0; i < kFrameHeadersMax; ++i) many.append("\x01x\x00", 3);
    CHECK(fault_of(raw_frame(many, "")) == FrameFault::none);
    CHECK(fault_of(raw_frame(many + string("\x01x\x00", 3), "")) == FrameFault::headers);
}

TEST_CASE("a known header of another type than string is not taken for it") {
    FrameDecoder decoder;
    const std::string frame = raw_frame(std::string("\x0d:message-type\x00", 15), "{}");
    decoder.feed(frame);
    FrameView view;
    REQUIRE(decoder.next(view) == Step::frame);
    CHECK(view.message_type.empty());
}

TEST_CASE("frames of changing kinds each have their own headers, and none of the frame before") {
    const auto header = [](std::string_view name, const std::string& value) {
        std::string out(1, static_cast<char>(name.size()));
        out.append(name) += '\x07';
        out += static_cast<char>(value.size() >> 8);
        out += static_cast<char>(value.size() & 0xff);
        return out + value;
    };
    const std::string text = header(":event-type", "text"), tool = header(":event-type", "tool");
    const std::string error =
        header(":message-type", "error") + header(":error-message", std::string(600, 'm'));
    const std::string none;
    std::string stream;
    const std::vector<const std::string*> order{&text, &text, &tool, &error, &error, &text, &none, &text};
    for (std::size_t i = 0; i < order.size(); ++i) stream += raw_frame(*order[i], std::to_string(i));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
        FrameDecoder decoder;
        FrameView view;
        std::size_t i = 0;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const std::string copy = stream.substr(at, piece);  // views must not reach into an older piece
            decoder.feed(copy);
            while (decoder.next(view) == Step::frame) {
                const std::string* kind = order[i];
                CAPTURE(piece, i);
                CHECK(view.headers == *kind);
                CHECK(view.payload == std::to_string(i++));
                CHECK(view.event_type == (kind == &text ? "text" : kind == &tool ? "tool" : ""));
                CHECK(view.error_message.size() == (kind == &error ? 600u : 0u));
                CHECK(view.message_type == (kind == &error ? "error" : ""));
            }
        }
        CHECK(i == order.size());
        CHECK(decoder.finish() == Step::need_more);
    }
}

TEST_CASE("every fault has a name") {
    for (int i = 0; i <= static_cast<int>(FrameFault::truncated); ++i) {
        CHECK(frame_fault_name(static_cast<FrameFault>(i)) != "unknown");
    }
}
