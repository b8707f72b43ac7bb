#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/digest.hpp"

namespace kg::gateway {

/// A tool call that upstream began and never finished: the client was not shown it, and the model
/// does not know that it never ran.
struct CutCall {
    std::size_t turn = 0;  // the assistant message's place in the conversation, as the client sends it
    std::uint64_t text_tokens = 0;  // estimate of the text the client did get in that turn
    std::string tool;
};

/// Remembers cut tool calls until the next turns of their conversations come by. In memory only, for
/// an hour; at most 1000 conversations, the oldest give way, and 8 calls of each. Shared by all loops:
/// one mutex, held for microseconds; without any cut call a request pays for one atomic load.
class CutCalls {
  public:
    static constexpr std::size_t kConversationsMax = 1'000, kCallsMax = 8;
    static constexpr std::chrono::hours kKept{1};

    /// A call of the same turn that was remembered before is replaced.
    void remember(std::string_view conversation, CutCall call, SteadyTime now);
    std::vector<CutCall> find(std::string_view conversation, SteadyTime now) const;
    std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // conversations

  private:
    struct Entry {
        SteadyTime at{};
        std::vector<CutCall> calls;
    };
    void make_room(SteadyTime now);

    mutable std::mutex mutex_;
    std::map<Sha256, Entry> entries_;  // by the hash of tenant and conversation
    std::atomic<std::size_t> size_{0};
};

}  // namespace kg::gateway
