#include "core/credentials/shared_file.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using namespace kg::credentials;
using Kind = FileFailure::Kind;

namespace {

void put_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
}
std::string get_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::size_t files_in(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

NewTokens tokens() {
    return {.access_token = Secret("new\"access"),
            .refresh_token = Secret("new-refresh"),
            .expires_at_ms = 1'767'225'600'123,
            .profile_arn = "arn:aws:codewhisperer:us-east-1:111122223333:profile/NEW"};
}

}  // namespace

TEST_CASE("new tokens go where the old ones stood, and nothing else moves") {
    struct Case {
        std::string before, after;
    };
    const auto [before, after] = GENERATE(values<Case>({
        {R"({"accessToken":"a","refreshToken":"r","expiresAt":"2026-01-01T08:00:00.000Z"})",
         R"({"accessToken":"new\"access","refreshToken":"new-refresh","expiresAt":"2026-01-01T00:00:00.123Z"})"},
        {"{\n  \"z\": {\"accessToken\": \"inner\"},\n  \"refresh_token\": \"r\",\n  \"expires_at\": "
         "1700000000,\n"
         "  \"access_token\" : null,\n  \"profile_arn\": \"old\", \"caf\xc3\xa9\": 1e3\n}\n",
         "{\n  \"z\": {\"accessToken\": \"inner\"},\n  \"refresh_token\": \"new-refresh\",\n  "
         "\"expires_at\": "
         "1767225600,\n  \"access_token\" : \"new\\\"access\",\n  \"profile_arn\": "
         "\"arn:aws:codewhisperer:us-east-1:111122223333:profile/NEW\", \"caf\xc3\xa9\": 1e3\n}\n"},
        {R"({"refreshToken":"r","expiresAt":1700000000000})",
         R"({"refreshToken":"new-refresh","expiresAt":1767225600123,"accessToken":"new\"access"})"},
        {R"({"refreshToken":"r","refreshToken":"twice"})",
         R"({"refreshToken":"new-refresh","refreshToken":"new-refresh","accessToken":"new\"access","expiresAt":"2026-01-01T00:00:00.123Z"})"},
    }));
    auto changed = with_tokens(before, tokens());
    REQUIRE(changed);
    CHECK(*changed == after);
}

TEST_CASE("what is no login is told apart from what is not yet one") {
    CHECK(parse_login("", "").error().kind == Kind::broken);
    CHECK(parse_login(R"({"accessToken":"a","refr)", "").error().kind == Kind::broken);
    CHECK(parse_login("[]", "").error().kind == Kind::broken);
    CHECK(parse_login("{}", "").error().kind == Kind::missing);
    CHECK(parse_login(R"({"accessToken":5})", "").error().kind == Kind::missing);
}

TEST_CASE("B19: a login is read with its registration, and a hash that is no hash opens no file") {
    test::TempDir dir;
    const std::string hash(40, 'a');
    put_file(dir.path(hash + ".json"), R"({"clientId":"id","clientSecret":"secret"})");
    put_file(dir.path("evil.json"), R"({"clientId":"evil","clientSecret":"evil"})");
    const auto with_hash = [&](const std::string& h) {
        put_file(dir.path("t.json"),
                 R"({"accessToken":"a","refreshToken":"r","authMethod":"IdC","provider":"BuilderId",)"
                 R"("region":"eu-west-1","expiresAt":"2026-01-01T00:00:00","clientIdHash":")" +
                     h + "\"}");
        auto login = read_login(dir.path("t.json"));
        REQUIRE(login);
        return *login;
    };
    const auto login = with_hash(hash);
    CHECK(login.client_id == "id");
    CHECK(login.client_secret.equals("secret"));
    CHECK(login.auth_method == "idc");
    CHECK(login.auth_region == "eu-west-1");
    CHECK(login.expires_at_ms == 1'767'225'600'000);
    CHECK(with_hash("evil").client_id.empty());
    CHECK(with_hash("../" + dir.path("evil")).client_id.empty());
}

TEST_CASE("a refresh of a shared file is exclusive, atomic, and gives way to another login") {
    test::TempDir dir;
    const auto path = dir.path("kiro-auth-token.json");
    put_file(path, R"({"accessToken":"a","refreshToken":"r","extra":true})");
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    auto refresh = FileRefresh::begin(path);
    REQUIRE(refresh);
    CHECK((*refresh)->login().refresh_token.equals("r"));
    CHECK((*refresh)->obstacle().empty());
    CHECK(FileRefresh::begin(path).error().kind == Kind::busy);
    SECTION("it is written") {
        const auto before = fingerprint(path);
        auto done = (*refresh)->write_back(tokens());
        REQUIRE(done);
        CHECK(*done == FileRefresh::Outcome::written);
        CHECK(get_file(path).find("\"extra\":true") != std::string::npos);
        CHECK(fingerprint(path) != before);
        struct stat info {};
        REQUIRE(::stat(path.c_str(), &info) == 0);
        CHECK((info.st_mode & 07777) == 0640);
        CHECK(FileRefresh::begin(path));  // whoever comes next finds the new file unlocked
    }
    SECTION("somebody signed in meanwhile") {
        put_file(path, R"({"accessToken":"b","refreshToken":"theirs"})");
        auto done = (*refresh)->write_back(tokens());
        REQUIRE(done);
        CHECK(*done == FileRefresh::Outcome::superseded);
        CHECK(read_login(path)->refresh_token.equals("theirs"));
    }
    SECTION("somebody signed out meanwhile") {
        REQUIRE(::unlink(path.c_str()) == 0);
        CHECK(*(*refresh)->write_back(tokens()) == FileRefresh::Outcome::superseded);
        CHECK_FALSE(fingerprint(path));
    }
    SECTION("somebody is writing") {
        put_file(path, R"({"accessToken":)");
        CHECK((*refresh)->write_back(tokens()).error().kind == Kind::broken);
        put_file(path, R"({"accessToken":"a","refreshToken":"r"})");
        CHECK(*(*refresh)->write_back(tokens()) == FileRefresh::Outcome::written);
    }
    refresh->reset();
    CHECK(files_in(dir.path("")) <= 1);  // nothing is left lying about
}

TEST_CASE("links, folders and large files are not followed") {
    test::TempDir dir;
    put_file(dir.path("real.json"), R"({"accessToken":"a","refreshToken":"r"})");
    REQUIRE(::symlink(dir.path("real.json").c_str(), dir.path("link.json").c_str()) == 0);
    auto link = FileRefresh::begin(dir.path("link.json"));
    REQUIRE_FALSE(link);
    CHECK(link.error().kind == Kind::failed);
    CHECK(link.error().what.find("symbolic link") != std::string::npos);
    CHECK(read_login(dir.path("")).error().kind == Kind::failed);
    put_file(dir.path("large.json"), std::string(70'000, ' '));
    CHECK(read_login(dir.path("large.json")).error().kind == Kind::failed);
    CHECK(read_login(dir.path("none.json")).error().kind == Kind::missing);
}
