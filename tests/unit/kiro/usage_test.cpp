#include "core/kiro/usage.hpp"

#include <cmath>

#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;
using namespace kg::kiro;

namespace {

const std::string kSample = R"({
  "daysUntilReset": 12, "limits": [], "nextDateReset": 1769904000,
  "overageConfiguration": {"overageLimit": null, "overageStatus": "DISABLED"},
  "subscriptionInfo": {"subscriptionTitle": "KIRO FREE", "type": "Q_DEVELOPER_STANDALONE_FREE"},
  "totalUsage": null, "usageBreakdown": null,
  "usageBreakdownList": [{
    "resourceType": "CREDIT", "currentUsage": 21, "currentUsageWithPrecision": 21.38,
    "usageLimit": 50, "usageLimitWithPrecision": 50.0, "nextDateReset": 1769904000,
    "overageCap": 10000, "overageCapWithPrecision": 10000.0,
    "currentOverages": 0, "currentOveragesWithPrecision": 0.0, "overageCredits": [],
    "freeTrialInfo": {"freeTrialStatus": "ACTIVE", "freeTrialExpiry": 1768435200.0,
      "currentUsage": 100, "currentUsageWithPrecision": 100.5, "usageLimit": 500, "usageLimitWithPrecision": 500.0},
    "bonuses": [{"bonusCode": "WELCOME", "status": "ACTIVE", "expiresAt": 1768435200.0,
      "currentUsage": 0.0, "usageLimit": 100.0}]
  }],
  "userInfo": {"email": "user@example.com"}
})";

WallTime day(unsigned d) {
    using namespace std::chrono;
    return sys_days{year(2026) / January / d};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

bool near(double a, double b) {
    return std::abs(a - b) < 1e-6;
}

}  // namespace

TEST_CASE("E8: credits of base, trial and bonus are added up while they last") {
    const auto early = parse_usage(kSample, day(10));
    REQUIRE(early);
    CHECK(near(early->limit, 650));
    CHECK(near(early->used, 121.88));
    CHECK(near(early->remaining(), 528.12));
    CHECK(early->plan == "KIRO FREE");
    CHECK(to_ms(early->resets_at) == 1'769'904'000'000);
    const auto later = parse_usage(kSample, day(20));
    REQUIRE(later);
    CHECK(near(later->remaining(), 28.62));
}

TEST_CASE("E8: overage counts where it is paid for") {
    const auto paid = parse_usage(replaced(kSample, "\"DISABLED\"", "\"ENABLED\""), day(20));
    REQUIRE(paid);
    CHECK(near(paid->remaining(), 10'028.62));
}

TEST_CASE("E8: reset dates come in four spellings, and a past or missing one means the next month") {
    for (const auto* spelling :
         {"1769904000", "1769904000.0", "1.769904E9", "1769904000000", "\"2026-02-01T00:00:00Z\""}) {
        auto text =
            replaced(kSample, "\"usageLimitWithPrecision\": 50.0, \"nextDateReset\": 1769904000",
                     std::string("\"usageLimitWithPrecision\": 50.0, \"nextDateReset\": ") + spelling);
        CHECK(to_ms(parse_usage(text, day(10))->resets_at) == 1'769'904'000'000);
    }
    const auto march = WallTime{std::chrono::sys_days{std::chrono::year(2026) / 3 / 5}};
    CHECK(parse_usage(kSample, march)->resets_at ==
          WallTime{std::chrono::sys_days{std::chrono::year(2026) / 4 / 1}});
}

TEST_CASE("an answer without a limit is an error, oddities are not") {
    for (const auto* text : {"", "[]", "3", "{}", R"({"usageBreakdownList":null})",
                             R"({"usageBreakdownList":[]})", R"({"usageBreakdownList":[{"usageLimit":-1}]})",
                             R"({"usageBreakdownList":[{"usageLimit":"many"}]})"}) {
        INFO(text);
        CHECK_FALSE(parse_usage(text, day(1)));
    }
    const auto bare =
        parse_usage(R"({"usageBreakdownList":[{"resourceType":"VIBE","usageLimit":7}]})", day(1));
    REQUIRE(bare);
    CHECK(near(bare->remaining(), 7));
}

TEST_CASE("the usage is asked once, of the next generation when the first does not know it") {
    test::ScriptedFetcher fetcher;
    test::ManualClock clock;
    Caller caller;
    caller.access_token = Secret("aoaSAMPLE");
    caller.profile_arn = "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL";
    std::optional<Usage> usage;
    int calls = 0;
    GetUsage call(fetcher, {}, caller, clock, [&](Result<Usage, Failure> result) {
        ++calls;
        if (result) usage = *result;
    });
    CHECK(fetcher.last().request.url.starts_with(
        "https://management.us-east-1.kiro.dev/getUsageLimits?origin=AI_EDITOR"));
    CHECK(fetcher.last().request.url.find("&profileArn=arn%3Aaws") != std::string::npos);
    fetcher.last().answer(404, "{}");
    CHECK(fetcher.last().request.url.starts_with("https://q.us-east-1.amazonaws.com/getUsageLimits?"));
    fetcher.last().answer(200, kSample);
    CHECK(calls == 1);
    REQUIRE(usage);
    CHECK(usage->limit == 650);
}
