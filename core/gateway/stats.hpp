#pragma once

#include <atomic>
#include <cstdint>

namespace kg::gateway {

/// Counters of the whole process since start. Lock-free, any thread.
struct Stats {
    std::atomic<std::uint64_t> requests{0};   // finished
    std::atomic<std::uint64_t> errors{0};     // finished with an error told to the client
    std::atomic<std::uint64_t> cancelled{0};  // the client left
    std::atomic<std::uint64_t> active{0};     // in progress now
    std::atomic<std::uint64_t> upstream_attempts{0};
    std::atomic<std::uint64_t> failovers{0};       // moved to another account
    std::atomic<std::uint64_t> continuations{0};   // answers asked for on from where they broke off
    std::atomic<std::uint64_t> cut_tool_calls{0};  // begun upstream and lost, told as cut
    std::atomic<std::uint64_t> repairs{0};         // answers asked for anew, not being what was demanded
};

}  // namespace kg::gateway
