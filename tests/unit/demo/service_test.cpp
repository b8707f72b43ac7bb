#include "tests/unit/demo/rig.hpp"

#include "daemon/demo/demo.hpp"

using namespace kg;
using namespace kg::demo;

namespace {

const std::string kHello = chat_body("Hello");

std::string member(const std::string& body, std::string_view key) {
    auto document = json::Document::parse(body);
    REQUIRE(document);
    return std::string(document->root()[key].text());
}

std::string with_token(const std::string& token) {
    return "authorization: Bearer " + token + "\r\n";
}

}  // namespace

TEST_CASE("plain answers replace the operation's own, as often as told") {
    Rig rig(R"({"accept_unknown":true,"actions":[
        {"times":2,"status":429,"headers":{"retry-after":"7","x-amzn-errortype":"ThrottlingException:"},"body":{"message":"slow","reason":null}},
        {"op":"models","status":500,"body":"<html>","headers":{"content-type":"text/html"}}]})");
    for (int i = 0; i < 2; ++i) {
        const auto answer = rig.chat(kHello);
        CHECK(answer.status == 429);
        CHECK(answer.headers.get("retry-after") == "7");
        CHECK(answer.headers.get("x-amzn-errortype") == "ThrottlingException:");
        CHECK(answer.body == R"({"message":"slow","reason":null})");
    }
    CHECK(rig.chat(kHello).status == 200);
    const auto models = rig.call("GET", "/ListAvailableModels");
    CHECK(models.status == 500);
    CHECK(models.body == "<html>");
    CHECK(models.headers.get("content-type") == "text/html");
    CHECK(rig.call("GET", "/ListAvailableModels").status == 200);
}

TEST_CASE("pushed actions come before the scenario's, and 0 times is for ever") {
    Rig rig(R"({"accept_unknown":true,"actions":[{"times":0,"status":503,"body":{}}]})");
    rig.push(R"({"status":418,"body":{}})");
    CHECK(rig.chat(kHello).status == 418);
    for (int i = 0; i < 3; ++i) CHECK(rig.chat(kHello).status == 503);
    rig.play("{}");
    CHECK(rig.chat(kHello).status == 403);  // also the tokens' rules are the new scenario's
}

TEST_CASE("every form of every operation is served") {
    Rig rig;
    struct Row {
        std::string_view method, path, target, sign;
    };
    const auto rows = std::to_array<Row>({
        {"POST", "/generateAssistantResponse", "", "assistantResponseEvent"},
        {"POST", "/SendMessageStreaming", "", "assistantResponseEvent"},
        {"POST", "/", "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
         "assistantResponseEvent"},
        {"POST", "/", "AmazonQDeveloperStreamingService.SendMessage", "assistantResponseEvent"},
        {"POST", "/", "KiroRuntimeService.GenerateAssistantResponse", "assistantResponseEvent"},
        {"GET", "/ListAvailableModels?origin=AI_EDITOR", "", "claude-sonnet-4.5"},
        {"GET", "/List-Available-Models?origin=AI_EDITOR", "", "claude-sonnet-4.5"},
        {"POST", "/?origin=KIRO_CLI", "AmazonCodeWhispererService.ListAvailableModels", "claude-sonnet-4.5"},
        {"POST", "/", "KiroControlPlaneBearerService.ListAvailableModels", "claude-sonnet-4.5"},
        {"GET", "/getUsageLimits?profileArn=x", "", "usageBreakdownList"},
        {"GET", "/GETUSAGELIMITS?profileArn=x", "", "usageBreakdownList"},
        {"GET", "/Get-Usage-Limits?profileArn=x", "", "usageBreakdownList"},
        {"POST", "/?profileArn=x", "AmazonCodeWhispererService.GetUsageLimits", "usageBreakdownList"},
        {"POST", "/?profileArn=x", "KiroControlPlaneBearerService.GetUsageLimits", "usageBreakdownList"},
        {"POST", "/ListAvailableProfiles", "", "profiles"},
        {"POST", "/List-Available-Profiles", "", "profiles"},
        {"POST", "/", "AmazonCodeWhispererService.ListAvailableProfiles", "profiles"},
        {"POST", "/mcp", "", "jsonrpc"},
        {"POST", "/", "KiroRuntimeService.InvokeMCP", "jsonrpc"},
        {"POST", "/", "AmazonCodeWhispererStreamingService.InvokeMCP", "jsonrpc"},
        {"POST", "/client/register", "", "clientSecret"},
        {"POST", "/device_authorization", "", "userCode"},
    });
    for (const Row& row : rows) {
        INFO(row.method << " " << row.path << " " << row.target);
        std::string fields = with_token("aoaTest");
        if (!row.target.empty()) fields += "x-amz-target: " + std::string(row.target) + "\r\n";
        if (row.sign == "jsonrpc")
            fields += "x-amzn-kiro-profile-arn: arn:aws:codewhisperer:us-east-1:1:profile/A\r\n";
        const auto answer = rig.call(row.method, row.path, kHello, fields);
        CHECK(answer.status == 200);
        CHECK(answer.body.find(row.sign) != std::string::npos);
    }
    CHECK(rig.call("POST", "/", kHello).status == 404);
    CHECK(rig.call("POST", "/nothing", "{}").status == 404);
    CHECK(rig.call("GET", "/generateAssistantResponse").status == 404);
    CHECK(rig.call("GET", "/getUsageLimits").body.find("Invalid profileArn.") != std::string::npos);
}

TEST_CASE("a bearer is judged by its state, differently on the data and the control plane") {
    Rig rig(
        R"({"tokens":{"aoaOk":"ok","aoaExpired":"expired","aoaInvalid":"invalid","aoaSuspended":"suspended",
                "aoaQuota":"quota","aoaThrottled":"throttled"}})");
    const auto chat = [&](const char* token) {
        return rig.call("POST", "/generateAssistantResponse", kHello, with_token(token));
    };
    const auto models = [&](const char* token) {
        return rig.call("GET", "/ListAvailableModels", {}, with_token(token));
    };
    CHECK(chat("aoaOk").status == 200);
    CHECK(models("aoaOk").status == 200);
    CHECK(chat("aoaExpired").status == 401);
    CHECK(models("aoaExpired").status == 403);
    CHECK(models("aoaExpired").body == R"({"message":"Token expired"})");
    CHECK(chat("aoaInvalid").body ==
          R"({"__type":"com.amazon.aws.codewhisperer#AccessDeniedException",)"
          R"("message":"The bearer token included in the request is invalid.","reason":null})");
    CHECK(chat("aoaUnknown").status == 403);
    CHECK(chat("aoaSuspended").status == 403);
    CHECK(member(chat("aoaSuspended").body, "reason") == "TEMPORARILY_SUSPENDED");
    CHECK(chat("aoaQuota").status == 402);
    CHECK(member(chat("aoaQuota").body, "reason") == "MONTHLY_REQUEST_COUNT");
    CHECK(models("aoaQuota").status == 200);
    CHECK(chat("aoaThrottled").status == 429);
    CHECK_FALSE(chat("aoaThrottled").headers.get("retry-after").empty());
    CHECK(rig.call("POST", "/generateAssistantResponse", kHello, "").status == 401);
}

TEST_CASE("a refresh gives a new pair and kills the old refresh token") {
    Rig rig("{}");
    const std::string first = rig.fake.service().add_login("a", "Google", std::string(kArn));
    CHECK(first.starts_with("aor"));
    CHECK(first.size() > 100);
    CHECK(first.find(':') != std::string::npos);
    const auto answer = rig.refresh(first);
    REQUIRE(answer.status == 200);
    const std::string access = member(answer.body, "accessToken"),
                      second = member(answer.body, "refreshToken");
    CHECK(access.starts_with("aoa"));
    CHECK(access.size() > 100);
    CHECK(second != first);
    CHECK(member(answer.body, "profileArn") == kArn);
    CHECK(rig.call("POST", "/generateAssistantResponse", kHello, with_token(access)).status == 200);

    const auto again = rig.refresh(first);
    CHECK(again.status == 400);
    CHECK(member(again.body, "error") == "invalid_grant");
    CHECK(rig.refresh(second).status == 200);
    CHECK(rig.refresh("aorNobody").status == 401);
    CHECK(rig.fake.stats().refreshes == 2);
}

TEST_CASE("an access token ends with its lifetime, and later ones share the account's state") {
    Rig rig(R"({"access_lifetime_s":60})");
    const std::string token = rig.fake.service().add_login("a", "Google", std::string(kArn));
    const auto answer = rig.refresh(token);
    const std::string access = member(answer.body, "accessToken");
    const auto status = [&](const std::string& bearer) {
        return rig.call("POST", "/generateAssistantResponse", kHello, with_token(bearer)).status;
    };
    CHECK(status(access) == 200);
    rig.clock.since_start += std::chrono::seconds(61);
    CHECK(status(access) == 401);
    const std::string second = member(answer.body, "refreshToken");
    rig.fake.service().set_token(second, TokenState::suspended);
    CHECK(status(member(rig.refresh(second).body, "accessToken")) == 403);
}

TEST_CASE("the answer of a refresh can be lost: the token is rotated all the same") {
    Rig rig(R"({"accept_unknown":true,"lose_refresh_answers":1})");
    CHECK(rig.refresh("aorStranger").status == 0);
    CHECK(rig.refresh("aorStranger").status == 400);
    CHECK(rig.refresh("aorAnother").status == 200);
    CHECK(rig.refresh("xyz").status == 401);  // nothing that looks like a token
}

TEST_CASE("OIDC wants JSON in camelCase, an identity provider a form") {
    Rig rig;
    const std::string body =
        R"({"clientId":"c","clientSecret":"s","grantType":"refresh_token","refreshToken":"aorOne"})";
    const std::string json = "content-type: application/json\r\n";
    const auto good = rig.call("POST", "/token", body, json);
    CHECK(good.status == 200);
    CHECK(member(good.body, "tokenType") == "Bearer");
    const auto used = rig.call("POST", "/token", body, json);
    CHECK(used.status == 400);
    CHECK(used.body == R"({"error":"invalid_grant","error_description":"Invalid refresh token provided"})");
    CHECK(rig.call("POST", "/token", R"({"client_id":"c","client_secret":"s"})", json).status == 401);
    CHECK(rig.call("POST", "/token", "clientId=c", "content-type: application/x-www-form-urlencoded\r\n")
              .status == 401);

    const auto idp =
        rig.call("POST", "/oauth2/token", "grant_type=refresh_token&client_id=c&refresh_token=aorTwo",
                 "content-type: application/x-www-form-urlencoded\r\n");
    CHECK(idp.status == 200);
    CHECK(member(idp.body, "access_token").starts_with("aoa"));
    CHECK(rig.call("POST", "/oauth2/token", body, json).status == 400);
}

TEST_CASE("a device signs in on its second poll") {
    Rig rig("{}");
    const std::string json = "content-type: application/json\r\n";
    const std::string code = member(rig.call("POST", "/device_authorization", "{}", json).body, "deviceCode");
    const std::string poll =
        R"({"clientId":"c","clientSecret":"s","grantType":"urn:ietf:params:oauth:grant-type:device_code","deviceCode":")" +
        code + "\"}";
    CHECK(member(rig.call("POST", "/token", poll, json).body, "error") == "authorization_pending");
    const auto tokens = rig.call("POST", "/token", poll, json);
    REQUIRE(tokens.status == 200);
    const std::string bearer = with_token(member(tokens.body, "accessToken"));
    CHECK(rig.call("POST", "/generateAssistantResponse", kHello, bearer).status == 200);
    CHECK(rig.call("POST", "/ListAvailableProfiles", "{}", bearer).status == 403);  // Builder ID has none
    CHECK(member(rig.call("POST", "/token", poll, json).body, "error") == "expired_token");
}

TEST_CASE("usage grows with what an account asks, and is full when its quota is") {
    Rig rig("{}");
    const auto issued = rig.refresh(rig.fake.service().add_login("a", "Google", std::string(kArn)));
    const std::string bearer = with_token(member(issued.body, "accessToken"));
    const auto used = [&] {
        const auto document = json::Document::parse(
            rig.call("GET", "/getUsageLimits?profileArn=x&isEmailRequired=true", {}, bearer).body);
        REQUIRE(document);
        CHECK(document->root()["userInfo"]["email"].text() == "a@example.com");
        CHECK(document->root()["nextDateReset"].as_int() ==
              1'769'904'000);  // 2026-02-01 for a clock in January
        return document->root()["usageBreakdownList"].at(0)["currentUsageWithPrecision"].as_double().value_or(
            -1);
    };
    const double before = used();
    CHECK(rig.call("POST", "/generateAssistantResponse", kHello, bearer).status == 200);
    CHECK(used() == Approx(before + 0.013));
    rig.fake.service().set_token(member(issued.body, "refreshToken"), TokenState::quota);
    CHECK(used() == 50.0);
}

TEST_CASE("requests are recorded with their headers, and counted by path") {
    Rig rig;
    CHECK(
        rig.call("POST", "/generateAssistantResponse?x=1", kHello, with_token("aoaTest") + "x-Custom: v\r\n")
            .status == 200);
    rig.call("GET", "/nothing");
    const auto requests = rig.fake.service().requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].method == "POST");
    CHECK(requests[0].path == "/generateAssistantResponse");
    CHECK(requests[0].query == "x=1");
    CHECK(requests[0].headers.get("x-custom") == "v");
    CHECK(requests[0].body == kHello);
    CHECK(requests[0].operation == Operation::chat);
    CHECK(requests[1].operation == Operation::unknown);
    CHECK(rig.fake.stats().paths ==
          std::map<std::string, std::uint64_t>{{"/generateAssistantResponse", 1}, {"/nothing", 1}});
    rig.fake.service().forget_requests();
    CHECK(rig.fake.service().requests().empty());
}

TEST_CASE("a seed gives the same faults again") {
    const auto run = [] {
        Rig rig(
            R"({"accept_unknown":true,"faults":{"seed":7,"throttled":0.2,"error_500":0.2,"truncated":0.2,"empty":0.1}})");
        std::vector<std::pair<int, std::size_t>> out;
        for (int i = 0; i < 30; ++i) {
            const auto answer = rig.chat(kHello);
            out.emplace_back(answer.status, answer.body.size());
        }
        return out;
    };
    const auto first = run();
    CHECK(first == run());
    const auto count = [&](int status) {
        return std::count_if(first.begin(), first.end(),
                             [status](const auto& row) { return row.first == status; });
    };
    CHECK(count(429) > 0);
    CHECK(count(500) > 0);
    CHECK(count(200) > 0);
}

TEST_CASE("a typing error in a scenario is an error with its path") {
    const auto message = [](std::string_view text) {
        const auto parsed = parse_scenario(text);
        return parsed ? std::string("accepted") : parsed.error().param;
    };
    CHECK(message(R"({"acept_unknown":true})") == "acept_unknown");
    CHECK(message(R"({"actions":[{"steps":[{"txt":"x"}]}]})") == "actions[0].steps[0].txt");
    CHECK(message(R"({"actions":[{"status":42}]})") == "actions[0].status");
    CHECK(message(R"({"actions":[{"end":"never"}]})") == "actions[0].end");
    CHECK(message(R"({"actions":[{"op":"chatt"}]})") == "actions[0].op");
    CHECK(message(R"({"faults":{"throtled":0.1}})") == "faults.throtled");
    CHECK(message(R"({"tokens":{"x":"fine"}})") == "tokens.x");
}

TEST_CASE("the built-in scenarios can be read") {
    for (const char* name : {"default", "throttled", "chaos", "recovers", "bench"}) {
        INFO(name);
        CHECK(named_scenario(name));
    }
    CHECK_FALSE(named_scenario("nothing"));
}

TEST_CASE("the demo's logins are accepted, each by a refresh as for real") {
    SystemRandom random;
    auto demo = Demo::start(random);
    REQUIRE(demo);
    const auto logins = (*demo)->logins();
    REQUIRE(logins.size() == 3);
    const std::string base = (*demo)->base_url();
    REQUIRE(base.starts_with("http://127.0.0.1:"));
    const int port = std::stoi(base.substr(17));
    std::string fields;
    for (const SampleLogin& login : logins) {
        auto probe = test::HttpProbe::tcp(port);
        const auto answer = probe.exchange(
            Rig::request("POST", "/refreshToken", R"({"refreshToken":")" + login.refresh_token + "\"}", ""));
        REQUIRE(answer.status == 200);
        fields = with_token(member(answer.body, "accessToken"));
    }
    auto probe = test::HttpProbe::tcp(port);
    const auto answer = probe.exchange(Rig::request("POST", "/generateAssistantResponse", kHello, fields));
    CHECK(answer.status == 200);
    CHECK(answer.complete);
    CHECK_FALSE(decode(answer.body).damaged);
}
