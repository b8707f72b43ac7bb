// The hostile suite for the codec: however the bytes arrive, the same answer; whatever is missing
// or changed, no invented answer.
#include <algorithm>
#include <memory>
#include <random>

#include "core/base/digest.hpp"
#include "core/kiro/event_decoder.hpp"
#include "core/kiro/frame_decoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/kiro_vectors.hpp"

using namespace kg::kiro;
namespace vectors = kg::test::vectors;

namespace {

class Receiver final : EventDecoder::Output {
  public:
    /// False once the answer ended or failed.
    bool feed(std::string_view piece) {
        // A buffer of its own and of exact size: reading past it, or after it died, is caught.
        const std::unique_ptr<char[]> copy(new char[piece.size()]);
        piece.copy(copy.get(), piece.size());
        frames_.feed(std::string_view(copy.get(), piece.size()));
        FrameView frame;
        for (;;) {
            const auto step = frames_.next(frame);
            if (step == FrameDecoder::Step::need_more) return true;
            if (step == FrameDecoder::Step::damaged) return fail("damaged");
            const auto decoded = events_.decode(frame);
            if (decoded == EventDecoder::Step::failed) return fail("failed");
            if (decoded == EventDecoder::Step::ended) return false;
        }
    }
    void finish() {
        if (frames_.finish() == FrameDecoder::Step::damaged) {
            fail("truncated");
        } else if (events_.finish() == EventDecoder::Step::failed) {
            fail("failed");
        }
    }
    std::vector<std::string> lines;

  private:
    bool fail(const char* how) { return lines.emplace_back(how), false; }
    void on_decoded(const kg::chat::StreamEvent& event) override {
        lines.push_back(kg::test::describe(event));
    }
    FrameDecoder frames_;
    EventDecoder events_{{}, *this};
};

template <class NextSize>
std::vector<std::string> receive(std::string_view stream, NextSize next_size) {
    Receiver receiver;
    bool more = true;
    while (!stream.empty() && more) {
        const std::size_t n = std::min<std::size_t>(next_size(), stream.size());
        more = receiver.feed(stream.substr(0, n));
        stream.remove_prefix(n);
    }
    if (more) receiver.finish();
    return receiver.lines;
}

std::vector<std::string> receive_whole(std::string_view stream) {
    return receive(stream, [&stream] { return stream.size(); });
}

bool begins_like(const std::vector<std::string>& lines, const std::vector<std::string>& whole,
                 std::size_t count) {
    if (count > lines.size() || count > whole.size()) return false;
    return std::equal(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count), whole.begin());
}

const std::string kEverything = vectors::kG19 + vectors::kG13 + vectors::kG7 + vectors::kG8 + vectors::kG9 +
                                vectors::kG1 + vectors::kG2 + vectors::kG15 + vectors::kG20 + vectors::kG3 +
                                vectors::kG4 + vectors::kG5 + vectors::kG6 + vectors::kG10 + vectors::kG11 +
                                vectors::kG12;

}  // namespace

TEST_CASE("the whole-stream vector is the published one") {
    CHECK(vectors::kWholeStream.size() == 1383);
    CHECK(kg::crc32(vectors::kWholeStream) == 0x92a72aaeu);
    CHECK(kg::sha256_hex(vectors::kWholeStream) ==
          "7fb8b90617e502fb8153cb96f95ad278cb39c964ca5f6c9b7f22331e3a58fab5");
}

TEST_CASE("#2: whole, byte by byte and in pieces of every size the answer is the same") {
    const auto expected = receive_whole(kEverything);
    REQUIRE(expected.back() == "end tool_use");
    for (std::size_t size = 1; size <= 300; ++size) {
        CHECK(receive(kEverything, [size] { return size; }) == expected);
    }
}

TEST_CASE("random pieces give the same answer") {
    const auto expected = receive_whole(kEverything);
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 500; ++round) {
        const unsigned largest = 1 + random() % 700;
        CHECK(receive(kEverything, [&] { return 1 + random() % largest; }) == expected);
    }
}

TEST_CASE("cut at every offset: a prefix of the answer, then a verdict, never a cut tool call") {
    const auto whole = receive_whole(kEverything);
    for (std::size_t cut = 0; cut < kEverything.size(); ++cut) {
        const auto lines = receive_whole(std::string_view(kEverything).substr(0, cut));
        INFO("cut at " << cut);
        REQUIRE(!lines.empty());
        CHECK(begins_like(lines, whole, lines.size() - 1));
        const std::string& verdict = lines.back();
        CHECK((verdict == "truncated" || verdict == "failed" || verdict.starts_with("end ")));
        const auto starts =
            std::count_if(lines.begin(), lines.end(), [](auto& l) { return l.starts_with("tool tooluse"); });
        const auto ends = std::count(lines.begin(), lines.end(), "tool end");
        CHECK(starts == ends);
    }
}

TEST_CASE("each byte changed: the damage is noticed, and what came before is intact") {
    const auto whole = receive_whole(vectors::kWholeStream);
    for (std::size_t at = 0; at < vectors::kWholeStream.size(); ++at) {
        for (const int mask : {0x01, 0x80, 0xff}) {
            std::string stream = vectors::kWholeStream;
            stream[at] = static_cast<char>(stream[at] ^ mask);
            const auto lines = receive_whole(stream);
            INFO("byte " << at << " mask " << mask);
            REQUIRE(!lines.empty());
            CHECK(lines.back() == "damaged");
            CHECK(begins_like(lines, whole, lines.size() - 1));
        }
    }
}

TEST_CASE("random bytes never crash and never make an answer") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 2000; ++round) {
        std::string stream(1 + random() % 200, '\0');
        for (char& c : stream) c = static_cast<char>(random());
        const auto lines = receive(stream, [&] { return 1 + random() % 40; });
        REQUIRE(lines.size() == 1);
        CHECK((lines[0] == "damaged" || lines[0] == "truncated"));
    }
}
