// Accounts that follow the credential file of another program.
#include <sys/stat.h>
#include <fstream>
#include <random>
#include <thread>

#include "core/base/log.hpp"
#include "core/credentials/shared_file.hpp"
#include "core/sqlite/database.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::State;

namespace {

void put_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
}
std::string get_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::string login_text(const std::string& access, const std::string& refresh) {
    return R"({"accessToken":")" + access + R"(","refreshToken":")" + refresh +
           R"(","expiresAt":"2026-01-01T08:00:00.000Z","authMethod":"social","provider":"Google","x":[1, 2]})";
}

/// Refresh tokens that work once, as the service's do.
struct Upstream {
    std::string refresh = "r0";
    int rotations = 0, refused = 0;

    /// The answer to a refresh with this token: a status and a body.
    std::pair<int, std::string> answer(const std::string& used) {
        if (used != refresh) {
            ++refused;
            return {400, R"({"error":"invalid_grant"})"};
        }
        refresh = "r" + std::to_string(++rotations);
        return {200, R"({"accessToken":"t)" + std::to_string(rotations) + R"(","refreshToken":")" + refresh +
                         R"(","expiresIn":3600})"};
    }
};

/// What a program that refreshes with `used` writes down then, in the words of `form`; empty when refused.
std::string refreshed(Upstream& upstream, const std::string& used,
                      std::string (*form)(const std::string& access, const std::string& refresh)) {
    const auto [status, body] = upstream.answer(used);
    if (status != 200) return {};
    auto reply = json::Document::parse(body);
    return form(std::string(reply->root()["accessToken"].text()),
                std::string(reply->root()["refreshToken"].text()));
}

/// One kirogate with a database of its own.
struct Follower {
    explicit Follower(const std::string& path) : rig(0) {
        store::Account a;
        a.id = "acc";
        a.auth_method = "social";
        a.machine_id = std::string(64, 'a');
        a.follow_path = path;
        REQUIRE(rig.stores->accounts().add(a));
        rig.reload();
        account::read_followed(rig.pool);
    }
    /// Asks for a newer token than the present one.
    void force() {
        asking = true;
        rig.keeper.ensure("acc", rig.pool.record("acc")->token_generation, rig.wakeup.door(),
                          [this](Result<account::FreshToken> token) {
                              asking = false;
                              if (token)
                                  access = token->caller.access_token.reveal();
                              else
                                  error = token.error().detail;
                          });
    }
    void turn() { rig.loop.run_once(false); }
    /// The refresh call that waits for its answer.
    test::ScriptedFetcher::Call* waiting() {
        if (rig.fetcher.count() == 0) return nullptr;
        auto& call = rig.fetcher.last();
        return call.alive() ? &call : nullptr;
    }
    static std::string used(const test::ScriptedFetcher::Call& call) {
        auto body = json::Document::parse(std::string(call.request.body.view()));
        return std::string(body->root()["refreshToken"].text());
    }

    test::GatewayRig rig;
    bool asking = false;
    std::string access, error;
};

template <class Done>
void turn_until(std::initializer_list<Follower*> followers, Done done) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!done()) {
        for (auto* f : followers) f->turn();
        std::this_thread::yield();
        REQUIRE(std::chrono::steady_clock::now() < give_up);
    }
}

/// The Kiro IDE: locks nothing, writes in place or by rename, and only over the token it used.
struct Ide {
    explicit Ide(std::string file) : path(std::move(file)) {}

    void read() {
        if (auto login = credentials::read_login(path)) used = login->refresh_token.reveal();
    }
    void refresh(Upstream& upstream) { answer = refreshed(upstream, used, login_text); }
    void write(bool in_place) {
        if (answer.empty()) return;
        auto now = credentials::read_login(path);
        if (now && now->refresh_token.equals(used)) {
            if (in_place) {
                put_file(path, answer);
            } else {
                put_file(path + ".ide", answer);
                REQUIRE(::chmod((path + ".ide").c_str(), 0600) == 0);
                REQUIRE(std::rename((path + ".ide").c_str(), path.c_str()) == 0);
            }
        }
        answer.clear();
    }
    const std::string path;
    std::string used, answer;
};

/// kiro-cli: a row of its database, read and replaced in transactions of its own.
struct KiroCli {
    explicit KiroCli(std::string file) : path(std::move(file)) {}

    void create() {
        put_file(path, "");
        auto db = open();
        REQUIRE(db.set_up());
        REQUIRE(
            db.execute("CREATE TABLE auth_kv (key TEXT PRIMARY KEY, value TEXT);"
                       "CREATE TABLE history (id INTEGER PRIMARY KEY, text TEXT);"
                       "INSERT INTO history (text) VALUES ('ls'), ('pwd');"));
        put(db, row("t0", "r0"));
    }
    void read() {
        if (auto login = credentials::read_login(path)) used = login->refresh_token.reveal();
    }
    void refresh(Upstream& upstream) { answer = refreshed(upstream, used, row); }
    void write(bool checkpoint) {
        if (answer.empty()) return;
        auto db = open();
        {
            auto transaction = sqlite::Transaction::begin(db);
            REQUIRE(transaction);
            if (value_in(db).find('"' + used + '"') != std::string::npos) put(db, answer);
            REQUIRE(transaction->commit());
        }
        if (checkpoint) REQUIRE(db.execute("PRAGMA wal_checkpoint"));
        answer.clear();
    }
    std::string value() {
        auto db = open();
        return value_in(db);
    }
    std::int64_t others() {
        auto db = open();
        return *db.query_integer("SELECT count(*) FROM history");
    }
    const std::string path;
    std::string used, answer;

  private:
    static std::string row(const std::string& access, const std::string& refresh) {
        return R"({"access_token":")" + access + R"(","expires_at":"2026-01-01T08:00:00.123456789Z",)" +
               R"("refresh_token":")" + refresh + R"(","provider":"google","x":[1, 2]})";
    }
    sqlite::Database open() {
        auto db = sqlite::Database::open(path);
        REQUIRE(db);
        return std::move(*db);
    }
    static void put(sqlite::Database& db, const std::string& value) {
        auto statement = db.prepare("INSERT OR REPLACE INTO auth_kv VALUES ('kirocli:social:token', ?1)");
        REQUIRE(statement);
        REQUIRE(statement->bind(value).run());
    }
    static std::string value_in(sqlite::Database& db) {
        auto statement = db.prepare("SELECT value FROM auth_kv");
        REQUIRE(statement);
        auto stepped = statement->step();
        REQUIRE(stepped);
        return *stepped ? statement->text(0) : "";
    }
};

/// Two gateways and another program use one login, all at random moments.
template <class Program, class Intact>
void rotate_a_thousand_times(const std::string& path, Program& program, Intact intact) {
    log::configure(log::Level::warn, log::Format::text);
    Upstream upstream;
    Follower one(path), two(path);
    std::mt19937 dice(7);  // NOLINT: the same run every time
    const auto roll = [&](unsigned n) { return dice() % n; };
    int by_program = 0;
    while (upstream.rotations < 1'000) {
        const auto before = upstream.rotations;
        const bool ide_too = roll(3) == 0;
        if (ide_too) program.read();
        if (roll(4) != 0) one.force();
        if (roll(4) != 0) two.force();
        bool ide_asks = ide_too, ide_writes = false;
        turn_until({&one, &two}, [&] {
            if (ide_writes && roll(4) == 0) {
                program.write(roll(2) == 0);
                ide_writes = false;
            }
            if (ide_asks && roll(3) == 0) {
                const auto then = upstream.rotations;
                program.refresh(upstream);
                by_program += upstream.rotations - then;
                ide_asks = false;
                ide_writes = true;
            }
            for (auto* f : {&one, &two}) {
                auto* call = f->waiting();
                if (!call || roll(3) == 0) continue;
                const auto [status, body] = upstream.answer(Follower::used(*call));
                call->answer(status, body);
            }
            return !one.asking && !two.asking && !ide_asks && !ide_writes;
        });
        INFO("rotation " << before << " to " << upstream.rotations);
        REQUIRE(one.error.empty());
        REQUIRE(two.error.empty());
        auto login = credentials::read_login(path);
        REQUIRE(login);
        REQUIRE(login->refresh_token.equals(upstream.refresh));
        REQUIRE(intact());
    }
    CHECK(by_program > 20);
    CHECK(one.rig.pool.view()[0].state != State::needs_sign_in);
    CHECK(two.rig.pool.view()[0].state != State::needs_sign_in);
    // The databases hold no secret of it.
    one.rig.settle();
    const auto row = *one.rig.stores->accounts().find("acc");
    CHECK(row->refresh_token.empty());
    CHECK(row->access_token.empty());
    CHECK(row->expires_at_ms > 0);
}

}  // namespace

TEST_CASE("E4: two gateways and an IDE on one credential file lose no token in 1000 rotations") {
    test::TempDir dir;
    const auto path = dir.path("kiro-auth-token.json");
    put_file(path, login_text("t0", "r0"));
    ::chmod(path.c_str(), 0600);
    Ide ide(path);
    rotate_a_thousand_times(path, ide,
                            [&] { return get_file(path).find(R"("x":[1, 2]})") != std::string::npos; });
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
}

TEST_CASE("E4: two gateways and kiro-cli on one database lose no token in 1000 rotations") {
    test::TempDir dir;
    const auto path = dir.path("data.sqlite3");
    KiroCli cli(path);
    cli.create();
    rotate_a_thousand_times(path, cli,
                            [&] { return cli.value().find(R"("x":[1, 2]})") != std::string::npos; });
    CHECK(cli.others() == 2);  // what else lies in the database
}

TEST_CASE("tokens that another program wrote are taken instead of refreshed") {
    test::TempDir dir;
    const auto path = dir.path("token.json");
    put_file(path, login_text("t0", "r0"));
    Follower follower(path);
    CHECK(follower.rig.pool.record("acc")->access_token.equals("t0"));
    put_file(path, login_text("t1", "r1"));
    follower.force();
    turn_until({&follower}, [&] { return !follower.asking; });
    CHECK(follower.access == "t1");
    CHECK(follower.rig.fetcher.count() == 0);
    SECTION("and noticed when nobody asks") {
        put_file(path, login_text("t2-longer", "r2"));
        account::FileWorker files;
        account::FollowWatch watch(follower.rig.loop, files, follower.rig.pool);
        watch.poll();
        turn_until({&follower},
                   [&] { return follower.rig.pool.record("acc")->access_token.equals("t2-longer"); });
        const auto generation = follower.rig.pool.record("acc")->token_generation;
        watch.poll();
        follower.rig.settle();
        CHECK(follower.rig.pool.record("acc")->token_generation == generation);
    }
    SECTION("a reload of the store's records keeps them") {
        follower.rig.reload();
        CHECK(follower.rig.pool.record("acc")->access_token.equals("t1"));
    }
}

TEST_CASE("a followed login is lost when its program signs out, and found when it signs in") {
    test::TempDir dir;
    const auto path = dir.path("token.json");
    put_file(path, login_text("t0", "r0"));
    Follower follower(path);
    REQUIRE(std::remove(path.c_str()) == 0);
    follower.force();
    turn_until({&follower}, [&] { return !follower.asking; });
    CHECK(follower.error.find("cannot open") != std::string::npos);
    CHECK(follower.rig.pool.view()[0].state == State::needs_sign_in);
    CHECK_FALSE(follower.rig.pool.any_usable());
    put_file(path, login_text("t9", "r9"));
    account::FileWorker files;
    account::FollowWatch watch(follower.rig.loop, files, follower.rig.pool);
    watch.poll();
    turn_until({&follower}, [&] { return follower.rig.pool.any_usable(); });
    CHECK(follower.rig.pool.record("acc")->access_token.equals("t9"));
}

TEST_CASE("a followed file that was moved away and back is found again, with the same tokens too") {
    test::TempDir dir;
    const auto path = dir.path("token.json");
    put_file(path, login_text("t0", "r0"));
    Follower follower(path);
    account::FileWorker files;
    account::FollowWatch watch(follower.rig.loop, files, follower.rig.pool);
    watch.poll();
    follower.rig.settle();
    REQUIRE(std::rename(path.c_str(), (path + ".away").c_str()) == 0);
    follower.force();
    turn_until({&follower}, [&] { return !follower.asking; });
    CHECK(follower.rig.pool.view()[0].state == State::needs_sign_in);
    watch.poll();
    follower.rig.settle();
    CHECK_FALSE(follower.rig.pool.any_usable());
    REQUIRE(std::rename((path + ".away").c_str(), path.c_str()) == 0);
    turn_until({&follower}, [&] {
        watch.poll();  // one is left out while the look before it is under way
        return follower.rig.pool.any_usable();
    });
    CHECK(follower.rig.pool.record("acc")->access_token.equals("t0"));
    SECTION("but not when they were refused") {
        follower.rig.pool.report_login_lost("acc", "refused");
        watch.poll();
        follower.rig.settle();
        CHECK(follower.rig.pool.view()[0].state == State::needs_sign_in);
    }
}

TEST_CASE("a login that cannot be written back is not refreshed") {
    test::TempDir dir;
    const auto folder = dir.path("shut");
    REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
    const auto path = folder + "/token.json";
    put_file(path, login_text("t0", "r0"));
    REQUIRE(::chmod(folder.c_str(), 0500) == 0);
    if (std::ofstream(folder + "/probe")) {
        ::chmod(folder.c_str(), 0700);
        SUCCEED("this user may write everywhere");
        return;
    }
    Follower follower(path);
    follower.force();
    turn_until({&follower}, [&] { return !follower.asking; });
    CHECK(follower.rig.fetcher.count() == 0);
    CHECK(follower.error.find("could not be written back") != std::string::npos);
    CHECK(follower.rig.pool.view()[0].state != State::needs_sign_in);
    ::chmod(folder.c_str(), 0700);
}
