#include "core/store/ids.hpp"

#include <set>

#include "core/base/ascii.hpp"
#include "core/store/rules.hpp"
#include "core/store/selector.hpp"
#include "tests/support/catch.hpp"

using namespace kg;

TEST_CASE("B21: account and key ids carry 128 bits and say what they are") {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto account = store::new_account_id(random);
        const auto key = store::new_key_id(random);
        REQUIRE(account.size() == 26);
        REQUIRE(key.size() == 26);
        REQUIRE(account.substr(0, 4) == "acc_");
        REQUIRE(key.substr(0, 4) == "key_");
        for (const char c : account.substr(4)) {
            const bool base62 = ascii::is_alpha(c) || ascii::is_digit(c);
            REQUIRE(base62);
        }
        REQUIRE(seen.insert(account).second);
        REQUIRE(seen.insert(key).second);
    }
}

TEST_CASE("an account name is safe in a shell, a path and a log line") {
    using store::valid_account_name;
    for (const char* good : {"a", "Work-2", "9.lives_x", "A.b-c_d"}) CHECK(valid_account_name(good));
    CHECK(valid_account_name(std::string(64, 'x')));
    CHECK_FALSE(valid_account_name(std::string(65, 'x')));
    for (const char* bad : {"", ".hidden", "-flag", "_x", "a b", "a/b", "a@b", "caf\xc3\xa9", "a\n"}) {
        CHECK_FALSE(valid_account_name(bad));
    }
}

TEST_CASE("an ambiguous selector names what it fits, but not endlessly") {
    std::vector<store::Handle> handles;
    for (int i = 0; i < 7; ++i) handles.push_back({"acc_same" + std::to_string(i), "", ""});
    auto several = store::resolve_selector(handles, "same", "account");
    REQUIRE_FALSE(several);
    CHECK(several.error().message ==
          "\"same\" fits 7 accounts: acc_same0, acc_same1, acc_same2, acc_same3, acc_same4, ...");
    auto none = store::resolve_selector(handles, "", "account");
    REQUIRE(none);
    CHECK_FALSE(none->has_value());
}
