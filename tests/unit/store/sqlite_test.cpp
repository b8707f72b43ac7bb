#include <sqlite3.h>

#include <atomic>
#include <thread>

#include "core/base/base64.hpp"
#include "core/base/scope_exit.hpp"
#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using test::TempDir;
using test::test_sealer;

namespace {

std::unique_ptr<store::Stores> must_open(const TempDir& dir) {
    auto opened = store::open_sqlite(dir.path(), test_sealer());
    REQUIRE(opened);
    return std::move(*opened);
}

std::string all_bytes(const TempDir& dir) {
    std::string bytes;
    for (const char* name : {"kirogate.db", "kirogate.db-wal", "kirogate.db-shm"}) {
        bytes += test::read_text_file(dir.path(name));
    }
    return bytes;
}

void checkpoint(const TempDir& dir) {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(dir.path("kirogate.db").c_str(), &raw) == SQLITE_OK);
    const ScopeExit close([raw] { sqlite3_close(raw); });
    REQUIRE(sqlite3_exec(raw, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr) == SQLITE_OK);
}

}  // namespace

TEST_CASE("B8: no secret is in the database in clear, before or after a checkpoint") {
    TempDir dir;
    auto stores = must_open(dir);
    const std::string key_text = "kg-PlantedManagedKey0123456789";
    auto& accounts = stores->accounts();
    REQUIRE(accounts.add(test::full_account("acc_one", "work")));
    REQUIRE(accounts.save_tokens("acc_one", 41, Secret("planted-access-2"), Secret("planted-refresh-2"), 1,
                                 "", 1));
    REQUIRE(accounts.update("acc_one", [](store::Account& a) {
        a.access_token = Secret("planted-access-3");
        return true;
    }));
    REQUIRE(stores->keys().add(test::full_key("key_one", key_text)));
    REQUIRE(stores->settings().put("proxy_key", "planted-setting"));
    REQUIRE(*accounts.remove("acc_one"));
    REQUIRE(accounts.add(test::full_account("acc_two")));

    const auto check = [&] {
        const std::string bytes = all_bytes(dir);
        REQUIRE(bytes.find("acc_two@example.com") != std::string::npos);  // the search works
        for (const std::string secret :
             {"access-of-acc", "refresh-of-acc", "client-secret-of", "api-key-of", "proxy-password",
              "planted-access", "planted-refresh", "planted-setting", "PlantedManagedKey"}) {
            INFO(secret);
            CHECK(bytes.find(secret) == std::string::npos);
            CHECK(bytes.find(base64_encode(secret).substr(0, 8)) == std::string::npos);
        }
    };
    REQUIRE_FALSE(test::read_text_file(dir.path("kirogate.db-wal")).empty());
    check();
    checkpoint(dir);
    REQUIRE(test::read_text_file(dir.path("kirogate.db-wal")).empty());
    check();
    stores.reset();
    check();
}

TEST_CASE("I2: settings, accounts, keys and usage survive a restart") {
    TempDir dir;
    const auto account = test::full_account("acc_one", "work");
    const auto key = test::full_key("key_one", "kg-one-one-one");
    {
        auto stores = must_open(dir);
        REQUIRE(stores->settings().put("admin.password_hash", "scrypt$..."));
        REQUIRE(stores->accounts().add(account));
        REQUIRE(stores->keys().add(key));
        auto record = test::full_record("req_1");
        record.account_id = record.key_id = "";
        REQUIRE(stores->usage().record({record}));
    }
    auto stores = must_open(dir);
    CHECK(*stores->settings().get("admin.password_hash") == std::string("scrypt$..."));
    CHECK(test::same(**stores->accounts().find("acc_one"), account));
    CHECK(test::same((*stores->keys().list())[0], key));
    CHECK(stores->usage().totals()->requests == 1);
    CHECK(stores->usage().recent(9)->size() == 1);
}

TEST_CASE("what the command line changes, the daemon sees, and the other way round") {
    TempDir dir;
    auto daemon = must_open(dir);
    auto cli = must_open(dir);
    auto seen = *daemon->version();
    CHECK(*cli->version() == seen);
    REQUIRE(cli->accounts().add(test::full_account("acc_one", "work")));
    CHECK(*daemon->version() != std::exchange(seen, *daemon->version()));
    CHECK(daemon->accounts().list()->size() == 1);
    REQUIRE(cli->keys().add(test::full_key("key_one", "kg-one-one-one")));
    CHECK(*daemon->version() != std::exchange(seen, *daemon->version()));
    CHECK(daemon->keys().find_by_hash(sha256("kg-one-one-one"))->has_value());
    REQUIRE(cli->settings().put("a", "b"));
    CHECK(*daemon->version() != std::exchange(seen, *daemon->version()));
    CHECK(*daemon->settings().get("a") == std::string("b"));

    auto seen_by_cli = *cli->version();
    REQUIRE(daemon->usage().record({test::full_record("req_1")}));
    CHECK(*cli->version() == seen_by_cli);
    CHECK((*cli->keys().list())[0].requests == 4);
    REQUIRE(*daemon->accounts().set_state("acc_one", "ok", "", 1, 0));
    CHECK(*cli->version() != seen_by_cli);
    CHECK((*cli->accounts().select("work"))->state == "ok");
}

TEST_CASE("K8: two processes never refresh one account at the same time") {
    TempDir dir;
    auto one = must_open(dir);
    auto two = must_open(dir);
    REQUIRE(one->accounts().add(test::full_account("acc_one")));
    for (int round = 0; round < 30; ++round) {
        std::atomic<int> ready{0};
        std::atomic<int> winners{0};
        std::atomic<int> failures{0};
        const auto contend = [&](store::Stores& stores, const char* holder) {
            ++ready;
            while (ready < 2) std::this_thread::yield();
            auto claimed = stores.accounts().claim_refresh("acc_one", holder, 1000 * round, 900);
            if (!claimed) ++failures;
            if (claimed && *claimed) ++winners;
        };
        std::thread first([&] { contend(*one, "daemon:1"); });
        std::thread second([&] { contend(*two, "cli:2"); });
        first.join();
        second.join();
        CHECK(failures == 0);
        CHECK(winners == 1);
    }
    CHECK(*two->accounts().claim_refresh("acc_one", "third", 100'000, 900));  // all have run out
    CHECK_FALSE(*one->accounts().claim_refresh("acc_one", "fourth", 100'001, 900));
}

TEST_CASE("A9: concurrent rotations are never lost and never overwrite each other") {
    constexpr int kThreads = 4;
    constexpr int kRotations = 25;
    TempDir dir;
    const std::unique_ptr<store::Stores> stores[] = {must_open(dir), must_open(dir)};
    auto account = test::full_account("acc_one");
    account.token_generation = 0;
    REQUIRE(stores[0]->accounts().add(account));
    // owner[g] is the thread whose rotation made generation g.
    std::vector<std::atomic<int>> owner(kThreads * kRotations + 1);
    std::atomic<int> failures{0};
    const auto rotate = [&](int thread) {
        auto& accounts = stores[thread % 2]->accounts();
        for (int done = 0; done < kRotations && failures == 0;) {
            auto found = accounts.find("acc_one");
            if (!found || !*found) return void(++failures);
            const auto next = (*found)->token_generation + 1;
            const Secret token("token-" + std::to_string(next) + "-" + std::to_string(thread));
            auto saved = accounts.save_tokens("acc_one", next - 1, token, token, 1, "", 1);
            if (!saved) return void(++failures);
            if (!*saved) continue;
            if (owner[next].exchange(thread + 1) != 0) return void(++failures);
            ++done;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(rotate, i);
    for (auto& thread : threads) thread.join();
    CHECK(failures == 0);
    const auto last = **stores[1]->accounts().find("acc_one");
    CHECK(last.token_generation == kThreads * kRotations);
    const auto expected = "token-" + std::to_string(last.token_generation) + "-" +
                          std::to_string(owner[last.token_generation] - 1);
    CHECK(last.refresh_token == Secret(expected));
    CHECK(last.access_token == Secret(expected));
}

TEST_CASE("concurrent edits of one account by two processes all arrive") {
    TempDir dir;
    auto one = must_open(dir);
    auto two = must_open(dir);
    auto account = test::full_account("acc_one");
    account.priority = account.weight = 0;
    REQUIRE(one->accounts().add(account));
    std::atomic<int> failures{0};
    const auto edit = [&](store::Stores& stores, std::int64_t store::Account::*field) {
        for (int i = 0; i < 40; ++i) {
            auto edited = stores.accounts().update("acc_one", [&](store::Account& a) {
                ++(a.*field);
                return true;
            });
            if (!edited || !*edited) ++failures;
        }
    };
    std::thread first([&] { edit(*one, &store::Account::priority); });
    std::thread second([&] { edit(*two, &store::Account::weight); });
    first.join();
    second.join();
    CHECK(failures == 0);
    const auto edited = **one->accounts().find("acc_one");
    CHECK(edited.priority == 40);
    CHECK(edited.weight == 40);
}
