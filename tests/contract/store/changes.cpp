#include <algorithm>

#include "tests/contract/store/backend.hpp"

using namespace kg;
using test::Backend;
using test::full_account;

namespace {

store::AccountChanges must_tell(Backend& stores, std::uint64_t since) {
    auto changes = stores->accounts().changes(since);
    REQUIRE(changes);
    return std::move(*changes);
}

std::vector<std::string> ids(const store::AccountChanges& changes) {
    std::vector<std::string> out;
    for (const auto& account : changes.changed) out.push_back(account.id);
    return out;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("E15: a store tells which accounts changed since a version, and no others") {
    Backend stores;
    INFO(stores.kind());
    auto& accounts = stores->accounts();
    const auto empty = stores.version();
    for (int i = 0; i < 50; ++i) {
        auto account = full_account("acc_" + std::to_string(100 + i));
        account.created_at_ms = i;
        REQUIRE(accounts.add(account));
    }
    CHECK(must_tell(stores, empty).changed.size() == 50);
    CHECK(must_tell(stores, empty).total == 50);

    auto seen = stores.version();
    CHECK(must_tell(stores, seen).changed.empty());
    REQUIRE(accounts.save_tokens("acc_107", 41, Secret("new"), Secret("newer"), 5, "", 6));
    REQUIRE(accounts.set_state("acc_103", "ok", "", 1, 0));
    REQUIRE(accounts.update("acc_149", [](store::Account& a) { return a.note = "edited", true; }));
    const auto some = must_tell(stores, seen);
    CHECK(ids(some) == Ids{"acc_103", "acc_107", "acc_149"});  // in order of creation
    CHECK(some.changed[1].access_token.equals("new"));
    CHECK(some.changed[2].note == "edited");

    seen = stores.version();
    REQUIRE(accounts.save_health({{"acc_110", 1, 1, store::AccountQuota{1, 2, 3, 4}}}));
    REQUIRE(accounts.claim_refresh("acc_111", "me", 1, 1000));
    REQUIRE(stores->settings().put("a", "b"));
    CHECK(must_tell(stores, seen).changed.empty());

    REQUIRE(accounts.remove("acc_120"));
    REQUIRE(accounts.remove("acc_121"));
    REQUIRE(accounts.add(full_account("acc_121")));
    auto after = must_tell(stores, seen);
    CHECK(ids(after) == Ids{"acc_121"});
    CHECK(after.removed == Ids{"acc_120"});
    CHECK(after.total == 49);
    CHECK(must_tell(stores, stores.version()).removed.empty());
}

TEST_CASE("E8: a quota is stored with the health, and stays until it is told anew") {
    Backend stores;
    INFO(stores.kind());
    auto& accounts = stores->accounts();
    store::Account account;
    account.id = "acc_one";
    REQUIRE(accounts.add(account));
    CHECK_FALSE((*accounts.find("acc_one"))->quota);
    const store::AccountQuota quota{.limit = 50, .used = 49.5, .resets_at_ms = 9, .told_at_ms = 8};
    REQUIRE(accounts.save_health({{"acc_one", 70, 5, quota}}));
    REQUIRE(accounts.save_health({{"acc_one", 71, 6, std::nullopt}}));
    CHECK((*accounts.find("acc_one"))->quota == quota);
    CHECK((*accounts.find("acc_one"))->health == 71);
    REQUIRE(accounts.update("acc_one", [](store::Account& a) { return a.quota.reset(), true; }));
    CHECK_FALSE((*accounts.find("acc_one"))->quota);
}

TEST_CASE("the version of the keys moves with the keys alone") {
    Backend stores;
    INFO(stores.kind());
    const auto version = [&] {
        auto now = stores->keys().version();
        REQUIRE(now);
        return *now;
    };
    auto before = version();
    REQUIRE(stores->accounts().add(full_account("acc_one")));
    REQUIRE(stores->settings().put("a", "b"));
    CHECK(version() == before);
    for (const int step : {0, 1, 2}) {
        const auto all = stores.version();
        if (step == 0) REQUIRE(stores->keys().add(test::full_key("key_one", "kg-0123456789")));
        if (step == 1)
            REQUIRE(stores->keys().update("key_one", [](store::Key& k) { return k.strict = false, true; }));
        if (step == 2) REQUIRE(stores->keys().remove("key_one"));
        INFO("step " << step);
        CHECK(version() != before);
        CHECK(stores.version() != all);
        before = version();
    }
}

TEST_CASE("the names of groups that a key is bound to are checked") {
    Backend stores;
    INFO(stores.kind());
    auto key = test::full_key("key_one", "kg-0123456789");
    for (const char* name : {"", "-x", "two words", "a/b"}) {
        key.allowed_groups = {"team-a", name};
        const auto refused = stores->keys().add(key);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().param == "allowed_groups");
    }
    key.allowed_groups = {"team-a", "B.2_x"};
    CHECK(stores->keys().add(key));
}
