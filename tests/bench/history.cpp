// How long the dashboard's questions take with a million stored requests: writes them, as the gateway does,
// into a database of its own, then asks. Usage: bench_history [REQUESTS]. Exit status 1 when a question takes
// 100 ms or more (median of five).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/store/open.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour, kEnd = 20'000 * kDay;

double ms_of(const std::function<void()>& work) {
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
        const auto begin = Steady::now();
        work();
        times.push_back(std::chrono::duration<double, std::milli>(Steady::now() - begin).count());
    }
    std::ranges::sort(times);
    return times[2];
}

template <class T>
T must(Result<T> result) {
    if (result) return std::move(*result);
    std::fprintf(stderr, "failed: %s\n", result.error().message.c_str());
    std::exit(2);
}

store::RequestRecord record(std::int64_t n, std::int64_t total, Random& random) {
    store::RequestRecord r;
    r.request_id = "req_" + std::to_string(n);
    r.started_at_ms = kEnd - 30 * kDay + n * (30 * kDay / total);
    r.dialect = n % 3 ? "anthropic" : "openai";
    r.model = r.wire_model = "model-" + std::to_string(random.below(5));
    r.account_id = "acc_" + std::to_string(random.below(100));
    r.key_id = "key_" + std::to_string(random.below(20));
    const bool failed = random.below(50) == 0;
    r.status = failed ? 503 : 200;
    r.error = failed ? "upstream_failed" : "";
    r.first_event_ms = failed ? -1 : static_cast<std::int64_t>(200 + random.below(2'000));
    r.total_ms = static_cast<std::int64_t>(500 + random.below(20'000));
    r.input_tokens = 1'000;
    r.output_tokens = 300;
    r.credits = 0.1;
    return r;
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t total = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
    test::TempDir dir;
    SystemRandom random;
    auto stores = must(store::open_sqlite(dir.path(), Sealer::from_key(std::string(32, 'k'))));
    const auto begin = Steady::now();
    std::vector<store::RequestRecord> batch;
    for (std::int64_t n = 0; n < total; ++n) {
        batch.push_back(record(n, total, random));
        if (batch.size() < 512 && n + 1 < total) continue;
        if (auto written = stores->usage().record(batch); !written) return 2;
        batch.clear();
    }
    const double took = std::chrono::duration<double>(Steady::now() - begin).count();
    std::printf("%lld requests written in %.1f s, %.1f us each\n", static_cast<long long>(total), took,
                took * 1e6 / static_cast<double>(total));

    auto& history = stores->history();
    const auto filter = [](std::int64_t length, store::UsageStep step) {
        return store::UsageFilter{.step = step,
                                  .from_ms = kEnd - length,
                                  .to_ms = kEnd,
                                  .key_id = {},
                                  .account_id = {},
                                  .model = {}};
    };
    const auto month = filter(30 * kDay, store::UsageStep::hour);
    auto of_key = month;
    of_key.key_id = "key_7";
    auto of_account = month;
    of_account.account_id = "acc_42";
    using By = store::UsageBy;
    using Outcome = store::RequestQuery::Outcome;
    const std::vector<std::pair<const char*, std::function<void()>>> questions{
        {"1 h by minute", [&] { must(history.usage(filter(kHour, store::UsageStep::minute), By::time)); }},
        {"24 h by quarter of an hour",
         [&] { must(history.usage(filter(kDay, store::UsageStep::minute), By::time, 900'000)); }},
        {"30 d by six hours", [&] { must(history.usage(month, By::time, 6 * kHour)); }},
        {"30 d by model", [&] { must(history.usage(month, By::model)); }},
        {"30 d by key", [&] { must(history.usage(month, By::key)); }},
        {"30 d by account", [&] { must(history.usage(month, By::account)); }},
        {"30 d of one key", [&] { must(history.usage(of_key, By::time, 6 * kHour)); }},
        {"30 d of one account", [&] { must(history.usage(of_account, By::time, 6 * kHour)); }},
        {"30 d of one key, by account", [&] { must(history.usage(of_key, By::account)); }},
        {"30 d of one account, by key", [&] { must(history.usage(of_account, By::key)); }},
        {"30 d of one account, by model", [&] { must(history.usage(of_account, By::model)); }},
        {"30 d latency", [&] { must(history.latency(month)); }},
        {"log: latest 100", [&] { must(history.requests({.limit = 100})); }},
        {"log: latest 100 failures",
         [&] { must(history.requests({.outcome = Outcome::failed, .limit = 100})); }},
        {"log: of one account", [&] { must(history.requests({.account_id = "acc_42", .limit = 100})); }},
        {"log: nothing matches", [&] { must(history.requests({.account_id = "nobody", .limit = 100})); }},
        {"log: one request", [&] { must(history.requests({.request_id = "req_77", .limit = 100})); }},
        {"log: an hour of last week",
         [&] {
             must(history.requests(
                 {.from_ms = kEnd - 7 * kDay, .to_ms = kEnd - 7 * kDay + kHour, .limit = 100}));
         }},
        {"totals", [&] { must(stores->usage().totals()); }},
    };
    bool fine = true;
    for (const auto& [name, ask] : questions) {
        const double ms = ms_of(ask);
        fine = fine && ms < 100;
        std::printf("%-28s %8.2f ms%s\n", name, ms, ms < 100 ? "" : "  too slow");
    }
    return fine ? 0 : 1;
}
