#include "core/store/open.hpp"

#include <linux/capability.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "core/base/scope_exit.hpp"
#include "core/store/sqlite/migrate.hpp"
#include "core/store/sqlite/stores.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using Catch::Matchers::Contains;
using test::TempDir;
using test::test_sealer;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

Error refusal(const std::string& dir, char key = 'k') {
    auto opened = store::open_sqlite(dir, test_sealer(key));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::store_failed);
    return opened.error();
}

void sql(const std::string& path, const std::string& script) {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
    const ScopeExit close([raw] { sqlite3_close(raw); });
    INFO(script);
    REQUIRE(sqlite3_exec(raw, script.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

/// Permissions mean nothing to root: gives up the right to pass over them, of this thread, for a while.
/// (Becoming another user would do only where that one can reach the folder.)
class Unprivileged {
  public:
    Unprivileged() {
        read();
        before_ = sets_;
        for (const unsigned capability : {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH})
            sets_[0].effective &= ~(1u << capability);
        write();
    }
    ~Unprivileged() {
        sets_ = before_;
        write();
    }

  private:
    void read() { REQUIRE(::syscall(SYS_capget, &header_, sets_.data()) == 0); }
    void write() {
        if (::syscall(SYS_capset, &header_, sets_.data()) != 0) std::abort();
    }

    __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets_{};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

}  // namespace

TEST_CASE("B8: the state folder and everything in it belong to us alone") {
    TempDir dir;
    const std::string state = dir.path() + "/a/b/state";
    const mode_t before = ::umask(0);
    const ScopeExit restore([before] { ::umask(before); });
    auto stores = store::open_sqlite(state, test_sealer());
    REQUIRE(stores);
    REQUIRE((*stores)->settings().put("a", "b"));
    CHECK(mode_of(dir.path() + "/a") == 0700);
    CHECK(mode_of(state) == 0700);
    for (const char* name : {"/kirogate.db", "/kirogate.db-wal", "/kirogate.db-shm"}) {
        CHECK(mode_of(state + name) == 0600);
    }
    stores->reset();
    REQUIRE(::chmod((state + "/kirogate.db").c_str(), 0644) == 0);
    REQUIRE(store::open_sqlite(state + "/", test_sealer()));
    CHECK(mode_of(state + "/kirogate.db") == 0600);
}

TEST_CASE("B8: a state folder that others may write is refused") {
    TempDir dir;
    for (const mode_t mode : {0777, 0770, 0720, 0702, 01777}) {
        REQUIRE(::chmod(dir.path().c_str(), mode) == 0);
        const Error error = refusal(dir.path());
        CHECK_THAT(error.message, Contains(dir.path()) && Contains("other users") && Contains("chmod 700"));
    }
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    CHECK(store::open_sqlite(dir.path(), test_sealer()));
}

TEST_CASE("a state folder of another user, a file and nothing are refused") {
    TempDir dir;
    CHECK_THAT(refusal("").message, Contains("no state folder"));
    const std::string file = dir.write("file", "x");
    CHECK_THAT(refusal(file).message, Contains("is not a folder"));
    CHECK_THAT(refusal(file + "/below").message, Contains("cannot be created"));
    if (::geteuid() == 0) {
        REQUIRE(::chown(dir.path().c_str(), 65534, 65534) == 0);
        CHECK_THAT(refusal(dir.path()).message, Contains("belongs to another user (uid 65534)"));
    } else {
        CHECK_THAT(refusal("/").message, Contains("belongs to another user (uid 0)"));
    }
}

TEST_CASE("a read-only folder or database is an error, never a crash") {
    TempDir dir;
    const Unprivileged guard;
    SECTION("folder without a database") {
        REQUIRE(::chmod(dir.path().c_str(), 0500) == 0);
        CHECK_THAT(refusal(dir.path()).message, Contains("kirogate.db cannot be created: Permission denied"));
    }
    SECTION("database without the right to write") {
        REQUIRE(store::open_sqlite(dir.path(), test_sealer()));
        REQUIRE(::chmod(dir.path("kirogate.db").c_str(), 0400) == 0);
        CHECK_THAT(refusal(dir.path()).message, Contains("kirogate.db: ") && Contains("read-only"));
    }
    SECTION("database in a folder that became read-only") {
        REQUIRE(store::open_sqlite(dir.path(), test_sealer()));
        REQUIRE(::chmod(dir.path().c_str(), 0500) == 0);
        CHECK_THAT(refusal(dir.path()).message, Contains(dir.path("kirogate.db")));
    }
    ::chmod(dir.path().c_str(), 0700);
}

TEST_CASE("a file that is no database is refused and left as it is") {
    TempDir dir;
    std::string garbage;
    for (int i = 0; i < 8192; ++i) garbage += static_cast<char>('a' + i * 7 % 26);
    dir.write("kirogate.db", garbage);
    CHECK_THAT(refusal(dir.path()).message, Contains(dir.path("kirogate.db")) && Contains("not a database"));
    CHECK(test::read_text_file(dir.path("kirogate.db")) == garbage);
}

TEST_CASE("a folder in the database's place is refused") {
    TempDir dir;
    REQUIRE(::mkdir(dir.path("kirogate.db").c_str(), 0700) == 0);
    CHECK_THAT(refusal(dir.path()).message, Contains("kirogate.db is not a file"));
}

TEST_CASE("a damaged database is an error wherever the damage is met") {
    TempDir dir;
    {
        auto stores = store::open_sqlite(dir.path(), test_sealer());
        REQUIRE(stores);
        for (int i = 0; i < 50; ++i) {
            REQUIRE((*stores)->accounts().add(test::full_account("acc_" + std::to_string(i))));
        }
    }
    std::string bytes = test::read_text_file(dir.path("kirogate.db"));
    SECTION("from the second page on") {
        for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
        dir.write("kirogate.db", bytes);
        auto stores = store::open_sqlite(dir.path(), test_sealer());
        if (stores) {
            auto list = (*stores)->accounts().list();
            REQUIRE_FALSE(list);
            CHECK_THAT(list.error().message, Contains("damaged"));
        } else {
            CHECK_THAT(stores.error().message, Contains("damaged"));
        }
    }
    SECTION("cut short") {
        dir.write("kirogate.db", bytes.substr(0, bytes.size() / 2 + 100));
        auto stores = store::open_sqlite(dir.path(), test_sealer());
        const bool noticed = !stores || !(*stores)->accounts().list();
        CHECK(noticed);
    }
}

TEST_CASE("a database of another program is refused and left as it is") {
    TempDir dir;
    sql(dir.path("kirogate.db"), "CREATE TABLE mine (x); PRAGMA user_version=1;");
    const auto before = test::read_text_file(dir.path("kirogate.db"));
    CHECK_THAT(refusal(dir.path()).message, Contains("belongs to another program"));
    CHECK(test::read_text_file(dir.path("kirogate.db")) == before);
}

TEST_CASE("a database that is newer than the binary is refused") {
    TempDir dir;
    REQUIRE(store::open_sqlite(dir.path(), test_sealer()));
    const auto known = std::to_string(store::sqlite::built_in_migrations().size());
    sql(dir.path("kirogate.db"), "PRAGMA user_version=77;");
    CHECK(refusal(dir.path()).message == "the database " + dir.path("kirogate.db") +
                                             " has schema 77, this kirogate knows up to " + known +
                                             ": use a newer kirogate or restore a backup");
}

TEST_CASE("another seal key is noticed at once") {
    TempDir dir;
    REQUIRE(store::open_sqlite(dir.path(), test_sealer('a')));
    CHECK_THAT(refusal(dir.path(), 'b').message, Contains("sealed with another key"));
    CHECK(store::open_sqlite(dir.path(), test_sealer('a')));
}

TEST_CASE("a secret moved to another row or account is not accepted") {
    TempDir dir;
    auto stores = store::open_sqlite(dir.path(), test_sealer());
    REQUIRE(stores);
    REQUIRE((*stores)->accounts().add(test::full_account("acc_one")));
    REQUIRE((*stores)->accounts().add(test::full_account("acc_two")));
    sql(dir.path("kirogate.db"),
        "UPDATE accounts SET refresh_token = (SELECT refresh_token FROM accounts WHERE"
        " id = 'acc_two') WHERE id = 'acc_one'");
    auto moved = (*stores)->accounts().find("acc_one");
    REQUIRE_FALSE(moved);
    CHECK_THAT(moved.error().message, Contains("refresh_token of account acc_one"));
    CHECK(*(*stores)->accounts().remove("acc_one"));  // the way out
    CHECK((*stores)->accounts().list()->size() == 1);
}

TEST_CASE("an unreadable allow list of a key is an error, not a licence") {
    TempDir dir;
    auto stores = store::open_sqlite(dir.path(), test_sealer());
    REQUIRE(stores);
    REQUIRE((*stores)->keys().add(test::full_key("key_one", "kg-one-one-one")));
    for (const char* damage : {"", "{}", "[1]", "[\"a\""}) {
        sql(dir.path("kirogate.db"), "UPDATE keys SET allowed_models = '" + std::string(damage) + "'");
        auto found = (*stores)->keys().find_by_hash(sha256("kg-one-one-one"));
        REQUIRE_FALSE(found);
        CHECK_THAT(found.error().message, Contains("key_one"));
    }
}

TEST_CASE("migrations run in order, once, and each as a whole") {
    using store::sqlite::Database;
    using store::sqlite::Migration;
    TempDir dir;
    const std::string path = dir.write("x.db", "");
    const Migration first[] = {{1, "one", "CREATE TABLE a (x); INSERT INTO a VALUES (1);"}};
    const Migration both[] = {first[0], {2, "two", "ALTER TABLE a ADD COLUMN y DEFAULT 5;"}};
    const Migration broken[] = {both[0], both[1], {3, "three", "CREATE TABLE b (z); NONSENSE;"}};
    auto db = Database::open(path);
    REQUIRE(db);
    REQUIRE(db->set_up());
    REQUIRE(migrate(*db, first));
    REQUIRE(migrate(*db, both));
    REQUIRE(migrate(*db, both));
    CHECK(*db->query_integer("SELECT sum(y) FROM a") == 5);
    CHECK(*db->query_integer("PRAGMA user_version") == 2);

    auto failed = migrate(*db, broken);
    REQUIRE_FALSE(failed);
    CHECK_THAT(failed.error().message, Contains("could not be migrated to schema 3"));
    CHECK(*db->query_integer("PRAGMA user_version") == 2);
    CHECK(*db->query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == 0);
    CHECK_FALSE(db->in_transaction());

    auto older = migrate(*db, first);
    REQUIRE_FALSE(older);
    CHECK_THAT(older.error().message, Contains("has schema 2, this kirogate knows up to 1"));
}

TEST_CASE("keys of the first schema keep their limits, their use is summed from the request log") {
    using namespace store::sqlite;
    TempDir dir;
    const std::string path = dir.write("x.db", "");
    auto db = Database::open(path);
    REQUIRE(db);
    REQUIRE(db->set_up());
    REQUIRE(migrate(*db, built_in_migrations().first(1)));
    sql(path,
        "INSERT INTO keys VALUES ('key_1', 'ci', zeroblob(32), 'kg-x', 'xxxx', 1, '[]', '[]', 5.0, NULL, 7,"
        " 1, 2, 1.5, 3);"
        "INSERT INTO usage_daily VALUES (20833, 'key_1', 'acc_1', 'm', 3, 0, 100, 20, 3, 4, 1.5);"
        "INSERT INTO requests (started_at_ms, request_id, dialect, model, wire_model, account_id, key_id,"
        " stream, status, error, first_event_ms, total_ms, attempts, input_tokens, output_tokens,"
        " cache_read_tokens, cache_write_tokens, credits) VALUES"
        " (1800000000000, 'a', 'openai', 'm', 'm', 'acc_1', 'key_1', 0, 200, '', 1, 1, 1, 10, 1, 0, 0, 0.5),"
        " (1800000899999, 'b', 'openai', 'm', 'm', 'acc_1', 'key_1', 0, 200, '', 1, 1, 1, 20, 2, 0, 0, 0.5),"
        " (1800000900000, 'c', 'openai', 'm', 'm', 'acc_1', 'key_1', 0, 200, '', 1, 1, 1, 30, 3, 0, 0, "
        "0.5);");
    REQUIRE(migrate(*db, built_in_migrations()));
    CHECK(*db->query_integer("SELECT tokens_used FROM keys") == 127);
    CHECK(*db->query_integer("SELECT requests_per_minute FROM keys WHERE time_zone = '' AND strict = 0") ==
          7);
    CHECK(*db->query_integer("SELECT count(*) FROM usage_quarters") == 2);
    CHECK(*db->query_integer("SELECT tokens FROM usage_quarters WHERE quarter = 2000000 AND requests = 2") ==
          33);
    // Days in every facet but that of all three, and the totals.
    for (const std::string facet : {"0", "1", "2", "3", "5", "6", "7"}) {
        INFO(facet);
        CHECK(*db->query_integer("SELECT sum(requests) FROM usage_series WHERE step = 86400 AND at ="
                                 " 1800000000 / 86400 * 86400 AND facet = " +
                                 facet) == 3);
        CHECK(*db->query_integer(
                  "SELECT sum(input_tokens) FROM usage_series WHERE step = 86400 AND facet = " + facet) ==
              60);
    }
    CHECK(*db->query_integer("SELECT count(*) FROM usage_series WHERE step = 86400 AND facet = 4") == 0);
    CHECK(*db->query_integer("SELECT input_tokens FROM usage_totals WHERE requests = 3") == 100);
}

TEST_CASE("several processes may meet at a new database") {
    TempDir dir;
    std::vector<std::thread> openers;
    std::vector<std::string> errors(6);
    for (auto& error : errors) {
        openers.emplace_back([&dir, &error] {
            auto stores = store::open_sqlite(dir.path(), test_sealer());
            if (!stores) error = stores.error().message + " / " + stores.error().detail;
        });
    }
    for (auto& opener : openers) opener.join();
    for (const auto& error : errors) CHECK(error == "");
}

TEST_CASE("a disk that takes no more is an error that loses nothing acknowledged") {
    TempDir dir;
    auto opened = store::open_sqlite(dir.path(), test_sealer());
    REQUIRE(opened);
    auto& settings = (*opened)->settings();
    REQUIRE(settings.put("kept", "before"));

    rlimit normal{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &normal) == 0);
    const auto previous = std::signal(SIGXFSZ, SIG_IGN);
    rlimit tight = normal;
    tight.rlim_cur = 300'000;
    int acknowledged = 0;
    Error error;
    {
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
        const ScopeExit restore([&] {
            ::setrlimit(RLIMIT_FSIZE, &normal);
            std::signal(SIGXFSZ, previous);
        });
        for (; acknowledged < 1000; ++acknowledged) {
            auto put = settings.put("n" + std::to_string(acknowledged), std::string(5000, 'x'));
            if (put) continue;
            error = put.error();
            break;
        }
    }
    REQUIRE(acknowledged < 1000);
    CHECK(error.kind == ErrorKind::store_failed);
    CHECK(error.message == "reading or writing the database failed");
    CHECK(*settings.get("kept") == std::string("before"));
    for (int i = 0; i < acknowledged; ++i) {
        REQUIRE(settings.get("n" + std::to_string(i))->has_value());
    }
    CHECK(settings.put("kept", "after"));  // there is room again
    opened->reset();
    auto reopened = store::open_sqlite(dir.path(), test_sealer());
    REQUIRE(reopened);
    CHECK(*(*reopened)->settings().get("kept") == std::string("after"));
}

TEST_CASE("a full disk is called that") {
    using store::sqlite::Database;
    TempDir dir;
    auto db = Database::open(dir.write("x.db", ""));
    REQUIRE(db);
    REQUIRE(db->set_up());
    REQUIRE(db->execute("CREATE TABLE a (x); PRAGMA max_page_count=8;"));
    auto grown = db->execute("INSERT INTO a VALUES (randomblob(100000))");
    REQUIRE_FALSE(grown);
    CHECK_THAT(grown.error().message, Contains("disk is full"));
    CHECK(db->execute("INSERT INTO a VALUES (1)"));
}
