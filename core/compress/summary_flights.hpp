#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/unique_function.hpp"
#include "core/compress/summary_cache.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::compress {

/// Summaries that are being made: each key once in the process, however many requests need it at
/// the same time. What is shared is the text of the summary, nothing of the request (seed G4).
/// Shared by all loops: one mutex, held for microseconds, never across a callback.
class SummaryFlights {
  public:
    enum class Landing : std::uint8_t {
        made,      // with the text
        failed,    // the one who tried gave up
        abandoned  // its client left: somebody else may try
    };
    using Landed = UniqueFunction<void(Landing, std::string)>;

    /// Held by the one who makes the summary; destroying it without land() is leaving.
    class Lead {
      public:
        Lead(SummaryFlights& flights, const Sha256& key) : flights_(flights), key_(key) {}
        Lead(const Lead&) = delete;
        Lead& operator=(const Lead&) = delete;
        ~Lead();
        void land(std::optional<std::string> text);  // nothing: failed

      private:
        SummaryFlights& flights_;
        const Sha256 key_;
        bool landed_ = false;
    };

    /// The lead, or nothing when somebody has it: then `landed` is called once, on the door's loop.
    std::unique_ptr<Lead> join(const Sha256& key, const loop::Wakeup::Door& door, Landed landed);

  private:
    struct Waiter {
        loop::Wakeup::Door door;
        Landed landed;
    };
    void land(const Sha256& key, Landing landing, const std::string& text);

    std::mutex mutex_;
    std::unordered_map<Sha256, std::vector<Waiter>, KeyHash> flights_;  // bounded by running requests
};

}  // namespace kg::compress
