#include <cmath>
#include <limits>

#include "tests/contract/store/backend.hpp"

using namespace kg;
using test::Backend;
using test::full_key;
using test::full_record;

namespace {

store::Key must_find(Backend& stores, std::string_view text) {
    auto found = stores->keys().find_by_hash(sha256(text));
    REQUIRE(found);
    REQUIRE(found->has_value());
    return **found;
}

}  // namespace

TEST_CASE("keys keep every field, no limit and a limit of nothing differ") {
    Backend stores;
    INFO(stores.kind());
    const auto limited = full_key("key_one", "kg-one-one-one");
    auto unlimited = full_key("key_two", "kg-two-two-two");
    unlimited.enabled = true;
    unlimited.allowed_models.clear();
    unlimited.allowed_accounts.clear();
    unlimited.credit_limit.reset();
    unlimited.expires_at_ms.reset();
    unlimited.requests_per_minute.reset();
    unlimited.request_burst.reset();
    unlimited.tokens_per_minute.reset();
    unlimited.streams_max.reset();
    unlimited.token_limit.reset();
    unlimited.quotas = {};
    unlimited.time_zone.clear();
    unlimited.created_at_ms -= 1;
    REQUIRE(stores->keys().add(limited));
    REQUIRE(stores->keys().add(unlimited));
    auto list = stores->keys().list();
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK(test::same((*list)[0], unlimited));
    CHECK(test::same((*list)[1], limited));
    CHECK(test::same(must_find(stores, "kg-one-one-one"), limited));
    CHECK_FALSE(stores->keys().find_by_hash(sha256("kg-other"))->has_value());
}

TEST_CASE("B21: a taken key id or key is refused") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->keys().add(full_key("key_one", "kg-one-one-one")));
    auto same_id = stores->keys().add(full_key("key_one", "kg-two-two-two"));
    REQUIRE_FALSE(same_id);
    CHECK(same_id.error().kind == ErrorKind::malformed_request);
    auto same_hash = stores->keys().add(full_key("key_two", "kg-one-one-one"));
    REQUIRE_FALSE(same_hash);
    CHECK(same_hash.error().kind == ErrorKind::malformed_request);
    CHECK_FALSE(stores->keys().add(full_key("", "kg-three")));

    REQUIRE(stores->keys().add(full_key("key_two", "kg-two-two-two")));
    auto moved = stores->keys().update("key_two", [](store::Key& k) {
        k.key_hash = sha256("kg-one-one-one");
        return true;
    });
    REQUIRE_FALSE(moved);
    CHECK(moved.error().kind == ErrorKind::malformed_request);
    CHECK(must_find(stores, "kg-two-two-two").id == "key_two");
}

TEST_CASE("a key is selected, updated and removed") {
    Backend stores;
    INFO(stores.kind());
    auto& keys = stores->keys();
    REQUIRE(keys.add(full_key("key_AAAA1", "kg-one-one-one")));
    REQUIRE(keys.add(full_key("key_AAAA2", "kg-two-two-two")));
    CHECK((*keys.select("AAAA1"))->id == "key_AAAA1");
    CHECK((*keys.select("name of key_AAAA2"))->id == "key_AAAA2");
    CHECK_FALSE(keys.select("AAAA"));
    CHECK_FALSE(keys.select("nobody")->has_value());

    auto updated = keys.update("key_AAAA1", [](store::Key& k) {
        k.id = "key_other";
        k.enabled = true;
        k.allowed_models = {};
        k.credit_limit.reset();
        return true;
    });
    REQUIRE(updated);
    CHECK(*updated);
    const auto key = must_find(stores, "kg-one-one-one");
    CHECK(key.id == "key_AAAA1");
    CHECK(key.enabled);
    CHECK(key.allowed_models.empty());
    CHECK_FALSE(key.credit_limit);
    CHECK(key.requests_per_minute == 60);
    CHECK_FALSE(*keys.update("key_none", [](store::Key&) { return true; }));
    CHECK(*keys.remove("key_AAAA1"));
    CHECK_FALSE(*keys.remove("key_AAAA1"));
    CHECK(keys.list()->size() == 1);
}

TEST_CASE("settings are put, read, kept and erased") {
    Backend stores;
    INFO(stores.kind());
    auto& settings = stores->settings();
    CHECK_FALSE(settings.get("a")->has_value());
    const std::string awkward("line\nnul\0end", 12);
    REQUIRE(settings.put("a", awkward));
    CHECK(*settings.get("a") == awkward);
    REQUIRE(settings.put("a", ""));
    CHECK(*settings.get("a") == std::string());
    CHECK(*settings.put_if_absent("a", "other") == "");
    CHECK(*settings.put_if_absent("b", "first") == "first");
    CHECK(*settings.put_if_absent("b", "second") == "first");
    CHECK(*settings.erase("b"));
    CHECK_FALSE(*settings.erase("b"));
    CHECK_FALSE(settings.get("b")->has_value());
}

TEST_CASE("a request is counted once, however often its batch is written") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->accounts().add(test::full_account("acc_one")));
    REQUIRE(stores->keys().add(full_key("key_one", "kg-one-one-one")));
    auto failed = full_record("req_2");
    failed.status = 503;
    failed.error = "upstream_failed";
    failed.credits = 0.25;
    const std::vector<store::RequestRecord> batch = {full_record("req_1"), failed, full_record("req_1")};
    REQUIRE(stores->usage().record(batch));
    REQUIRE(stores->usage().record(batch));
    REQUIRE(stores->usage().record({}));

    auto totals = stores->usage().totals();
    REQUIRE(totals);
    CHECK(totals->requests == 2);
    CHECK(totals->errors == 1);
    CHECK(totals->input_tokens == 200);
    CHECK(totals->output_tokens == 40);
    CHECK(totals->credits == 0.75);
    const auto key = must_find(stores, "kg-one-one-one");
    CHECK(key.credits_used == 2.0);
    CHECK(key.requests == 5);
    CHECK(key.last_used_at_ms == 1'800'000'000'123);
    CHECK((*stores->accounts().find("acc_one"))->last_used_at_ms == 1'800'000'000'123);

    auto recent = stores->usage().recent(10);
    REQUIRE(recent);
    REQUIRE(recent->size() == 2);
    CHECK(test::same((*recent)[0], failed));
    CHECK(test::same((*recent)[1], full_record("req_1")));
    CHECK(stores->usage().recent(1)->size() == 1);
    CHECK(stores->usage().recent(0)->empty());
}

TEST_CASE("what is only counted is counted once and for ever") {
    Backend stores;
    INFO(stores.kind());
    auto one = full_record("req_1");
    one.continuations = 2;
    one.cut_tools = 1;
    one.repairs = 1;
    one.web_searches = 3;
    auto two = full_record("req_2");
    two.compressed = 1;
    two.summaries = 5;
    two.summaries_cached = 3;
    two.summaries_failed = 1;
    two.tokens_saved = 12'000;
    REQUIRE(stores->usage().record({one, two, one}));
    auto three = two;
    three.request_id = "req_3";
    REQUIRE(stores->usage().record({two, three}));
    REQUIRE(stores->usage().prune(0));
    const auto totals = stores->usage().totals();
    REQUIRE(totals);
    CHECK(totals->requests == 3);
    CHECK(totals->continuations == 2);
    CHECK(totals->cut_tools == 1);
    CHECK(totals->repairs == 1);
    CHECK(totals->web_searches == 3);
    CHECK(totals->compressed == 2);
    CHECK(totals->summaries == 10);
    CHECK(totals->summaries_cached == 6);
    CHECK(totals->summaries_failed == 2);
    CHECK(totals->tokens_saved == 24'000);
}

TEST_CASE("the daily usage is kept by UTC day, key, account and model") {
    Backend stores;
    INFO(stores.kind());
    auto next_day = full_record("req_2");
    next_day.started_at_ms += 86'400'000;
    auto proxy_key = full_record("req_3");
    proxy_key.key_id = "";
    auto unknown_model = full_record("req_4");
    unknown_model.model = "made-up-by-a-client";
    unknown_model.wire_model = "";
    unknown_model.account_id = "";
    unknown_model.status = 404;
    auto before_1970 = full_record("req_5");
    before_1970.started_at_ms = -1;
    REQUIRE(stores->usage().record(
        {full_record("req_1"), next_day, proxy_key, unknown_model, before_1970, full_record("req_6")}));
    auto days = stores->usage().daily(20833, 20834);
    REQUIRE(days);
    REQUIRE(days->size() == 4);
    CHECK((*days)[0].key_id.empty());
    CHECK((*days)[1].account_id.empty());
    CHECK((*days)[1].model.empty());
    CHECK((*days)[1].errors == 1);
    CHECK((*days)[2].model == "claude-sonnet");
    CHECK((*days)[2].requests == 2);
    CHECK((*days)[2].cache_read_tokens == 6);
    CHECK((*days)[2].cache_write_tokens == 8);
    CHECK((*days)[2].credits == 1.0);
    CHECK((*days)[3].day == 20834);
    CHECK(stores->usage().daily(20834, 20834)->size() == 1);
    CHECK(stores->usage().daily(-1, -1)->size() == 1);
    CHECK(stores->usage().totals()->requests == 6);
}

TEST_CASE("a number that is none does not poison the counters or its batch") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->keys().add(full_key("key_one", "kg-one-one-one")));
    auto odd = full_record("req_1");
    odd.credits = std::numeric_limits<double>::quiet_NaN();
    auto endless = full_record("req_2");
    endless.credits = std::numeric_limits<double>::infinity();
    REQUIRE(stores->usage().record({odd, endless, full_record("req_3")}));
    CHECK(stores->usage().totals()->credits == 0.5);
    CHECK(stores->usage().totals()->requests == 3);
    CHECK(must_find(stores, "kg-one-one-one").credits_used == 1.75);
}

TEST_CASE("pruning keeps the newest log rows and the whole daily usage") {
    Backend stores;
    INFO(stores.kind());
    std::vector<store::RequestRecord> batch;
    for (int i = 0; i < 10'000; ++i) batch.push_back(full_record("req_" + std::to_string(i)));
    REQUIRE(stores->usage().record(batch));
    REQUIRE(stores->usage().prune(3));
    auto recent = stores->usage().recent(100);
    REQUIRE(recent);
    REQUIRE(recent->size() == 3);
    CHECK((*recent)[0].request_id == "req_9999");
    CHECK((*recent)[2].request_id == "req_9997");
    REQUIRE(stores->usage().prune(3));
    CHECK(stores->usage().recent(100)->size() == 3);
    CHECK(stores->usage().totals()->requests == 10'000);
    REQUIRE(stores->usage().record({full_record("req_new")}));
    CHECK((*stores->usage().recent(1))[0].request_id == "req_new");
    REQUIRE(stores->usage().prune(0));
    CHECK(stores->usage().recent(100)->empty());
    CHECK(stores->usage().totals()->requests == 10'001);
}
