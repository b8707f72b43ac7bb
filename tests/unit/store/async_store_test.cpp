#include "core/store/async_store.hpp"

#include <atomic>
#include <future>
#include <thread>

#include "core/base/log.hpp"
#include "core/base/scope_exit.hpp"
#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"

using namespace kg;
using store::AsyncStore;

namespace {

/// Counts the batches and refuses as many as it is told to; everything else is a memory store.
class WatchedStores final : public store::Stores, private store::UsageStore {
  public:
    store::AccountStore& accounts() override { return inner_->accounts(); }
    store::KeyStore& keys() override { return inner_->keys(); }
    store::SettingsStore& settings() override { return inner_->settings(); }
    store::UsageStore& usage() override { return *this; }
    store::SummaryStore& summaries() override { return inner_->summaries(); }
    store::ResponseStore& responses() override { return inner_->responses(); }
    store::HistoryStore& history() override { return inner_->history(); }
    store::AdminStore& admin() override { return inner_->admin(); }
    Result<std::uint64_t> version() override { return inner_->version(); }

    std::int64_t written() { return inner_->usage().totals()->requests; }
    std::vector<std::size_t> batches;  // sizes; read them after a flush
    int refusals = 0;                  // left

  private:
    Result<void> record(const std::vector<store::RequestRecord>& batch) override {
        batches.push_back(batch.size());
        if (refusals > 0) {
            --refusals;
            return Err(Error{.kind = ErrorKind::store_failed, .message = "refused"});
        }
        return inner_->usage().record(batch);
    }
    Result<store::UsageTotals> totals() override { return inner_->usage().totals(); }
    Result<store::KeyUse> key_use(std::string_view key_id, std::int64_t from_ms) override {
        return inner_->usage().key_use(key_id, from_ms);
    }
    Result<void> forget_use(std::int64_t before_ms) override { return inner_->usage().forget_use(before_ms); }
    Result<std::vector<store::DailyUsage>> daily(std::int64_t a, std::int64_t b) override {
        return inner_->usage().daily(a, b);
    }
    Result<std::vector<store::RequestRecord>> recent(std::size_t n) override {
        return inner_->usage().recent(n);
    }
    Result<void> prune(std::size_t n) override { return inner_->usage().prune(n); }

    std::unique_ptr<store::Stores> inner_ = store::open_memory();
};

/// Keeps the worker busy until opened.
class Gate {
  public:
    explicit Gate(AsyncStore& async) {
        std::promise<void> reached;
        auto here = reached.get_future();
        auto open = open_.get_future().share();
        REQUIRE(async.post([&reached, open](store::Stores&) {
            reached.set_value();
            open.wait();
        }));
        here.wait();
        reached_ = std::move(reached);
    }
    ~Gate() { open(); }
    void open() {
        if (!std::exchange(opened_, true)) open_.set_value();
    }

  private:
    std::promise<void> open_;
    std::promise<void> reached_;
    bool opened_ = false;
};

void record_many(AsyncStore& async, const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) {
        async.record(test::full_record(prefix + std::to_string(i)));
    }
}

const store::AsyncStoreOptions kFast{.retry_pause = std::chrono::milliseconds{0}};

struct Quiet {
    Quiet() { log::set_level(log::Level::off); }
    ~Quiet() { log::set_level(log::Level::info); }
};

}  // namespace

TEST_CASE("a job runs on the worker and its result arrives on the loop") {
    auto stores = store::open_memory();
    loop::Loop loop;
    loop::Wakeup wakeup(loop);
    AsyncStore async(*stores);
    const auto here = std::this_thread::get_id();
    std::thread::id job_thread, done_thread;
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
        const bool posted = async.run<Result<bool>>(
            wakeup.door(),
            [&job_thread](store::Stores& s) -> Result<bool> {
                job_thread = std::this_thread::get_id();
                KG_CHECK(s.settings().put("a", "b"));
                return true;
            },
            [&, i](Result<bool> result) {
                CHECK(result);
                done_thread = std::this_thread::get_id();
                order.push_back(i);
                if (order.size() == 3) loop.stop();
            });
        REQUIRE(posted);
    }
    loop.run();
    CHECK(order == std::vector<int>{0, 1, 2});
    CHECK(done_thread == here);
    CHECK(job_thread != here);
    CHECK(*stores->settings().get("a") == std::string("b"));
}

TEST_CASE("a result whose loop is gone is dropped") {
    auto stores = store::open_memory();
    AsyncStore async(*stores);
    loop::Loop loop;
    std::atomic<bool> called{false};
    {
        loop::Wakeup wakeup(loop);
        Gate gate(async);
        REQUIRE(async.run<int>(
            wakeup.door(), [](store::Stores&) { return 1; }, [&](int) { called = true; }));
    }
    async.flush();
    loop.run_once(false);
    CHECK_FALSE(called);
}

TEST_CASE("records from several threads are all written") {
    WatchedStores stores;
    AsyncStore async(stores);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&async, t] { record_many(async, std::to_string(t) + "_", 500); });
    }
    for (auto& thread : threads) thread.join();
    async.flush();
    CHECK(stores.written() == 2000);
    CHECK(async.lost() == 0);
    CHECK(stores.batches.size() < 2000);
    CHECK(*std::max_element(stores.batches.begin(), stores.batches.end()) <= 256);
}

TEST_CASE("a record is written without anybody asking for it") {
    WatchedStores stores;
    AsyncStore async(stores);
    Gate gate(async);
    async.record(test::full_record("req_1"));
    std::promise<std::int64_t> seen;
    REQUIRE(async.post([&](store::Stores&) { seen.set_value(stores.written()); }));
    gate.open();
    CHECK(seen.get_future().get() == 1);
}

TEST_CASE("K6: a backlog is written in batches, other jobs get their turn in between") {
    WatchedStores stores;
    std::int64_t written_at_job = -1;
    {
        AsyncStore async(stores);
        Gate gate(async);
        record_many(async, "req_", 600);
        REQUIRE(async.post([&](store::Stores&) { written_at_job = stores.written(); }));
        gate.open();
    }  // destroying writes the rest
    CHECK(written_at_job == 256);
    CHECK(stores.written() == 600);
    CHECK(stores.batches == std::vector<std::size_t>{256, 256, 88});
}

TEST_CASE("records beyond the bound are dropped and counted") {
    const Quiet quiet;
    WatchedStores stores;
    AsyncStore async(stores, {.pending_max = 10});
    Gate gate(async);
    record_many(async, "req_", 15);
    CHECK(async.lost() == 5);
    gate.open();
    async.flush();
    CHECK(stores.written() == 10);
    record_many(async, "later_", 1);
    async.flush();
    CHECK(stores.written() == 11);
    CHECK(async.lost() == 5);
}

TEST_CASE("a full job queue refuses jobs, records wait for their chance") {
    WatchedStores stores;
    {
        AsyncStore async(stores, {.jobs_max = 1});
        Gate gate(async);
        REQUIRE(async.post([](store::Stores&) {}));
        CHECK_FALSE(async.post([](store::Stores&) { FAIL("ran though refused"); }));
        record_many(async, "req_", 3);
        gate.open();
    }
    CHECK(stores.written() == 3);
}

TEST_CASE("a batch that the store refuses is tried again, then given up and counted") {
    const Quiet quiet;
    WatchedStores stores;
    AsyncStore async(stores, kFast);
    stores.refusals = 2;
    record_many(async, "req_", 1);
    async.flush();
    CHECK(stores.written() == 1);
    CHECK(async.lost() == 0);
    CHECK(stores.batches.size() == 3);

    REQUIRE(async.post([&](store::Stores&) { stores.refusals = 3; }));
    record_many(async, "gone_", 1);
    async.flush();
    CHECK(stores.written() == 1);
    CHECK(async.lost() == 1);

    record_many(async, "fine_", 1);
    async.flush();
    CHECK(stores.written() == 2);
    CHECK(async.lost() == 1);
}
