#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/unique_function.hpp"
#include "core/chat/request.hpp"
#include "core/compress/assemble.hpp"
#include "core/compress/planner.hpp"
#include "core/compress/prompt.hpp"
#include "core/compress/summarizer.hpp"
#include "core/compress/summary_cache.hpp"
#include "core/compress/summary_flights.hpp"
#include "core/loop/timer.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::compress {

/// What the compressions of a process share; thread-safe.
struct SharedSummaries {
    SummaryCache cache;
    SummaryFlights flights;
};

struct CompressorOptions {
    Budget budget;
    PromptOptions prompt;
    std::string scope;                           // the tenant
    bool stored = true;                          // summaries may go to the store, and be found there
    std::size_t parallel = 3;                    // summaries made at the same time for one request
    std::chrono::milliseconds time_max{90'000};  // then what is missing counts as failed
};

/// What happened, in tokens of the local estimate.
struct CompressionReport {
    bool changed = false;
    std::size_t messages_before = 0, messages_after = 0;
    Size before, after;
    std::size_t chunks = 0;  // planned; each is one of the following
    std::size_t made = 0, cached = 0, shared = 0, failed = 0;
    std::size_t calls = 0;  // including those that failed
    bool cut = false;       // texts were cut in the middle
    double credits = 0;
};

/// Compresses the messages of one request. What cannot be summarised (tried twice) stays while the
/// whole fits upstream's limit, and is cut to an excerpt with a marker where it would not; the
/// result is taken only when it is smaller than what came in. There is no error.
/// Lifecycle: construct; start(), which may already call `done`; destroy, also inside `done`, which
/// cancels the calls of this request. Lives on its loop; the request must outlive it.
class Compressor {
  public:
    /// Nothing in the first: the messages stay as they are.
    using Done =
        UniqueFunction<void(std::optional<std::vector<chat::Message>>, const CompressionReport& report)>;
    Compressor(loop::Loop& loop, const loop::Wakeup::Door& door, SharedSummaries& shared,
               Summarizer& summarizer, const chat::Request& request, CompressorOptions options, Done done);
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    ~Compressor();

    void start();
    const CompressionReport& report() const { return report_; }

  private:
    struct Task {  // one chunk's way to its summary
        std::size_t chunk = 0;
        unsigned tries = 0;
        std::unique_ptr<SummaryFlights::Lead> lead;
        std::unique_ptr<Summarizer::Call> call;
    };
    void loaded(const SummaryCache::Found& found);
    void fill();
    void begin(Task& task);
    void ask(Task& task);
    void answered(Task& task, Result<MadeSummary> summary);
    void landed(Task& task, SummaryFlights::Landing landing, std::string text);
    void settle(Task& task, std::optional<std::string> text);
    void give_up();
    void finish();
    void excerpt_failed();
    void tell(std::optional<std::vector<chat::Message>> messages);

    loop::Wakeup::Door door_;
    SharedSummaries& shared_;
    Summarizer& summarizer_;
    const chat::Request& request_;
    const CompressorOptions options_;
    Done done_;
    CompressionReport report_;
    Plan plan_;
    Replacements replacements_;
    std::deque<std::size_t> waiting_;           // chunks without a task yet
    std::vector<std::unique_ptr<Task>> tasks_;  // running, at most options_.parallel
    loop::Timer deadline_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::compress
