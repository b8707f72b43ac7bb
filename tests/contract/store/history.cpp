#include "core/store/history.hpp"

#include "tests/contract/store/backend.hpp"

using namespace kg;
using kg::test::Backend;
using store::UsageBy;
using store::UsageStep;

namespace {

constexpr std::int64_t kHour = 3'600'000, kMinute = 60'000;
constexpr std::int64_t kNow = 472'222 * kHour;

store::RequestRecord record(int n, std::int64_t at_ms, const std::string& key = "key_a",
                            const std::string& account = "acc_1", const std::string& model = "sonnet") {
    store::RequestRecord r = test::full_record("req_" + std::to_string(n));
    r.started_at_ms = at_ms;
    r.key_id = key;
    r.account_id = account;
    r.model = r.wire_model = model;
    r.error = "";
    r.status = 200;
    r.input_tokens = 10;
    r.output_tokens = 2;
    r.credits = 0.5;
    r.first_event_ms = 120;
    r.total_ms = 900;
    return r;
}

store::UsageFilter hours(std::int64_t from, std::int64_t to) {
    return {
        .step = UsageStep::hour, .from_ms = from, .to_ms = to, .key_id = {}, .account_id = {}, .model = {}};
}

std::vector<store::UsageSlice> usage(Backend& stores, const store::UsageFilter& filter, UsageBy by,
                                     std::int64_t step = 0) {
    auto found = stores->history().usage(filter, by, step);
    REQUIRE(found);
    return *found;
}

}  // namespace

TEST_CASE("H1: usage by hour and minute, key, account and model derives from the records alone") {
    Backend stores;
    INFO(stores.kind());
    auto failed = record(4, kNow + kHour, "key_b", "acc_2", "haiku");
    failed.error = "upstream_failed";
    failed.status = 503;
    failed.first_event_ms = -1;
    auto left = record(5, kNow + kHour + kMinute);
    left.error = "cancelled";
    left.status = 499;
    auto nonsense = record(6, kNow + 2 * kHour, "", "", "no-such-model");
    nonsense.wire_model = "";
    nonsense.error = "model_not_found";
    const std::vector<store::RequestRecord> batch{
        record(1, kNow), record(2, kNow + kMinute), record(3, kNow + kHour, "key_b"), failed, left, nonsense};
    REQUIRE(stores->usage().record(batch));
    REQUIRE(stores->usage().record(batch));  // once more: known already
    REQUIRE(stores->usage().record({record(7, kNow + 2 * kMinute, "key_a", "acc_2", "haiku")}));

    const auto all = hours(kNow, kNow + 3 * kHour);
    const auto by_time = usage(stores, all, UsageBy::time);
    REQUIRE(by_time.size() == 3);
    CHECK(by_time[0].at_ms == kNow);
    CHECK(by_time[0].sums.requests == 3);
    CHECK(by_time[0].sums.input_tokens == 30);
    CHECK(by_time[0].sums.credits == 1.5);
    CHECK(by_time[0].sums.first_count == 3);
    CHECK(by_time[0].sums.first_ms == 360);
    CHECK(by_time[1].sums.requests == 3);
    CHECK(by_time[1].sums.errors == 1);
    CHECK(by_time[1].sums.cancelled == 1);
    CHECK(by_time[1].sums.first_count == 2);
    CHECK(usage(stores, all, UsageBy::time, 3 * kHour).size() == 1 + (kNow / kHour % 3 != 0));

    const auto by_key = usage(stores, all, UsageBy::key);
    REQUIRE(by_key.size() == 3);
    CHECK(by_key[0].name == "key_a");
    CHECK(by_key[0].sums.requests == 4);
    const auto by_model = usage(stores, all, UsageBy::model);
    REQUIRE(by_model.size() == 3);
    CHECK(by_model[0].name == "sonnet");
    CHECK(by_model[2].name == "");  // a name that no model has
    CHECK(usage(stores, all, UsageBy::account)[0].name == "acc_1");

    auto one_key = all;
    one_key.key_id = "key_a";
    CHECK(usage(stores, one_key, UsageBy::time)[0].sums.requests == 3);
    const auto models_of_key = usage(stores, one_key, UsageBy::model);
    REQUIRE(models_of_key.size() == 2);
    CHECK(models_of_key[1].sums.requests == 1);
    one_key.account_id = "acc_2";
    one_key.model = "haiku";
    CHECK(usage(stores, one_key, UsageBy::time).at(0).sums.requests == 1);

    auto minutes = hours(kNow, kNow + kHour);
    minutes.step = UsageStep::minute;
    CHECK(usage(stores, minutes, UsageBy::time).size() == 3);
    CHECK(usage(stores, minutes, UsageBy::time, 5 * kMinute).size() == 1);
    CHECK(usage(stores, minutes, UsageBy::model).size() == 2);

    REQUIRE(stores->history().prune(kNow + kMinute, kNow + kHour, 1'000));
    CHECK(usage(stores, minutes, UsageBy::time).size() == 2);
    CHECK(usage(stores, all, UsageBy::time).size() == 2);
    CHECK(stores->usage().totals()->requests == 7);
    // Too many combinations: the oldest hours of them go.
    auto combined = all;
    combined.key_id = "key_a";
    combined.account_id = "acc_1";
    CHECK(usage(stores, combined, UsageBy::time).size() == 1);
    REQUIRE(stores->history().prune(0, 0, 1));
    CHECK(usage(stores, combined, UsageBy::time).empty());
}

TEST_CASE("H2: how long answers took is kept in buckets") {
    Backend stores;
    INFO(stores.kind());
    std::vector<store::RequestRecord> batch;
    for (int i = 0; i < 100; ++i) {
        auto r = record(i, kNow + i);
        r.first_event_ms = i < 90 ? 90 : 4'000;
        r.total_ms = 400'000;
        batch.push_back(r);
    }
    REQUIRE(stores->usage().record(batch));
    auto counts = stores->history().latency(hours(kNow, kNow + kHour));
    REQUIRE(counts);
    CHECK(counts->first[store::latency_bucket(90)] == 90);
    CHECK(store::percentile(counts->first, 0.5).value() < 100);
    CHECK(store::percentile(counts->first, 0.99).value() > 3'000);
    CHECK(store::percentile(counts->first, 0.99).value() <= 5'000);
    CHECK(store::percentile(counts->total, 0.5) == 300'000);  // nothing is known above the last bound
    auto other = hours(kNow, kNow + kHour);
    other.model = "haiku";
    CHECK(store::percentile(stores->history().latency(other)->first, 0.5) == std::nullopt);
}

TEST_CASE("H3: the log of requests is asked by filters, page by page") {
    Backend stores;
    INFO(stores.kind());
    std::vector<store::RequestRecord> batch;
    for (int i = 0; i < 100; ++i) {
        auto r = record(i, kNow + i, i % 2 ? "key_a" : "key_b");
        if (i % 10 == 0) {
            r.error = "upstream_failed";
            r.status = 503;
        }
        batch.push_back(r);
    }
    REQUIRE(stores->usage().record(batch));
    store::RequestQuery query{.limit = 3};
    query.outcome = store::RequestQuery::Outcome::failed;
    std::vector<std::string> seen;
    for (int page = 0; page < 10; ++page) {
        auto found = stores->history().requests(query);
        REQUIRE(found);
        for (const auto& row : found->rows) {
            CHECK(row.record.status == 503);
            seen.push_back(row.record.request_id);
        }
        if (!found->next_seq) break;
        query.before_seq = *found->next_seq;
    }
    REQUIRE(seen.size() == 10);
    CHECK(seen.front() == "req_90");
    CHECK(seen.back() == "req_0");

    const auto count = [&](const store::RequestQuery& q) {
        return stores->history().requests(q)->rows.size();
    };
    CHECK(count({.key_id = "key_a"}) == 50);
    CHECK(count({.request_id = "req_42"}) == 1);
    CHECK(count({.model = "opus"}) == 0);
    CHECK(count({.status = 503}) == 10);
    CHECK(count({.from_ms = kNow + 10, .to_ms = kNow + 20}) == 10);
    CHECK(count({.key_id = "key_a", .outcome = store::RequestQuery::Outcome::failed}) == 0);
    REQUIRE(stores->usage().prune(10));
    CHECK(count({}) == 10);
}

TEST_CASE("H1: usage over whole days is the sum of its hours, wherever the range begins and ends") {
    Backend stores;
    INFO(stores.kind());
    constexpr std::int64_t kDay = 24 * kHour, kFirst = kNow / kDay * kDay;
    const std::vector<std::string> keys{"key_a", "key_b"}, accounts{"acc_1", "acc_2", "acc_3"};
    const std::vector<std::string> models{"sonnet", "haiku"};
    std::vector<store::RequestRecord> all;
    for (int i = 0; i < 600; ++i) {
        const auto n = static_cast<std::size_t>(i);
        all.push_back(
            record(i, kFirst + i * 733 * kMinute / 60, keys[n % 2], accounts[n % 3], models[n / 7 % 2]));
        all.back().input_tokens = i;
    }
    REQUIRE(stores->usage().record(all));
    const auto expected = [&](const store::UsageFilter& f, UsageBy by, const std::string& name) {
        store::UsageSums sum;
        for (const auto& r : all) {
            const auto at = r.started_at_ms / kHour * kHour;
            if (at < f.from_ms || at >= f.to_ms) continue;
            if ((f.key_id && *f.key_id != r.key_id) || (f.account_id && *f.account_id != r.account_id))
                continue;
            const auto& is = by == UsageBy::key ? r.key_id : by == UsageBy::account ? r.account_id : r.model;
            if (by == UsageBy::time || is == name) store::add(sum, store::sums_of(r));
        }
        return sum;
    };
    for (const auto& [from, to] :
         {std::pair{kFirst, kFirst + 5 * kDay}, std::pair{kFirst + kHour, kFirst + 4 * kDay + kHour},
          std::pair{kFirst + 23 * kHour, kFirst + kDay}, std::pair{kFirst + 3 * kHour, kFirst + 9 * kHour},
          std::pair{std::int64_t{0}, kFirst + 40 * kDay}}) {
        for (const bool of_key : {false, true}) {
            for (const bool of_account : {false, true}) {
                auto f = hours(from, to);
                if (of_key) f.key_id = "key_a";
                if (of_account) f.account_id = "acc_2";
                for (const auto by : {UsageBy::key, UsageBy::account, UsageBy::model, UsageBy::time}) {
                    INFO(from << " " << to << " " << of_key << of_account << " " << static_cast<int>(by));
                    store::UsageSums together;
                    for (const auto& slice : usage(stores, f, by, by == UsageBy::time ? kDay : 0)) {
                        if (by != UsageBy::time) CHECK(slice.sums == expected(f, by, slice.name));
                        store::add(together, slice.sums);
                    }
                    CHECK(together == expected(f, UsageBy::time, ""));
                }
            }
        }
        std::int64_t answers = 0;
        const auto latency = stores->history().latency(hours(from, to));
        for (const auto n : latency->total) answers += n;
        CHECK(answers == expected(hours(from, to), UsageBy::time, "").requests);
    }
    // What is older than it is kept for goes; a day of which an hour stays, stays.
    REQUIRE(stores->history().prune(0, kFirst + kDay + 6 * kHour, 1'000'000));
    CHECK(usage(stores, hours(0, kFirst + kDay), UsageBy::key).empty());
    CHECK(usage(stores, hours(kFirst + 2 * kDay, kFirst + 3 * kDay), UsageBy::key)[0].sums ==
          expected(hours(kFirst + 2 * kDay, kFirst + 3 * kDay), UsageBy::key, "key_a"));
}

TEST_CASE(
    "H3: a page looks at a bounded number of rows, begins where the range ends, and finds ids at once") {
    Backend stores;
    INFO(stores.kind());
    constexpr int kRows = 25'000;
    std::vector<store::RequestRecord> batch;
    for (int i = 0; i < kRows; ++i) batch.push_back(record(i, kNow + i * kMinute));
    REQUIRE(stores->usage().record(batch));
    store::RequestQuery query{.account_id = "nobody", .limit = 100};
    int pages = 0;
    for (;; ++pages) {
        const auto page = stores->history().requests(query);
        REQUIRE(page);
        CHECK(page->rows.empty());
        if (!page->next_seq) break;
        query.before_seq = *page->next_seq;
    }
    CHECK(pages == kRows / store::kRowsLookedAtMax);
    const auto early = stores->history().requests(
        {.from_ms = kNow + 5 * kMinute, .to_ms = kNow + 15 * kMinute, .limit = 100});
    REQUIRE(early->rows.size() == 10);
    CHECK(early->rows[0].record.request_id == "req_14");
    // Many more than a page looks at between the hour that is asked for and the newest.
    std::vector<store::RequestRecord> later;
    for (int i = 0; i < 15'000; ++i) later.push_back(record(kRows + i, kNow + kHour + i));
    REQUIRE(stores->usage().record(later));
    CHECK(stores->history()
              .requests({.from_ms = kNow + 5 * kMinute, .to_ms = kNow + 15 * kMinute, .limit = 100})
              ->rows.size() == 10);
    const auto found = stores->history().requests({.request_id = "req_7", .limit = 100});
    REQUIRE(found->rows.size() == 1);
    CHECK_FALSE(found->next_seq);
}
