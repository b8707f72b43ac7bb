#include "core/exchange/export.hpp"

#include "core/exchange/forms.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"

using namespace kg;
using namespace kg::exchange;

namespace {

constexpr Format kAll[] = {Format::kirogate, Format::kam, Format::kiro_rs, Format::minimal,
                           Format::csv,      Format::txt, Format::dash,    Format::summary};

std::vector<store::Account> some() {
    auto idc = test::full_account("acc_idc", "idc");
    idc.follow_path.clear();
    idc.api_key = Secret();
    idc.priority = 5;
    idc.start_url.clear();
    auto social = test::full_account("acc_social", "social");
    social.auth_method = "social";
    social.provider = "Google";
    social.client_id.clear();
    social.client_secret = social.api_key = Secret();
    social.refresh_token = Secret("aorSOCIAL--");
    return {idc, social};
}

}  // namespace

TEST_CASE("the forms have names") {
    for (const auto format : kAll) CHECK(parse_format(format_name(format)) == format);
    CHECK_FALSE(parse_format("xml"));
    CHECK(format_names().starts_with("kirogate, kam, "));
}

TEST_CASE("nothing secret is in an export that was not asked for secrets, nor ever in a summary") {
    auto accounts = some();
    accounts.push_back(test::full_account("acc_key"));
    for (const auto format : kAll) {
        INFO(format_name(format));
        for (const bool secrets : {false, true}) {
            if (secrets && format != Format::summary) continue;
            const auto text = export_accounts(accounts, format, secrets, WallTime{});
            CHECK_FALSE(text.empty());
            for (const auto& a : accounts) {
                for (const auto* secret : {&a.access_token, &a.refresh_token, &a.client_secret, &a.api_key}) {
                    if (!secret->empty()) CHECK(text.find(secret->reveal()) == std::string::npos);
                }
            }
            CHECK(text.find("proxy-password") == std::string::npos);
        }
    }
}

TEST_CASE("what was exported with secrets is imported as it was") {
    const auto accounts = some();
    for (const auto format : kAll) {
        if (format == Format::summary) continue;
        INFO(format_name(format));
        auto forms = read_forms(export_accounts(accounts, format, true, WallTime{}), "here", "");
        REQUIRE(forms);
        REQUIRE(forms->accounts.size() == 2);
        for (std::size_t i = 0; i < 2; ++i) {
            const auto& in = forms->accounts[i];
            CHECK(in.error.empty());
            CHECK(in.account.email == accounts[i].email);
            CHECK(in.account.refresh_token == accounts[i].refresh_token);
            if (format == Format::txt) continue;  // has no more
            CHECK(in.account.client_id == accounts[i].client_id);
            CHECK(in.account.client_secret == accounts[i].client_secret);
            if (format == Format::kiro_rs) continue;  // names no provider
            CHECK(in.account.provider == accounts[i].provider);
        }
        if (format != Format::kirogate) continue;
        const auto& back = forms->accounts[0].account;
        const auto& was = accounts[0];
        CHECK(back.name == was.name);
        CHECK(back.groups == was.groups);
        CHECK(back.tags == was.tags);
        CHECK(back.weight == was.weight);
        CHECK(back.max_concurrency == was.max_concurrency);
        CHECK(back.requests_per_minute == was.requests_per_minute);
        CHECK(back.request_burst == was.request_burst);
        CHECK(back.tokens_per_minute == was.tokens_per_minute);
        CHECK(back.profile_arn == was.profile_arn);
        CHECK(back.proxy == was.proxy);
        CHECK(back.machine_id == was.machine_id);
        CHECK(back.expires_at_ms == was.expires_at_ms);
        CHECK(back.enabled == was.enabled);
    }
}

TEST_CASE("a spreadsheet takes no cell for a formula") {
    auto accounts = some();
    accounts[0].email = "=cmd()@x.org";
    accounts[0].name = "a\"b";
    const auto text = export_accounts(accounts, Format::csv, true, WallTime{});
    CHECK(text.find("\"'=cmd()@x.org\",\"a\"\"b\"") != std::string::npos);
    CHECK(read_forms(text, "here", "")->accounts[0].account.email == "=cmd()@x.org");
}
