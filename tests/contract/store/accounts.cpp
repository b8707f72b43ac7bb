#include <atomic>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/contract/store/backend.hpp"

using namespace kg;
using test::Backend;
using test::full_account;

namespace {

store::Account must_find(Backend& stores, std::string_view id) {
    auto found = stores->accounts().find(id);
    REQUIRE(found);
    REQUIRE(found->has_value());
    return **found;
}

bool kept(Result<bool> result) {
    REQUIRE(result);
    return *result;
}

}  // namespace

TEST_CASE("accounts keep every field and list in order of creation") {
    Backend stores;
    INFO(stores.kind());
    auto second = full_account("acc_bbbb", "second");
    auto first = full_account("acc_cccc", "first");
    first.created_at_ms = 1;
    REQUIRE(stores->accounts().add(second));
    REQUIRE(stores->accounts().add(first));
    store::Account bare;
    bare.id = "acc_aaaa";
    bare.created_at_ms = second.created_at_ms;
    REQUIRE(stores->accounts().add(bare));

    auto list = stores->accounts().list();
    REQUIRE(list);
    REQUIRE(list->size() == 3);
    CHECK(test::same((*list)[0], first));
    CHECK(test::same((*list)[1], bare));
    CHECK(test::same((*list)[2], second));
    CHECK(test::same(must_find(stores, "acc_bbbb"), second));
    auto missing = stores->accounts().find("acc_bbb");
    REQUIRE(missing);
    CHECK_FALSE(missing->has_value());
}

TEST_CASE("B21: a taken account id or name is refused, nothing is overwritten") {
    Backend stores;
    INFO(stores.kind());
    const auto original = full_account("acc_one", "work");
    REQUIRE(stores->accounts().add(original));
    auto same_id = stores->accounts().add(full_account("acc_one", "other"));
    REQUIRE_FALSE(same_id);
    CHECK(same_id.error().kind == ErrorKind::malformed_request);
    CHECK(same_id.error().param == "id");
    auto same_name = stores->accounts().add(full_account("acc_two", "work"));
    REQUIRE_FALSE(same_name);
    CHECK(same_name.error().kind == ErrorKind::malformed_request);
    CHECK(same_name.error().param == "name");
    CHECK_FALSE(stores->accounts().add(full_account("", "no-id")));
    CHECK(test::same(must_find(stores, "acc_one"), original));
    CHECK(stores->accounts().list()->size() == 1);

    // No name is not a name.
    REQUIRE(stores->accounts().add(full_account("acc_three")));
    REQUIRE(stores->accounts().add(full_account("acc_four")));
}

TEST_CASE("an account is selected by id, name, e-mail or unique id prefix") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->accounts().add(full_account("acc_AAAA1111", "work")));
    REQUIRE(stores->accounts().add(full_account("acc_AAAA2222", "AAAA1111x")));
    auto twin = full_account("acc_BBBB3333");
    twin.email = "acc_AAAA2222@example.com";
    REQUIRE(stores->accounts().add(twin));

    const auto id_of = [&](std::string_view selector) -> std::string {
        auto found = stores->accounts().select(selector);
        if (!found) return "error:" + std::string(error_name(found.error().kind));
        return *found ? (*found)->id : "";
    };
    CHECK(id_of("acc_AAAA1111") == "acc_AAAA1111");
    CHECK(id_of("work") == "acc_AAAA1111");
    CHECK(id_of("ACC_aaaa1111@EXAMPLE.com") == "acc_AAAA1111");
    CHECK(id_of("acc_AAAA1") == "acc_AAAA1111");
    CHECK(id_of("AAAA2") == "acc_AAAA2222");
    CHECK(id_of("AAAA1111x") == "acc_AAAA2222");  // a name comes before a prefix
    CHECK(id_of("BBBB") == "acc_BBBB3333");
    CHECK(id_of("BBB") == "");
    CHECK(id_of("acc_") == "");
    CHECK(id_of("") == "");
    CHECK(id_of("Work") == "");
    CHECK(id_of("AAAA") == "error:malformed_request");
    CHECK(id_of("acc_AAAA2222@example.com") == "error:malformed_request");
}

TEST_CASE("update edits in place, keeps the id and refuses a taken name") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->accounts().add(full_account("acc_one", "one")));
    REQUIRE(stores->accounts().add(full_account("acc_two", "two")));
    auto& accounts = stores->accounts();

    CHECK(kept(accounts.update("acc_one", [](store::Account& a) {
        a.id = "acc_hijack";
        a.note = "edited";
        a.token_generation = 7;
        return true;
    })));
    auto edited = must_find(stores, "acc_one");
    CHECK(edited.note == "edited");
    CHECK(edited.token_generation == 41);

    CHECK(kept(accounts.update("acc_one", [](store::Account& a) {
        a.note = "not kept";
        return false;
    })));
    CHECK(must_find(stores, "acc_one").note == "edited");

    auto taken = accounts.update("acc_one", [](store::Account& a) {
        a.name = "two";
        return true;
    });
    REQUIRE_FALSE(taken);
    CHECK(taken.error().kind == ErrorKind::malformed_request);
    CHECK(must_find(stores, "acc_one").name == "one");

    CHECK_FALSE(kept(accounts.update("acc_none", [](store::Account&) { return true; })));
}

TEST_CASE("a new sign-in during a refresh wins over the refresh") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->accounts().add(full_account("acc_one")));
    REQUIRE(kept(stores->accounts().update("acc_one", [](store::Account& a) {
        a.refresh_token = Secret("from-new-sign-in");
        return true;
    })));
    CHECK_FALSE(kept(stores->accounts().save_tokens("acc_one", 41, Secret("old"), Secret("old"), 1, "", 1)));
    auto account = must_find(stores, "acc_one");
    CHECK(account.refresh_token == Secret("from-new-sign-in"));
    CHECK(account.token_generation == 42);
}

TEST_CASE("save_tokens rotates once per generation and keeps what it is not given") {
    Backend stores;
    INFO(stores.kind());
    auto& accounts = stores->accounts();
    REQUIRE(accounts.add(full_account("acc_one")));
    CHECK(kept(accounts.save_tokens("acc_one", 41, Secret("a2"), Secret("r2"), 500, "arn:new", 900)));
    CHECK_FALSE(kept(accounts.save_tokens("acc_one", 41, Secret("a3"), Secret("r3"), 1, "x", 2)));
    auto account = must_find(stores, "acc_one");
    CHECK(account.access_token == Secret("a2"));
    CHECK(account.refresh_token == Secret("r2"));
    CHECK(account.expires_at_ms == 500);
    CHECK(account.profile_arn == "arn:new");
    CHECK(account.last_refreshed_at_ms == 900);
    CHECK(account.token_generation == 42);

    CHECK(kept(accounts.save_tokens("acc_one", 42, Secret("a4"), Secret(), 600, "", 901)));
    account = must_find(stores, "acc_one");
    CHECK(account.access_token == Secret("a4"));
    CHECK(account.refresh_token == Secret("r2"));
    CHECK(account.profile_arn == "arn:new");
    CHECK(account.client_secret == Secret("client-secret-of-acc_one"));
    CHECK_FALSE(kept(accounts.save_tokens("acc_none", 0, Secret("a"), Secret("r"), 1, "", 1)));
}

TEST_CASE("A13: a deleted account does not come back through writes that were under way") {
    Backend stores;
    INFO(stores.kind());
    auto& accounts = stores->accounts();
    REQUIRE(accounts.add(full_account("acc_one", "work")));
    std::atomic<bool> removed{false};
    std::atomic<bool> failed{false};
    std::thread saver([&] {
        for (std::uint64_t generation = 41; !removed; ++generation) {
            if (!accounts.save_tokens("acc_one", generation, Secret("a"), Secret("r"), 1, "", 1)) {
                failed = true;
            }
            if (!accounts.set_state("acc_one", "ok", "", 1, 0)) failed = true;
            if (!accounts.update("acc_one", [](store::Account& a) { return a.note = "n", true; })) {
                failed = true;
            }
        }
    });
    while (must_find(stores, "acc_one").token_generation < 43) std::this_thread::yield();
    CHECK(kept(accounts.remove("acc_one")));
    removed = true;
    saver.join();
    CHECK_FALSE(failed);
    CHECK_FALSE(kept(accounts.save_tokens("acc_one", 43, Secret("a"), Secret("r"), 1, "", 1)));
    CHECK_FALSE(kept(accounts.set_state("acc_one", "ok", "", 1, 0)));
    CHECK_FALSE(kept(accounts.claim_refresh("acc_one", "h", 1, 1000)));
    CHECK(stores->accounts().list()->empty());
    CHECK_FALSE(kept(accounts.remove("acc_one")));
    CHECK(accounts.add(full_account("acc_two", "work")));  // the name is free again
}

TEST_CASE("set_state writes the four state fields only") {
    Backend stores;
    INFO(stores.kind());
    auto expected = full_account("acc_one");
    REQUIRE(stores->accounts().add(expected));
    CHECK(kept(stores->accounts().set_state("acc_one", "exhausted", "monthly limit", 10, 20)));
    expected.state = "exhausted";
    expected.state_reason = "monthly limit";
    expected.state_since_ms = 10;
    expected.state_until_ms = 20;
    CHECK(test::same(must_find(stores, "acc_one"), expected));
}

TEST_CASE("a refresh lease has one holder until it is released or runs out") {
    Backend stores;
    INFO(stores.kind());
    auto& accounts = stores->accounts();
    REQUIRE(accounts.add(full_account("acc_one")));
    CHECK(kept(accounts.claim_refresh("acc_one", "a", 1000, 500)));
    CHECK_FALSE(kept(accounts.claim_refresh("acc_one", "b", 1001, 500)));
    CHECK(kept(accounts.claim_refresh("acc_one", "a", 1100, 500)));  // its own: extended to 1600
    CHECK_FALSE(kept(accounts.claim_refresh("acc_one", "b", 1599, 500)));
    REQUIRE(accounts.release_refresh("acc_one", "b"));  // not b's to release
    CHECK_FALSE(kept(accounts.claim_refresh("acc_one", "b", 1599, 500)));
    CHECK(kept(accounts.claim_refresh("acc_one", "b", 1600, 500)));  // ran out
    CHECK_FALSE(kept(accounts.claim_refresh("acc_one", "a", 1601, 500)));
    REQUIRE(accounts.release_refresh("acc_one", "b"));
    CHECK(kept(accounts.claim_refresh("acc_one", "a", 1602, 500)));
    CHECK_FALSE(kept(accounts.claim_refresh("acc_none", "a", 1, 1)));
    CHECK(accounts.release_refresh("acc_none", "a"));
}

TEST_CASE("a lease from a clock that was set back does not lock the account") {
    Backend stores;
    INFO(stores.kind());
    auto& accounts = stores->accounts();
    REQUIRE(accounts.add(full_account("acc_one")));
    constexpr std::int64_t kYear = 365LL * 86'400'000;
    CHECK(kept(accounts.claim_refresh("acc_one", "a", 1000 + kYear, 500)));
    CHECK(kept(accounts.claim_refresh("acc_one", "b", 1000, 500)));
    // A few seconds between two readers of one clock are no such thing.
    CHECK_FALSE(kept(accounts.claim_refresh("acc_one", "c", 1000 - 900, 500)));
}

TEST_CASE("version changes with what others must reload, and with nothing else") {
    Backend stores;
    INFO(stores.kind());
    auto last = stores.version();
    const auto changed = [&] {
        const auto now = stores.version();
        return std::exchange(last, now) != now;
    };
    auto& accounts = stores->accounts();
    REQUIRE(accounts.add(full_account("acc_one", "one")));
    CHECK(changed());
    CHECK_FALSE(accounts.add(full_account("acc_one", "one")));
    CHECK_FALSE(changed());
    REQUIRE(kept(accounts.update("acc_one", [](store::Account& a) { return a.note = "x", true; })));
    CHECK(changed());
    REQUIRE(kept(accounts.update("acc_one", [](store::Account&) { return false; })));
    CHECK_FALSE(changed());
    REQUIRE(kept(accounts.set_state("acc_one", "ok", "", 1, 0)));
    CHECK(changed());
    REQUIRE(kept(accounts.save_tokens("acc_one", 41, Secret("a"), Secret("r"), 1, "", 1)));
    CHECK(changed());
    REQUIRE_FALSE(kept(accounts.save_tokens("acc_one", 41, Secret("a"), Secret("r"), 1, "", 1)));
    CHECK_FALSE(changed());
    REQUIRE(kept(accounts.claim_refresh("acc_one", "h", 1, 1)));
    REQUIRE(accounts.release_refresh("acc_one", "h"));
    CHECK_FALSE(changed());

    auto key = test::full_key("key_one", "kg-one-one-one");
    REQUIRE(stores->keys().add(key));
    CHECK(changed());
    REQUIRE(kept(stores->keys().update("key_one", [](store::Key& k) {
        k.credits_used = 0;
        return true;
    })));
    CHECK(changed());
    REQUIRE(stores->usage().record({test::full_record("req_1")}));
    REQUIRE(stores->usage().prune(0));
    CHECK_FALSE(changed());
    REQUIRE(kept(stores->keys().remove("key_one")));
    CHECK(changed());

    REQUIRE(stores->settings().put("a", "1"));
    CHECK(changed());
    REQUIRE(stores->settings().put("a", "2"));
    CHECK(changed());
    REQUIRE(stores->settings().put_if_absent("a", "3"));
    CHECK_FALSE(changed());
    REQUIRE(kept(stores->settings().erase("a")));
    CHECK(changed());
    REQUIRE_FALSE(kept(stores->settings().erase("a")));
    CHECK_FALSE(changed());
    REQUIRE(kept(accounts.remove("acc_one")));
    CHECK(changed());
    REQUIRE_FALSE(kept(accounts.remove("acc_one")));
    CHECK_FALSE(changed());
}

TEST_CASE("E14: the health of many accounts is stored at once, and is no reason to reload") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->accounts().add(full_account("acc_one")));
    REQUIRE(stores->accounts().add(full_account("acc_two")));
    const auto before = *stores->version();
    REQUIRE(stores->accounts().save_health({{"acc_one", 12, 1'800'000'000'000}, {"acc_gone", 1, 1}}));
    REQUIRE(stores->accounts().save_health({}));
    CHECK(*stores->version() == before);
    CHECK(must_find(stores, "acc_one").health == 12);
    CHECK(must_find(stores, "acc_one").health_at_ms == 1'800'000'000'000);
    CHECK(test::same(must_find(stores, "acc_two"), full_account("acc_two")));
}

TEST_CASE("an account whose rates could not be counted is refused with the field, and changes nothing") {
    Backend stores;
    INFO(stores.kind());
    using Spoil = std::function<void(store::Account&)>;
    const std::vector<std::pair<std::string, Spoil>> bad{
        {"requests_per_minute", [](store::Account& a) { a.requests_per_minute = -1; }},
        {"requests_per_minute", [](store::Account& a) { a.requests_per_minute = 1'000'000'001; }},
        {"request_burst", [](store::Account& a) { a.request_burst = 0; }},
        {"request_burst", [](store::Account& a) { a.requests_per_minute.reset(); }},
        {"request_burst", [](store::Account& a) { a.requests_per_minute = 0; }},
        {"tokens_per_minute", [](store::Account& a) { a.tokens_per_minute = -5; }},
    };
    const auto good = full_account("acc_one");
    REQUIRE(stores->accounts().add(good));
    for (const auto& [field, spoil] : bad) {
        INFO(field);
        auto account = full_account("acc_two");
        spoil(account);
        auto added = stores->accounts().add(account);
        REQUIRE_FALSE(added);
        CHECK(added.error().kind == ErrorKind::malformed_request);
        CHECK(added.error().param == field);
        auto changed = stores->accounts().update("acc_one", [&edit = spoil](store::Account& a) {
            edit(a);
            return true;
        });
        REQUIRE_FALSE(changed);
        CHECK(changed.error().param == field);
    }
    const auto list = stores->accounts().list();
    REQUIRE(list);
    REQUIRE(list->size() == 1);
    CHECK(test::same(list->front(), good));
}
