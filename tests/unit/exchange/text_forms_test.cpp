#include "core/exchange/forms.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::exchange;

namespace {

Forms read(const std::string& text) {
    auto forms = read_forms(text, "here", "");
    INFO(text);
    if (!forms) INFO(forms.error().message);
    REQUIRE(forms);
    return std::move(*forms);
}

/// "email|token|id|secret|provider" of the only account.
std::string only(const std::string& line) {
    const auto forms = read(line);
    REQUIRE(forms.accounts.size() == 1);
    const auto& in = forms.accounts[0];
    if (!in.error.empty()) return "error: " + in.error;
    const auto& a = in.account;
    return a.email + "|" + a.refresh_token.reveal() + "|" + a.client_id + "|" + a.client_secret.reveal() +
           "|" + a.provider;
}

}  // namespace

TEST_CASE("lines with dashes are read as they were meant, whatever their secrets end in") {
    CHECK(only("ada@x.org----no_password----aorT1----cid----csec----BuilderId") ==
          "ada@x.org|aorT1|cid|csec|BuilderId");
    CHECK(only("bob@x.org----no_password----aorT2------------Google") == "bob@x.org|aorT2|||Google");
    CHECK(only("c@x.org----p----aorT-----cid----csec----BuilderId") == "c@x.org|aorT-|cid|csec|BuilderId");
    CHECK(only("c@x.org----p----aorT-------------Google") == "c@x.org|aorT-|||Google");
    CHECK(only("c@x.org----p----aorT--------cid----csec----BuilderId") ==
          "c@x.org|aorT----|cid|csec|BuilderId");
    CHECK(only("d@x.org----p----aorT3----cid----csec") == "d@x.org|aorT3|cid|csec|");
    CHECK(only("d@x.org----p----aorT3") == "d@x.org|aorT3|||");
    CHECK(only("e@x.org\tp\taorT4\tcid\tcsec\tBuilderId") == "e@x.org|aorT4|cid|csec|BuilderId");
    CHECK(only("e@x.org  p   aorT4") == "e@x.org|aorT4|||");
    CHECK(only("a----b----c----d----e----nobody").starts_with("error: "));
    CHECK(only("a----b").starts_with("error: "));
}

TEST_CASE("each line is told apart for itself, comments and blank lines are left out") {
    const auto forms = read(
        "\xef\xbb\xbf# my accounts\n\nada@x.org,aorA,ada-work,Google\r\n  bob@x.org|aorB\n"
        "c@x.org----p----aorC\naorBARE\nksk_KEY\nhello\nhello world\n,,,,,\n");
    CHECK(forms.format == "text");
    REQUIRE(forms.accounts.size() == 8);
    const auto& a = forms.accounts;
    CHECK(a[0].account.name == "ada-work");
    CHECK(a[0].account.provider == "Google");
    CHECK(a[0].account.auth_method == "social");
    CHECK(a[0].ref == "ada@x.org");
    CHECK(a[1].account.refresh_token.equals("aorB"));
    CHECK(a[2].account.refresh_token.equals("aorC"));
    CHECK(a[3].account.refresh_token.equals("aorBARE"));
    CHECK(a[3].ref == "line 6");
    CHECK(a[4].account.api_key.equals("ksk_KEY"));
    for (const std::size_t bad : {5u, 6u, 7u}) CHECK_FALSE(a[bad].error.empty());
    CHECK(a[6].ref == "line 9");
}

TEST_CASE("CSV is read by its header, in either language, or in the order of the managers") {
    const auto chinese = read(
        "\xef\xbb\xbf\"邮箱\",\"昵称\",\"登录方式\",\"RefreshToken\",\"ClientId\",\"ClientSecret\","
        "\"Region\"\r\n"
        "\"ada@x.org\",\"ada\",\"BuilderId\",\"aor\"\"A\",\"cid\",\"csec\",\"eu-west-1\"\r\n");
    CHECK(chinese.format == "csv");
    REQUIRE(chinese.accounts.size() == 1);
    CHECK(chinese.accounts[0].account.refresh_token.equals("aor\"A"));
    CHECK(chinese.accounts[0].account.auth_region == "eu-west-1");
    CHECK(chinese.accounts[0].account.auth_method == "idc");

    const auto english =
        read("Refresh Token,E-Mail,extra\naorA,ada@x.org,1\n\naorB,'=2+3@x.org,2\n,c@x.org,3\n");
    REQUIRE(english.accounts.size() == 3);
    CHECK(english.accounts[0].account.email == "ada@x.org");
    CHECK(english.accounts[1].account.email == "=2+3@x.org");
    CHECK(english.accounts[2].error == "it has no token");

    const auto bare = read("ada@x.org,ada,Google,aorA,,\n");
    REQUIRE(bare.accounts.size() == 1);
    CHECK(bare.format == "csv");
    CHECK(bare.accounts[0].account.refresh_token.equals("aorA"));
    const auto evil = read("email,refreshToken,region\na@x.org,aorA,evil.example/\n");
    CHECK(evil.accounts[0].error.starts_with("not an AWS region"));
}

TEST_CASE("what is no text or has nothing in it is refused") {
    for (const auto* text : {"", " \n", "# nothing\n", "\xff\xfe\x01"}) {
        auto forms = read_forms(text, "here", "");
        REQUIRE_FALSE(forms);
        CHECK(forms.error().message.starts_with("here "));
    }
    CHECK_FALSE(read_forms("{\"accounts\":[", "here", ""));
}
