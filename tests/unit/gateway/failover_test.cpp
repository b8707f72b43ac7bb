// What runs under chaos taught: failovers must not collect at the accounts that refuse fastest.
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/kiro_refusals.hpp"

using namespace kg;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

constexpr std::string_view kNotSupported =
    R"({"__type":"AccessDeniedException","message":"no","reason":"FEATURE_NOT_SUPPORTED"})";

account::AccountView view_of(GatewayRig& rig, std::string_view id) {
    for (auto& view : rig.pool.view())
        if (view.id == id) return view;
    return {};
}

}  // namespace

TEST_CASE("E1: an account whose plan refuses stays in service, and others go before it") {
    GatewayRig rig(2);
    for (int i = 0; i < 3; ++i) {
        RecordingAnswer answer;
        auto job = rig.job(answer, GatewayRig::request());
        job->start();
        if (job->report().account_id == "a0") rig.last_chat().answer(403, kNotSupported);
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
        CHECK(answer.text == "ok");
    }
    CHECK(view_of(rig, "a0").state == account::State::unknown);
    CHECK(view_of(rig, "a0").health < view_of(rig, "a1").health);
}

TEST_CASE("E1, E7: a second try goes to the soundest account, not to the one that has room") {
    GatewayRig rig(4);
    const auto with_priority = [&](std::int64_t priority, std::string_view id) {
        REQUIRE(rig.stores->accounts().update(id, [&](store::Account& a) {
            a.priority = priority;
            return true;
        }));
    };
    for (const auto* id : {"a1", "a2", "a3"}) with_priority(1, id);
    rig.reload();
    for (int i = 0; i < 4; ++i) {  // a1 and a3 refuse quickly and are always free
        rig.pool.report_failure("a1", "m", {.cls = kiro::FailureClass::feature_unsupported});
        rig.pool.report_failure("a3", "m", {.cls = kiro::FailureClass::feature_unsupported});
    }
    std::vector<RecordingAnswer> answers(20);
    std::vector<std::unique_ptr<gateway::ChatJob>> jobs;
    for (auto& answer : answers) {
        jobs.push_back(rig.job(answer, GatewayRig::request()));
        jobs.back()->start();
        CHECK(jobs.back()->report().account_id == "a0");
        rig.last_chat().answer(403, kNotSupported);
        CHECK(jobs.back()->report().account_id == "a2");
    }
}

TEST_CASE("F1: an account whose circuit has opened is not asked again by a request that retries") {
    GatewayRig rig(2);
    for (int i = 0; i < 4; ++i) rig.pool.report_failure("a0", "m", {.cls = kiro::FailureClass::transient});
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    REQUIRE(job->report().account_id == "a0");
    rig.last_chat().answer(503, "{}");
    CHECK(view_of(rig, "a0").state == account::State::cooling);
    CHECK(job->report().account_id == "a1");  // at once
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
}
