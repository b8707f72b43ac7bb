#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/chat/request.hpp"

namespace kg::compress {

/// What a prompt costs in the two measures that upstream limits: tokens of the local estimate
/// (chat/estimate) and bytes of its texts and images.
struct Size {
    std::uint64_t tokens = 0;
    std::uint64_t bytes = 0;

    Size& operator+=(Size other) {
        tokens += other.tokens;
        bytes += other.bytes;
        return *this;
    }
    Size& operator-=(Size other) {  // never below nothing
        tokens -= other.tokens < tokens ? other.tokens : tokens;
        bytes -= other.bytes < bytes ? other.bytes : bytes;
        return *this;
    }
    bool fits(Size limit) const { return tokens <= limit.tokens && bytes <= limit.bytes; }
};
Size size_of(const chat::Message& message);
Size size_of(const chat::Request& request);
/// Bytes exactly, and tokens no fewer than size_of counts, without looking into the texts.
Size size_at_most(const chat::Request& request);

struct Budget {
    Size soft;                             // a conversation above it is compressed, down to it if possible
    Size hard;                             // what upstream refuses lies above
    std::size_t keep_messages = 30;        // latest ones that stay word for word while `hard` allows it
    std::uint64_t chunk_tokens = 16'000;   // a summary stands for at least so much
    std::uint64_t summary_tokens = 2'048;  // and takes at most so much
    std::uint64_t result_tokens = 8'000;   // a longer tool result may be cut in the middle
    std::uint64_t task_tokens = 8'000;     // a longer first task statement too; it is then summarised as well
    std::size_t chunks_max = 256;
};

/// Messages [begin, end), to be replaced by one summary. No tool call is in it without its result,
/// nor the other way round.
struct Chunk {
    std::size_t begin = 0, end = 0;
    bool verbatim = false;  // a summary would not be shorter: its messages stay
};

/// What becomes of the messages of a request. The first `head` stay in front. The chunks follow one
/// another without a gap from `head` on, or from the task statement on when both ends of it stay in
/// front and the whole is summarised. Everything behind the last chunk stays, and so do the pinned
/// messages of a chunk: behind its summary, word for word, but for tool results, whose calls are gone.
struct Plan {
    Size before, after;  // after: as expected, every summary at its longest
    std::size_t head = 0;
    bool cut_task = false;
    std::uint64_t task_cap = 0;  // with cut_task: tokens that stay of it
    std::vector<Chunk> chunks;
    std::size_t latest_user = 0;     // the latest statement of the user; the number of messages if none
    std::uint64_t result_cap = 0;    // 0, or the tokens to which tool results are cut in the middle
    std::size_t result_cap_end = 0;  // in messages before this one
    std::uint64_t text_cap = 0;      // 0, or the same for all texts but the user's latest: the last resort

    bool changes() const { return !chunks.empty() || result_cap > 0 || text_cap > 0; }
    bool is_pinned(std::size_t index, const chat::Message& message) const;
    bool is_cut_task(std::size_t index) const;
};

/// Pure. Deterministic in the conversation's beginning: as a conversation grows, the chunks of
/// before come again and only full ones are added (seed G5), whatever else moves.
Plan make_plan(const chat::Request& request, const Budget& budget);

}  // namespace kg::compress
