#include "core/kiro/control.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;
using namespace kg::kiro;

namespace {

constexpr const char* kArn = "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL";
constexpr const char* kEncodedArn =
    "arn%3Aaws%3Acodewhisperer%3Aus-east-1%3A111122223333%3Aprofile%2FABCDEFGHIJKL";

Caller caller() {
    Caller out;
    out.auth_method = AuthMethod::idc;
    out.provider = "Enterprise";
    out.access_token = Secret("aoaSAMPLE");
    out.profile_arn = kArn;
    return out;
}

std::string page(std::string_view model, std::string_view next = {}) {
    return R"({"models":[{"modelId":")" + std::string(model) + R"("}],"nextToken":)" +
           (next.empty() ? "null" : "\"" + std::string(next) + "\"") + "}";
}

template <class Call, class Value>
struct Run {
    using Outcome = Result<Value, Failure>;
    explicit Run(UpstreamOptions options = {}, Caller who = caller()) {
        call = std::make_unique<Call>(fetcher, options, std::move(who), [this](Outcome outcome) {
            ++calls;
            result = std::make_unique<Outcome>(std::move(outcome));
            call.reset();
        });
    }
    test::ScriptedFetcher::Call& server() { return fetcher.last(); }
    const Value& value() {
        REQUIRE(result);
        REQUIRE(*result);
        return **result;
    }
    FailureClass failure() {
        REQUIRE(result);
        REQUIRE(!*result);
        return result->error().cls;
    }
    test::ScriptedFetcher fetcher;
    std::unique_ptr<Call> call;
    std::unique_ptr<Outcome> result;
    int calls = 0;
};
using Models = Run<ListModels, std::vector<Model>>;
using Profiles = Run<ListProfiles, std::vector<ListProfiles::Profile>>;

}  // namespace

TEST_CASE("the model list is asked of the first generation, with the account's ARN") {
    Models run;
    CHECK(run.server().request.method == http::Method::get);
    CHECK(run.server().request.url == std::string("https://management.us-east-1.kiro.dev/"
                                                  "List-Available-Models?origin=AI_EDITOR&profileArn=") +
                                          kEncodedArn);
    CHECK(run.server().has_header("authorization: Bearer aoaSAMPLE"));
    CHECK(run.calls == 0);
    run.server().answer(200, page("claude-sonnet-4.5"));
    CHECK(run.calls == 1);
    REQUIRE(run.value().size() == 1);
    CHECK(run.value()[0].info.id == "claude-sonnet-4.5");
    CHECK(run.fetcher.count() == 1);
}

TEST_CASE("model pages are followed to their end, and no further than a bound") {
    Models run;
    run.server().answer(200, page("a", "t/1"));
    CHECK(run.server().request.url.ends_with("&nextToken=t%2F1"));
    run.server().answer(200, page("b"));
    CHECK(run.value().size() == 2);

    Models endless;
    for (int i = 0; i < 100 && !endless.result; ++i)
        endless.server().answer(200, page("m", "t" + std::to_string(i)));
    CHECK(endless.value().size() == 20);

    Models stuck;
    for (int i = 0; i < 100 && !stuck.result; ++i) stuck.server().answer(200, page("m", "same"));
    CHECK(stuck.fetcher.count() == 2);
}

TEST_CASE("the next generation is asked when one does not know the operation or cannot be reached") {
    const std::string second = std::string(
                                   "https://q.us-east-1.amazonaws.com/"
                                   "ListAvailableModels?origin=AI_EDITOR&maxResults=50&profileArn=") +
                               kEncodedArn;
    {
        Models run;
        run.server().answer(404, "{}");
        CHECK(run.server().request.url == second);
        run.server().answer(200, page("a"));
        CHECK(run.value().size() == 1);
    }
    {
        Models run;
        run.server().fail(fetch::FailureKind::dns);
        CHECK(run.server().request.url == second);
        run.server().answer(500, "");
        CHECK(run.failure() == FailureClass::transient);
    }
    {
        Models run;
        run.server().answer(200, "<html>");
        CHECK(run.server().request.url == second);
        run.server().answer(200, "<html>");
        CHECK(run.failure() == FailureClass::damaged_stream);
    }
}

TEST_CASE("a refusal about the account is not carried to another generation") {
    for (const int status : {401, 403, 429, 500}) {
        Models run;
        run.server().answer(status, "{}");
        CHECK(run.result);
        CHECK(run.fetcher.count() == 1);
    }
}

TEST_CASE("pages of a generation that failed half-way are not mixed with the next one's") {
    Models run;
    run.server().answer(200, page("half", "t1"));
    run.server().answer(404, "");
    CHECK(run.server().request.url.find("nextToken") == std::string::npos);
    run.server().answer(200, page("whole"));
    REQUIRE(run.value().size() == 1);
    CHECK(run.value()[0].info.id == "whole");
}

TEST_CASE("an address of one's own is asked in both spellings, and nobody else is") {
    for (const bool management : {true, false}) {
        UpstreamOptions options;
        options.endpoints = {Generation::runtime};
        (management ? options.management_url : options.api_url) = "http://127.0.0.1:1";
        Models run(options);
        CHECK(run.server().request.url.starts_with("http://127.0.0.1:1/List-Available-Models?"));
        run.server().answer(404, "");
        CHECK(run.server().request.url.starts_with("http://127.0.0.1:1/ListAvailableModels?"));
        run.server().answer(404, "");
        CHECK(run.failure() == FailureClass::wrong_endpoint);
        CHECK(run.fetcher.count() == 2);
    }
}

TEST_CASE("the ARN is left out when unknown and known for fixed providers") {
    Caller who = caller();
    who.profile_arn.clear();
    Models unknown({}, who);
    CHECK(unknown.server().request.url.find("profileArn") == std::string::npos);
    who.provider = "BuilderId";
    Models builder({}, who);
    CHECK(builder.server().request.url.find("638616132270") != std::string::npos);
}

TEST_CASE("destroying a control call cancels it") {
    Models run;
    run.call.reset();
    CHECK(run.server().cancelled);
    CHECK(run.calls == 0);
}

TEST_CASE("profiles: the likely region first, then the others") {
    UpstreamOptions options;
    options.endpoints = {Generation::q};
    Caller who = caller();
    who.profile_arn.clear();
    who.auth_region = "eu-west-1";
    Profiles run(options, who);
    CHECK(run.server().request.method == http::Method::post);
    CHECK(run.server().request.url == "https://q.eu-central-1.amazonaws.com/ListAvailableProfiles");
    CHECK(run.server().request.body == R"({"maxResults":10})");
    CHECK(run.server().has_header("content-type: application/json"));
    run.server().answer(200, R"({"profiles":[],"nextToken":null})");
    CHECK(run.server().request.url == "https://q.us-east-1.amazonaws.com/ListAvailableProfiles");
    run.server().answer(200, std::string(R"({"profiles":[{"arn":")") + kArn +
                                 R"(","profileName":"Team"},{"arn":"bad","profileName":"x"}]})");
    REQUIRE(run.value().size() == 1);
    CHECK(run.value()[0].arn == kArn);
    CHECK(run.value()[0].name == "Team");
}

TEST_CASE("profiles: a 403 in one region means the other, a dead token means stop") {
    UpstreamOptions options;
    options.endpoints = {Generation::q};
    Profiles run(options);
    run.server().answer(403, R"({"message":"no"})");
    CHECK(run.fetcher.count() == 2);
    CHECK(run.server().request.url == "https://q.eu-central-1.amazonaws.com/ListAvailableProfiles");
    run.server().answer(403, R"({"message":"no"})");
    CHECK(run.failure() == FailureClass::forbidden_other);

    Profiles dead(options);
    dead.server().answer(403, R"({"message":"Token expired"})");
    CHECK(dead.failure() == FailureClass::token_dead);
    CHECK(dead.fetcher.count() == 1);

    Profiles none(options);
    none.server().answer(200, "{}");
    none.server().answer(403, "{}");
    CHECK(none.value().empty());
}

TEST_CASE("profiles: pages, generations and nonsense") {
    Profiles run;
    CHECK(run.server().request.url == "https://management.us-east-1.kiro.dev/List-Available-Profiles");
    CHECK(run.server().request.body == "{}");
    run.server().answer(404, "");
    CHECK(run.server().request.url == "https://q.us-east-1.amazonaws.com/ListAvailableProfiles");
    run.server().answer(200, std::string(R"({"profiles":[{"arn":")") + kArn + R"("}],"nextToken":"n"})");
    CHECK(run.server().request.body == R"({"maxResults":10,"nextToken":"n"})");
    run.server().answer(200, std::string(R"({"profiles":[{"arn":")") + kArn + R"("}]})");
    CHECK(run.value().size() == 2);

    UpstreamOptions local;
    local.management_url = "http://127.0.0.1:1";
    Profiles nonsense(local);
    nonsense.server().answer(200, "[]");
    nonsense.server().answer(200, R"({"profiles":5})");
    CHECK(nonsense.failure() == FailureClass::damaged_stream);
    CHECK(nonsense.fetcher.count() == 2);
}
