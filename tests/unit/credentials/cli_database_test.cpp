#include "core/credentials/cli_database.hpp"

#include <sys/stat.h>
#include <fstream>
#include <iterator>

#include "core/sqlite/database.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using namespace kg::credentials;
using Kind = FileFailure::Kind;

namespace {

constexpr const char* kTables =
    "CREATE TABLE auth_kv (key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB);";

/// A database of a program, written by its owner.
struct Program {
    explicit Program(const test::TempDir& dir, const std::string& script = kTables)
        : path(dir.path("data.sqlite3")) {
        std::ofstream(path).flush();
        run("PRAGMA journal_mode=WAL;" + script);
    }
    void run(const std::string& script) const {
        auto db = sqlite::Database::open(path);
        REQUIRE(db);
        INFO(script);
        REQUIRE(db->execute(script));
    }
    void put(const std::string& key, const std::string& value, const std::string& table = "auth_kv") const {
        run("INSERT OR REPLACE INTO " + table + " VALUES ('" + key + "', '" + value + "')");
    }
    std::string get(const std::string& key) const {
        auto db = sqlite::Database::open(path);
        REQUIRE(db);
        auto statement = db->prepare("SELECT value FROM auth_kv WHERE key = ?1");
        REQUIRE(statement);
        REQUIRE(*statement->bind(key).step());
        return statement->text(0);
    }
    const std::string path;
};

const std::string kIdc =
    R"({"access_token":"a","expires_at":"2026-01-01T00:00:00.123456789Z","refresh_token":"r",)"
    R"("region":"eu-west-1","start_url":"https://acme.awsapps.com/start","oauth_flow":"DeviceCode",)"
    R"("scopes":["one","two"]})";
const std::string kRegistration = R"({"client_id":"id","client_secret":"secret","oauth_flow":"DeviceCode"})";

NewTokens tokens() {
    return {.access_token = Secret("a2"),
            .refresh_token = Secret("r2"),
            .expires_at_ms = 1'767'229'200'000,
            .profile_arn = {}};
}

}  // namespace

TEST_CASE("kiro-cli's sign-ins are read with what belongs to them, the longest first") {
    const test::TempDir dir;
    const Program program(dir);
    program.put("kirocli:odic:token", kIdc);
    program.put("kirocli:odic:device-registration", kRegistration);
    program.put("api.codewhisperer.profile",
                R"({"arn":"arn:aws:codewhisperer:eu-central-1:111122223333:profile/P"})", "state");
    program.put("kirocli:social:token",
                R"({"access_token":"s","expires_at":"2025-06-01T00:00:00Z","refresh_token":"sr",)"
                R"("provider":"github","profile_arn":"arn:aws:codewhisperer:us-east-1:1:profile/S"})");
    program.put("codewhisperer:odic:token", "null");
    auto logins = read_cli_logins(program.path);
    REQUIRE(logins);
    REQUIRE(logins->size() == 2);
    const auto& idc = (*logins)[0];
    CHECK(idc.key == "kirocli:odic:token");
    CHECK(idc.start_url == "https://acme.awsapps.com/start");
    CHECK(idc.login.auth_method == "idc");
    CHECK(idc.login.provider == "Enterprise");
    CHECK(idc.login.auth_region == "eu-west-1");
    CHECK(idc.login.scopes == "one two");
    CHECK(idc.login.client_id == "id");
    CHECK(idc.login.client_secret.equals("secret"));
    CHECK(idc.login.expires_at_ms == 1'767'225'600'123);
    CHECK(idc.login.profile_arn == "arn:aws:codewhisperer:eu-central-1:111122223333:profile/P");
    const auto& social = (*logins)[1].login;
    CHECK(social.auth_method == "social");
    CHECK(social.provider == "Github");
    CHECK(social.refresh_token.equals("sr"));
    CHECK(read_login(program.path)->refresh_token.equals("r"));

    program.put("kirocli:external-idp:token",
                R"({"access_token":"x","expires_at":"2027-01-01T00:00:00Z","refresh_token":"xr",)"
                R"("client_id":"xid","token_endpoint":"https://idp.example/token","scopes":["a"]})");
    const auto external = read_login(program.path);
    REQUIRE(external);
    CHECK(external->auth_method == "external-idp");
    CHECK(external->client_id == "xid");
    CHECK(external->token_endpoint == "https://idp.example/token");
}

TEST_CASE("what lies in the journal alone is read, and noticed") {
    const test::TempDir dir;
    const Program program(dir);
    program.put("kirocli:odic:token", kIdc);
    auto writer = sqlite::Database::open(program.path);  // open: nothing is checkpointed
    REQUIRE(writer);
    const auto before = fingerprint(program.path);
    REQUIRE(writer->execute(R"(UPDATE auth_kv SET value = replace(value, '"r"', '"newer"'))"));
    CHECK(fingerprint(program.path) != before);
    CHECK(read_login(program.path)->refresh_token.equals("newer"));
}

TEST_CASE("foreign, damaged and empty databases are told apart") {
    const test::TempDir dir;
    SECTION("signed out") {
        const Program program(dir);
        CHECK(read_login(program.path).error().kind == Kind::missing);
        program.put("kirocli:odic:token", "{}");
        CHECK(read_login(program.path).error().kind == Kind::missing);
        CHECK(FileRefresh::begin(program.path).error().kind == Kind::missing);
    }
    SECTION("without tables of kiro-cli") {
        const Program program(dir, "CREATE TABLE t (a)");
        const auto failure = read_login(program.path).error();
        CHECK(failure.kind == Kind::failed);
        CHECK(failure.what.find("not kiro-cli") != std::string::npos);
    }
    SECTION("no database") {
        std::ofstream(dir.path("data.sqlite3")) << "SQLite format 3" << '\0' << std::string(600, 'x');
        CHECK(holds_database(dir.path("data.sqlite3")));
        const auto failure = read_login(dir.path("data.sqlite3")).error();
        CHECK(failure.kind == Kind::failed);
        CHECK(failure.what.find("not a database") != std::string::npos);
    }
    SECTION("a value that is too large to be a login") {
        const Program program(dir);
        program.put("kirocli:odic:token", R"({"access_token":")" + std::string(70'000, 'a') + "\"}");
        CHECK(read_login(program.path).error().kind == Kind::missing);
    }
    SECTION("nothing at all") {
        CHECK(read_login(dir.path("data.sqlite3")).error().kind == Kind::missing);
        CHECK(FileRefresh::begin(dir.path("data.sqlite3")).error().kind == Kind::missing);
        CHECK_FALSE(fingerprint(dir.path("data.sqlite3")));
        CHECK_FALSE(std::ifstream(dir.path("data.sqlite3")));  // and none was made
    }
}

TEST_CASE("a refresh of the database is exclusive, and gives way to another login") {
    const test::TempDir dir;
    const Program program(dir);
    program.put("kirocli:odic:token", kIdc);
    program.put("kirocli:odic:device-registration", kRegistration);
    auto refresh = FileRefresh::begin(program.path);
    REQUIRE(refresh);
    CHECK((*refresh)->login().refresh_token.equals("r"));
    CHECK((*refresh)->login().client_id == "id");
    CHECK((*refresh)->obstacle().empty());
    CHECK(FileRefresh::begin(program.path).error().kind == Kind::busy);
    SECTION("it is written, and nothing else is touched") {
        CHECK(*(*refresh)->write_back(tokens()) == FileRefresh::Outcome::written);
        CHECK(program.get("kirocli:odic:token") ==
              R"({"access_token":"a2","expires_at":"2026-01-01T01:00:00.000Z","refresh_token":"r2",)"
              R"("region":"eu-west-1","start_url":"https://acme.awsapps.com/start",)"
              R"("oauth_flow":"DeviceCode","scopes":["one","two"]})");
        CHECK(program.get("kirocli:odic:device-registration") == kRegistration);
    }
    SECTION("a refresh token that was null is added where it belongs") {
        program.put("kirocli:odic:token", R"({"access_token":"a","refresh_token":null})");
        refresh->reset();
        auto again = FileRefresh::begin(program.path);
        REQUIRE(again);
        CHECK(*(*again)->write_back(tokens()) == FileRefresh::Outcome::written);
        CHECK(program.get("kirocli:odic:token") ==
              R"({"access_token":"a2","refresh_token":"r2","expires_at":"2026-01-01T01:00:00.000Z"})");
    }
    SECTION("kiro-cli was faster") {
        program.run(R"(UPDATE auth_kv SET value = replace(value, '"r"', '"theirs"'))");
        CHECK(*(*refresh)->write_back(tokens()) == FileRefresh::Outcome::superseded);
        CHECK(read_login(program.path)->refresh_token.equals("theirs"));
    }
    SECTION("kiro-cli signed out") {
        program.run("DELETE FROM auth_kv");
        CHECK(*(*refresh)->write_back(tokens()) == FileRefresh::Outcome::superseded);
    }
    SECTION("kiro-cli is writing: it is tried again") {
        auto other = sqlite::Database::open(program.path);
        REQUIRE(other);
        REQUIRE(other->execute("BEGIN IMMEDIATE"));
        CHECK((*refresh)->write_back(tokens()).error().kind == Kind::busy);
        REQUIRE(other->execute("COMMIT"));
        CHECK(*(*refresh)->write_back(tokens()) == FileRefresh::Outcome::written);
    }
    refresh->reset();
    auto next = FileRefresh::begin(program.path);
    CHECK((next || next.error().kind != Kind::busy));  // it is unlocked
}

TEST_CASE("a database that cannot be written is read, and says so") {
    const test::TempDir dir;
    const Program program(dir, std::string(kTables) + "PRAGMA journal_mode=DELETE;");
    program.put("kirocli:odic:token", kIdc);
    REQUIRE(::chmod(program.path.c_str(), 0400) == 0);
    if (std::ofstream(program.path, std::ios::app)) {
        SUCCEED("this user may write everywhere");
        return;
    }
    auto refresh = FileRefresh::begin(program.path);
    REQUIRE(refresh);
    CHECK((*refresh)->obstacle().find("read-only") != std::string::npos);
}
