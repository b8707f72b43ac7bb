#include <functional>
#include <limits>

#include "tests/contract/store/backend.hpp"

using namespace kg;
using test::Backend;
using test::full_key;
using test::full_record;

TEST_CASE("a key that could not be enforced is refused with the field, and changes nothing") {
    Backend stores;
    INFO(stores.kind());
    const std::vector<std::pair<std::string, std::function<void(store::Key&)>>> bad{
        {"allowed_models", [](store::Key& k) { k.allowed_models = {"two words"}; }},
        {"allowed_models", [](store::Key& k) { k.allowed_models = {""}; }},
        {"denied_models", [](store::Key& k) { k.denied_models = {std::string(129, 'x')}; }},
        {"allowed_networks", [](store::Key& k) { k.allowed_networks = {"10.0.0.0/33"}; }},
        {"allowed_networks", [](store::Key& k) { k.allowed_networks = {"10.0.0.1/8"}; }},
        {"allowed_networks", [](store::Key& k) { k.allowed_networks = {"example.com"}; }},
        {"credit_limit", [](store::Key& k) { k.credit_limit = -1; }},
        {"credit_limit", [](store::Key& k) { k.credit_limit = std::numeric_limits<double>::quiet_NaN(); }},
        {"token_limit", [](store::Key& k) { k.token_limit = -1; }},
        {"credits_per_day", [](store::Key& k) { k.quota(Period::day).credits = -0.5; }},
        {"tokens_per_week", [](store::Key& k) { k.quota(Period::week).tokens = -5; }},
        {"tokens_per_month", [](store::Key& k) { k.quota(Period::month).tokens = -5; }},
        {"time_zone", [](store::Key& k) { k.time_zone = "Middle/Earth"; }},
        {"time_zone", [](store::Key& k) { k.time_zone = "../../etc/passwd"; }},
        {"requests_per_minute", [](store::Key& k) { k.requests_per_minute = -1; }},
        {"request_burst", [](store::Key& k) { k.request_burst = 0; }},
        {"request_burst", [](store::Key& k) { k.requests_per_minute.reset(); }},
        {"tokens_per_minute", [](store::Key& k) { k.tokens_per_minute = 0; }},
        {"streams_max", [](store::Key& k) { k.streams_max = -2; }},
        {"system_append", [](store::Key& k) { k.system_append = "\xff"; }},
        {"system_prepend", [](store::Key& k) { k.system_prepend = std::string((64 << 10) + 1, 'x'); }},
        {"thinking", [](store::Key& k) { k.thinking = "hard"; }},
        {"web_search", [](store::Key& k) { k.web_search = "yes"; }},
    };
    const auto good = full_key("key_one", "kg-one-one-one");
    REQUIRE(stores->keys().add(good));
    for (const auto& [field, spoil] : bad) {
        INFO(field);
        auto key = full_key("key_two", "kg-two-two-two");
        spoil(key);
        auto added = stores->keys().add(key);
        REQUIRE_FALSE(added);
        CHECK(added.error().kind == ErrorKind::malformed_request);
        CHECK(added.error().param == field);
        auto changed = stores->keys().update("key_one", [&, &edit = spoil](store::Key& k) {
            edit(k);
            return true;
        });
        REQUIRE_FALSE(changed);
        CHECK(changed.error().param == field);
    }
    auto list = stores->keys().list();
    REQUIRE(list);
    REQUIRE(list->size() == 1);
    CHECK(test::same(list->front(), good));
}

TEST_CASE("the use of a key is summed from any quarter of an hour on, each request once") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->keys().add(full_key("key_one", "kg-one-one-one")));
    constexpr std::int64_t quarter = 900'000, begin = 2'000'000 * quarter;
    std::vector<store::RequestRecord> batch;
    for (int i = 0; i < 4; ++i) {
        auto record = full_record("req_" + std::to_string(i));
        record.started_at_ms = begin + i * quarter / 2;  // two in each of two quarters
        batch.push_back(record);
    }
    auto other = full_record("req_other");
    other.key_id = "key_two";
    other.started_at_ms = begin;
    batch.push_back(other);
    REQUIRE(stores->usage().record(batch));
    REQUIRE(stores->usage().record(batch));  // repeated after a failure: counted once

    const auto use = [&](std::int64_t from) {
        auto sum = stores->usage().key_use("key_one", from);
        REQUIRE(sum);
        return *sum;
    };
    CHECK(use(begin).requests == 4);
    CHECK(use(begin).tokens == 4 * (100 + 20 + 3 + 4));
    CHECK(use(begin).credits == 2.0);
    CHECK(use(begin + quarter - 1).requests == 4);
    CHECK(use(begin + quarter).requests == 2);
    CHECK(use(begin + 2 * quarter).requests == 0);
    CHECK((*stores->keys().select("key_one"))->tokens_used == 7 + 4 * 127);

    REQUIRE(stores->usage().forget_use(begin + quarter));
    CHECK(use(begin).requests == 2);
    CHECK((*stores->keys().select("key_one"))->requests == 3 + 4);
}
