#include <functional>

#include "tests/unit/admin/rig.hpp"

using namespace kg;
using test::AdminRig;
using enum http::Method;

namespace {

std::string token(const std::string& name) {
    return "aorAAAAAG" + name + std::string(60, 'x') + ":MGQCM" + std::string(80, 'y');
}

std::string file() {
    return R"([{"email":"one@example.com","provider":"Google","refreshToken":")" + token("one") +
           R"("},{"email":"cut@example.com","provider":"Google","refreshToken":"aor...end"},)" +
           R"({"email":"two@example.com","provider":"Github","refreshToken":")" + token("two") + R"("}])";
}

http::Response import_file(AdminRig& rig, const std::string& body, const std::string& query = "") {
    return rig.ask_as_admin(post, "/api/accounts/import", body, query);
}

const std::string kUsage =
    R"({"nextDateReset":1798761600,"subscriptionInfo":{"subscriptionTitle":"KIRO PRO"},)"
    R"("usageBreakdownList":[{"resourceType":"CREDIT","usageLimitWithPrecision":1000,)"
    R"("currentUsageWithPrecision":250}]})";

/// One request of the admin, while `upstream` answers what the gateway asks meanwhile.
http::Response play(AdminRig& rig, const std::string& path, const std::string& body,
                    const std::function<void(test::ScriptedFetcher::Call&)>& upstream) {
    test::RecordingExchange exchange(rig.gateway.loop);
    exchange.asked.method = post;
    exchange.asked.path = path;
    exchange.asked.peer = "192.0.2.7";
    exchange.asked.headers.add("authorization", std::string("Bearer ") + AdminRig::kPassword);
    std::unique_ptr<httpd::Handler> handler;
    for (const auto& route : rig.routes) {
        if (route.method == post) handler = route.make(exchange, "");
    }
    handler->on_head(exchange);
    handler->on_request(exchange, body);
    for (auto seen = rig.gateway.fetcher.count(); exchange.answers == 0;) {
        if (seen < rig.gateway.fetcher.count())
            upstream(rig.gateway.fetcher.call(seen++));
        else
            rig.gateway.loop.run_once(true);  // doors wake it
    }
    rig.gateway.async.flush();
    return exchange.answer;
}

}  // namespace

TEST_CASE("I4: a file of accounts is shown before it is imported, and what fails stops nothing") {
    AdminRig rig;
    const auto count = [&] { return rig.gateway.stores->accounts().list()->size(); };
    const auto answer = import_file(rig, file(), "dryRun=true&tags=new,eu");
    REQUIRE(answer.status == 200);
    CHECK(answer.body.find(token("one")) == std::string::npos);
    const auto dry = AdminRig::json(answer);
    CHECK(dry.root()["dryRun"].as_bool() == true);
    CHECK(dry.root()["added"].as_int() == 2);
    CHECK(dry.root()["failed"].as_int() == 1);
    CHECK(dry.root()["items"].at(1)["ref"].text() == "cut@example.com");
    CHECK(dry.root()["items"].at(1)["result"].text() == "failed");
    CHECK(dry.root()["items"].at(1)["message"].text().find("cut") != std::string_view::npos);
    CHECK(count() == 2);

    const auto real = AdminRig::json(import_file(rig, file(), "tags=new,eu&groups=team"));
    CHECK(real.root()["added"].as_int() == 2);
    CHECK(count() == 4);
    const auto one = AdminRig::json(rig.ask_as_admin(get, "/api/accounts/one@example.com"));
    CHECK(one.root()["tags"].size() == 2);
    CHECK(one.root()["groups"].at(0).text() == "team");
    const auto again = AdminRig::json(import_file(rig, file()));
    CHECK(again.root()["skipped"].as_int() == 2);
    CHECK(count() == 4);
    const auto audit = AdminRig::json(rig.ask_as_admin(get, "/api/audit"));
    CHECK(audit.root()["entries"].size() == 2);
    CHECK(audit.root()["entries"].at(0)["action"].text() == "account.create");
}

TEST_CASE("I4: an import may leave known accounts alone, reads lines of text too, and tells what is wrong") {
    AdminRig rig;
    const auto with_expiry = [](int ms) {
        return R"({"email":"one@example.com","provider":"Google","refreshToken":")" + token("one") +
               R"(","accessToken":"a","expiresAt":)" + std::to_string(ms) + "000000000}";
    };
    REQUIRE(import_file(rig, with_expiry(1800)).status == 200);
    CHECK(AdminRig::json(import_file(rig, with_expiry(1900), "existing=skip")).root()["skipped"].as_int() ==
          1);
    CHECK(AdminRig::json(import_file(rig, with_expiry(1900))).root()["updated"].as_int() == 1);
    const auto csv = AdminRig::json(import_file(rig, "three@example.com," + token("three") + "\n"));
    CHECK(csv.root()["added"].as_int() == 1);
    CHECK(import_file(rig, "").status == 422);
    CHECK(import_file(rig, "{\"nothing\":1}").status == 422);
    CHECK(import_file(rig, file(), "dryRun=perhaps").status == 400);
    CHECK(import_file(rig, file(), "tags=a%20b").status == 400);
    CHECK(import_file(rig, file(), "existing=burn").status == 400);
}

TEST_CASE("I4 B17: secrets leave only for who shows the password anew, and that is written down") {
    AdminRig rig;
    REQUIRE(import_file(rig, file()).status == 200);
    const auto mine = rig.sign_in();
    const auto leave = [&](const std::string& body) {
        return rig.ask(post, "/api/accounts/export",
                       {.cookie = mine.cookie, .csrf = mine.csrf, .body = body});
    };
    const auto redacted = leave("{}");
    CHECK(redacted.status == 200);
    CHECK(redacted.body.find(token("one")) == std::string::npos);
    CHECK(redacted.body.find("refresh-a0") == std::string::npos);
    CHECK(redacted.headers.get("content-type") == "application/json");
    CHECK(redacted.headers.get("content-disposition").find("attachment") == 0);
    const auto password = std::string(R"("password":")") + AdminRig::kPassword + "\"";
    CHECK(leave(R"({"secrets":true})").status == 422);
    const auto wrong = leave(R"({"secrets":true,"password":"guess"})");
    CHECK(wrong.status == 403);
    CHECK(wrong.body.find(token("one")) == std::string::npos);
    CHECK(AdminRig::json(wrong).root()["error"]["field"].text() == "password");
    CHECK(rig.ask(get, "/api/session", {.cookie = mine.cookie}).status == 200);
    const auto whole = leave(R"({"secrets":true,)" + password + "}");
    CHECK(whole.status == 200);
    CHECK(whole.body.find(token("one")) != std::string::npos);
    CHECK(whole.headers.get("x-kirogate-accounts") == "4");
    const auto some =
        leave(R"({"format":"csv","secrets":true,"select":{"q":"domain:example.com -two"},)" + password + "}");
    CHECK(some.body.find(token("one")) != std::string::npos);
    CHECK(some.body.find(token("two")) == std::string::npos);
    CHECK(some.headers.get("content-type").starts_with("text/csv"));
    CHECK(leave(R"({"format":"summary","secrets":true,)" + password + "}").status == 422);
    CHECK(leave(R"({"format":"xml"})").status == 422);
    // Guessing here is slowed down like guessing at the door.
    int throttled = 0;
    for (int i = 0; i < 10; ++i) throttled += leave(R"({"secrets":true,"password":"guess"})").status == 429;
    CHECK(throttled >= 6);

    const auto audit = AdminRig::json(
        rig.ask(get, "/api/audit", {.bearer = "operator-token", .query = "action=account.export"}));
    REQUIRE(audit.root()["entries"].size() == 3);
    CHECK(audit.root()["entries"].at(1)["detail"]["secrets"].as_bool() == true);
    CHECK(audit.root()["entries"].at(2)["detail"]["secrets"].as_bool() == false);
}

TEST_CASE("I4: what was exported with secrets is imported elsewhere as it was") {
    AdminRig from, to;
    REQUIRE(import_file(from, file(), "tags=x&groups=team").status == 200);
    const auto text = from.ask_as_admin(post, "/api/accounts/export",
                                        R"({"secrets":true,"select":{"q":"tag:x"},"password":")" +
                                            std::string(AdminRig::kPassword) + "\"}")
                          .body;
    CHECK(AdminRig::json(import_file(to, text)).root()["added"].as_int() == 2);
    const auto there = to.gateway.stores->accounts().select("two@example.com");
    REQUIRE(there->has_value());
    CHECK((*there)->refresh_token.reveal() == token("two"));
    CHECK((*there)->tags == std::vector<std::string>{"x"});
}

TEST_CASE("I8: verify asks upstream, and tells plan and quota or why the login does not work") {
    AdminRig rig;
    const auto verify = [&](const std::string& id, int status, const std::string& body) {
        return play(rig, "/api/accounts/" + id + "/verify", "",
                    [&](test::ScriptedFetcher::Call& call) { call.answer(status, body); });
    };
    const auto works = AdminRig::json(verify("a0", 200, kUsage));
    CHECK(works.root()["valid"].as_bool() == true);
    CHECK(works.root()["subscriptionType"].text() == "KIRO PRO");
    CHECK(works.root()["quota"]["remaining"].as_double() == 750);
    CHECK(AdminRig::json(rig.ask_as_admin(get, "/api/accounts/a0")).root()["subscriptionType"].text() ==
          "KIRO PRO");
    const auto refused = AdminRig::json(verify("a1", 403, R"({"message":"The bearer token is invalid"})"));
    CHECK(refused.root()["valid"].as_bool() == false);
    CHECK_FALSE(refused.root()["error"].text().empty());
    CHECK(rig.ask_as_admin(post, "/api/accounts/nobody/verify").status == 404);
}

TEST_CASE("I4 I8: a batch asks upstream about each account, and tells which do not work") {
    AdminRig rig;
    for (int i = 2; i < 12; ++i) rig.gateway.add_account("a" + std::to_string(i));
    rig.gateway.reload();
    const auto upstream = [&](test::ScriptedFetcher::Call& call) {
        const bool bad = call.has_header("authorization: Bearer access-a3");
        call.answer(bad ? 403 : 200, bad ? R"({"message":"The bearer token is invalid"})" : kUsage);
    };
    const auto answer = AdminRig::json(
        play(rig, "/api/accounts/batch", R"({"op":"verify","select":{"q":"-id:a4"}})", upstream));
    CHECK(answer.root()["matched"].as_int() == 11);
    CHECK(answer.root()["success"].as_int() == 10);
    REQUIRE(answer.root()["errors"].size() == 1);
    CHECK(answer.root()["errors"].at(0)["id"].text() == "a3");
    const auto gone = AdminRig::json(
        play(rig, "/api/accounts/batch", R"({"op":"refresh","select":{"ids":["nobody"]}})", upstream));
    CHECK(gone.root()["errors"].at(0)["id"].text() == "nobody");
    const auto none = AdminRig::json(
        play(rig, "/api/accounts/batch", R"({"op":"verify","select":{"q":"tag:none"}})", upstream));
    CHECK(none.root()["matched"].as_int() == 0);
    std::string many;
    for (int i = 0; i < 501; ++i)
        many.append(many.empty() ? "" : ",").append("\"x" + std::to_string(i) + "\"");
    CHECK(rig.ask_as_admin(post, "/api/accounts/batch", R"({"op":"verify","select":{"ids":[)" + many + "]}}")
              .status == 422);
    const auto audit = AdminRig::json(rig.ask_as_admin(get, "/api/audit", "", "action=account.verify"));
    CHECK(audit.root()["entries"].size() == 10);
}

TEST_CASE("a batch stops when the gateway shuts down") {
    AdminRig rig;
    rig.draining = true;
    const auto answer = AdminRig::json(
        rig.ask_as_admin(post, "/api/accounts/batch", R"({"op":"disable","select":{"q":"all"}})"));
    CHECK(answer.root()["success"].as_int() == 0);
    CHECK(answer.root()["failed"].as_int() == 2);
}
