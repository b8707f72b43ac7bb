#include "core/kiro/frame.hpp"

#include "core/kiro/frame_decoder.hpp"
#include "core/kiro/frame_encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/kiro_vectors.hpp"

using namespace kg::kiro;
namespace vectors = kg::test::vectors;

namespace {

std::vector<HeaderView> headers_of(const std::string& frame) {
    FrameDecoder decoder;
    decoder.feed(frame);
    FrameView view;
    REQUIRE(decoder.next(view) == FrameDecoder::Step::frame);
    std::vector<HeaderView> out;
    HeaderReader reader(view.headers);
    HeaderView header;
    while (reader.next(header)) out.push_back(header);
    CHECK(reader.ok());
    return out;
}

}  // namespace

TEST_CASE("header vectors V3 to V7 read name, type and value") {
    auto headers = headers_of(vectors::kV3);
    REQUIRE(headers.size() == 1);
    CHECK(headers[0].name == "content-type");
    CHECK(headers[0].type == HeaderType::string);
    CHECK(headers[0].value == "application/json");

    headers = headers_of(vectors::kV4);
    REQUIRE(headers.size() == 1);
    CHECK(headers[0].name == "event-id");
    CHECK(headers[0].integer() == 40972);

    headers = headers_of(vectors::kV5);
    REQUIRE(headers.size() == 1);
    CHECK(headers[0].integer() == 32);

    headers = headers_of(vectors::kV6);
    REQUIRE(headers.size() == 2);
    CHECK(headers[0].type == HeaderType::bytes);
    CHECK(headers[0].value.empty());
    CHECK(headers[1].name == "string");
    CHECK(headers[1].type == HeaderType::string);

    headers = headers_of(vectors::kV7);
    REQUIRE(headers.size() == 1);
    CHECK(headers[0].type == HeaderType::true_);
    CHECK(headers[0].integer() == 1);
}

TEST_CASE("vector G0 has a header of every type") {
    const auto headers = headers_of(vectors::kG0);
    REQUIRE(headers.size() == 10);
    CHECK(headers[0].integer() == 1);
    CHECK(headers[1].type == HeaderType::false_);
    CHECK(headers[1].integer() == 0);
    CHECK(headers[2].integer() == -2);
    CHECK(headers[3].integer() == -300);
    CHECK(headers[4].integer() == -70000);
    CHECK(headers[5].integer() == -5000000000);
    CHECK(headers[6].value == "\x01\x02\x03");
    CHECK(headers[7].value == "h\xc3\xa9");
    CHECK(headers[8].integer() == 1767225600000);
    CHECK(headers[9].type == HeaderType::uuid);
    CHECK(headers[9].value.size() == 16);
    CHECK(headers[9].value[15] == 15);
}

TEST_CASE("a header block must be consumed exactly") {
    const auto reads = [](std::string block) {
        HeaderReader reader(block);
        HeaderView header;
        while (reader.next(header)) {
        }
        return reader.ok();
    };
    using std::string;
    CHECK(reads(""));
    CHECK(reads(string("\x01x\x00", 3)));
    CHECK_FALSE(reads(string("\x00\x00", 2)));                                // empty name
    CHECK_FALSE(reads(string("\x01x", 2)));                                   // no type
    CHECK_FALSE(reads(string("\x01x\x0a", 3)));                               // unknown type
    CHECK_FALSE(reads(string("\x01x\x04\x00\x00\x00", 6)));                   // short int32
    CHECK_FALSE(reads(string("\x01x\x07\x00\x02y", 6)));                      // short string
    CHECK_FALSE(reads(string("\x01x\x07\x80\x00", 5) + string(32768, 'y')));  // longer than allowed
    CHECK(reads(string("\x01x\x07\x7f\xff", 5) + string(32767, 'y')));
}

TEST_CASE("the encoder makes the published frames") {
    CHECK(event_frame("assistantResponseEvent", R"({"content":"Hello"})") == vectors::kG1);
    CHECK(event_frame("toolUseEvent",
                      R"({"name":"read_file","stop":true,"toolUseId":"tooluse_AAAABBBBCCCCDDDDEEEE01"})") ==
          vectors::kG6);
    CHECK(exception_frame("ContentLengthExceededException", R"({"message":"Input is too long."})") ==
          vectors::kG17);
    CHECK(error_frame("InternalServerError", "boom") == vectors::kG18);
    std::string empty;
    append_frame(empty, {}, {});
    CHECK(empty == vectors::kV1);
}
