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
