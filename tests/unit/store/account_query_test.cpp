#include "core/store/account_query.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"

using namespace kg;

namespace {

bool matches(const std::string& query, const store::Account& account, const std::string& state = "ok",
             std::int64_t now_ms = 0) {
    auto parsed = store::AccountQuery::parse(query);
    INFO(query);
    REQUIRE(parsed);
    return parsed->matches(account, state, now_ms);
}

}  // namespace

TEST_CASE("I4: one grammar chooses accounts") {
    auto a = test::full_account("acc_AbCd", "work");
    a.email = "Ann.Lee@Example.com";
    a.note = "night shift";
    a.groups = {"team-a"};
    a.tags = {"primary", "eu"};
    a.enabled = true;
    a.quota = {.limit = 100, .used = 85, .resets_at_ms = 6 * 86'400'000, .plan = "KIRO PRO"};
    for (const std::string yes : {"",
                                  "all",
                                  "work",
                                  "ann.lee",
                                  "example",
                                  "acc_abcd",
                                  "SHIFT",
                                  "\"night shift\"",
                                  "id:acc_AbCd",
                                  "name:WORK",
                                  "email:ann.lee@example.com",
                                  "group:team-a",
                                  "group:x,team-a",
                                  "tag:eu",
                                  "tag:eu tag:primary",
                                  "provider:builderid",
                                  "state:ok",
                                  "state:cooling,ok",
                                  "domain:example.com",
                                  "enabled:yes",
                                  "usage:>80",
                                  "usage:>=85",
                                  "usage:<=85",
                                  "usage:85",
                                  "days:<7",
                                  "days:>5",
                                  "-tag:old",
                                  "-group:team-b -state:cooling work"}) {
        CHECK(matches(yes, a));
    }
    for (const std::string no :
         {"play", "group:team-b", "tag:eu,primary tag:old", "state:cooling", "state:disabled",
          "domain:ample.com", "enabled:no", "usage:>85", "days:>7", "-tag:eu", "-work", "name:wor"}) {
        CHECK_FALSE(matches(no, a));
    }
    CHECK(matches("plan:pro", a));
    CHECK(matches("plan:free,KIRO", a));
    CHECK_FALSE(matches("plan:free", a));
    CHECK(matches("-plan:free", a));
    a.quota.reset();
    CHECK_FALSE(matches("plan:pro", a));
    CHECK_FALSE(matches("usage:<100", a));
    CHECK_FALSE(matches("days:<100", a));
    a.enabled = false;
    CHECK(matches("state:disabled", a));
}

TEST_CASE("a term that means nothing is refused with itself") {
    for (const std::string bad :
         {"colour:red", "usage:much", "usage:", "tag:", "tag:,", "enabled:maybe", "days:>7d"}) {
        auto parsed = store::AccountQuery::parse(bad);
        INFO(bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().param == "q");
        CHECK(parsed.error().message.find(bad) != std::string::npos);
    }
    std::string many;
    for (int i = 0; i < 100; ++i) many += "w ";
    CHECK_FALSE(store::AccountQuery::parse(many));
}
