#include <set>

#include "tests/unit/admin/rig.hpp"

using namespace kg;
using test::AdminRig;
using enum http::Method;

namespace {

std::string path_of(const admin::Operation& operation) {
    std::string path(operation.path);
    if (const auto at = path.find("{id}"); at != path.npos) path.replace(at, 4, "a0");
    return path;
}

}  // namespace

TEST_CASE("B11: no admin route answers without a credential, and strangers learn nothing") {
    AdminRig rig;
    std::size_t guarded = 0;
    for (const auto& operation : admin::operations()) {
        INFO(http::method_name(operation.method) << " " << operation.path);
        const auto path = path_of(operation);
        if (operation.right == admin::Right::open) {
            const std::set<std::string_view> open{"/api/login", "/api/proxy/status", "/api/proxy/health",
                                                  "/api/openapi.json"};
            CHECK(open.contains(operation.path));
            continue;
        }
        ++guarded;
        for (const std::string bearer : {"", "kga-0000000000000000000000000000000000000000", "wrong"}) {
            // Another address each time: being slowed down is another test.
            const auto answer =
                rig.ask(operation.method, path,
                        {.bearer = bearer,
                         .cookie = bearer.empty() ? "no-such-session" : "",
                         .peer = "10.1." + std::to_string(guarded) + "." + std::to_string(bearer.size())});
            CHECK((answer.status == 401 || answer.status == 429));
            CHECK(answer.body.find("a0") == std::string::npos);
            CHECK(answer.headers.get("access-control-allow-origin").empty());
        }
        rig.gateway.clock.advance(std::chrono::minutes(1));
    }
    CHECK(guarded > 30);
    for (const auto& route : rig.routes) CHECK_FALSE(route.cors);
    const auto status = rig.ask(get, "/api/proxy/status");
    CHECK(status.body == R"({"status":"running","ready":true})");
    const auto health = rig.ask(get, "/api/proxy/health");
    CHECK(health.status == 200);
    CHECK(health.body == R"({"healthy":true})");
    CHECK(AdminRig::json(rig.ask_as_admin(get, "/api/proxy/status")).root()["accounts"].as_int() == 2);
}

TEST_CASE("a read-only token looks and changes nothing") {
    AdminRig rig;
    auto made = rig.ask_as_admin(post, "/api/tokens", R"({"name":"eyes","readOnly":true})");
    REQUIRE(made.status == 201);
    const std::string token(AdminRig::json(made).root()["token"].text());
    CHECK(rig.ask(get, "/api/tokens", {.bearer = token}).body.find(token) == std::string::npos);
    for (const auto& operation : admin::operations()) {
        INFO(http::method_name(operation.method) << " " << operation.path);
        if (operation.right != admin::Right::change) continue;
        const auto answer = rig.ask(operation.method, path_of(operation), {.bearer = token, .body = "{}"});
        CHECK(answer.status == 403);
        CHECK(AdminRig::json(answer).root()["error"]["code"].text() == "read_only");
    }
    CHECK(rig.ask(get, "/api/accounts", {.bearer = token}).status == 200);
    CHECK(rig.ask(get, "/metrics", {.bearer = token}).status == 200);
    CHECK(rig.gateway.stores->accounts().list()->size() == 2);
}

TEST_CASE("B9 J1: a password is exchanged for a session that scripts of a page cannot read") {
    AdminRig rig;
    CHECK(rig.ask(post, "/api/login", {.body = R"({"password":"no"})"}).status == 401);
    const auto answer =
        rig.ask(post, "/api/login", {.body = R"({"password":")" + std::string(AdminRig::kPassword) + "\"}"});
    REQUIRE(answer.status == 200);
    const auto cookie = answer.headers.get("set-cookie");
    CHECK(cookie.find("HttpOnly") != cookie.npos);
    CHECK(cookie.find("SameSite=Strict") != cookie.npos);
    CHECK(answer.body.find(cookie.substr(17, 43)) == std::string::npos);

    const auto mine = rig.sign_in();
    CHECK(rig.ask(get, "/api/accounts", {.cookie = mine.cookie}).status == 200);
    // Every method but GET wants the token of the session, from a page of ours.
    const auto create = [&](const AdminRig::Asked& more) {
        auto asked = more;
        asked.cookie = mine.cookie;
        asked.body = R"({"name":"k1"})";
        return rig.ask(post, "/api/keys", asked);
    };
    CHECK(create({}).status == 403);
    CHECK(create({.csrf = rig.sign_in().csrf}).status == 403);
    CHECK(create({.csrf = mine.csrf, .origin = "https://evil.example"}).status == 403);
    CHECK(create({.csrf = mine.csrf, .origin = "https://gateway.example"}).status == 201);
    CHECK(rig.ask(post, "/api/login", {.body = "{}", .origin = "https://evil.example"}).status == 403);
}

TEST_CASE("sessions: a cookie that was brought along is never adopted, and sign-out ends them") {
    AdminRig rig;
    const std::string planted(43, 'x');
    const auto mine = rig.sign_in(planted);
    CHECK(mine.cookie != planted);
    CHECK(rig.ask(get, "/api/session", {.cookie = planted}).status == 401);
    const auto second = rig.sign_in(mine.cookie);
    CHECK(second.cookie != mine.cookie);

    const auto out = rig.ask(post, "/api/logout", {.cookie = mine.cookie, .csrf = mine.csrf});
    CHECK(out.status == 200);
    CHECK(out.headers.get("set-cookie").find("Max-Age=0") != std::string_view::npos);
    CHECK(rig.ask(get, "/api/session", {.cookie = mine.cookie}).status == 401);
    CHECK(rig.ask(get, "/api/session", {.cookie = second.cookie}).status == 200);
    const auto third = rig.sign_in();
    CHECK(rig.ask(post, "/api/logout-everywhere", {.cookie = third.cookie, .csrf = third.csrf}).status ==
          200);
    CHECK(rig.ask(get, "/api/session", {.cookie = second.cookie}).status == 401);
    CHECK(rig.gateway.stores->admin().sessions()->empty());
}

TEST_CASE("sessions end when they are not used, at the latest after a week, and outlive a restart") {
    using namespace std::chrono_literals;
    AdminRig rig;
    const auto mine = rig.sign_in();
    const auto works = [&] { return rig.ask(get, "/api/session", {.cookie = mine.cookie}).status == 200; };
    rig.gateway.clock.advance(11h);
    CHECK(works());
    REQUIRE(rig.office.load(Secret(AdminRig::kPassword)));  // as after a restart
    rig.gateway.clock.advance(11h);
    CHECK(works());
    for (int i = 0; i < 13; ++i) {
        rig.gateway.clock.advance(11h);
        CHECK(works());
    }
    rig.gateway.clock.advance(11h);  // 176 hours
    CHECK_FALSE(works());
    const auto idle = rig.sign_in();
    rig.gateway.clock.advance(12h);
    CHECK(rig.ask(get, "/api/session", {.cookie = idle.cookie}).status == 401);
    const auto before = rig.sign_in();
    REQUIRE(rig.office.load(Secret("another password")));
    CHECK(rig.ask(get, "/api/session", {.cookie = before.cookie}).status == 401);
}

TEST_CASE("B9: twenty wrong passwords are refused before they are checked") {
    AdminRig rig(false);
    REQUIRE(
        rig.gateway.stores->settings().put(admin::Office::kPasswordHash, password_hash(AdminRig::kPassword)));
    REQUIRE(rig.office.load_password(Secret()));
    int throttled = 0;
    for (int i = 0; i < 20; ++i) {
        const auto answer = rig.ask(post, "/api/login", {.body = R"({"password":"guess"})"});
        throttled += answer.status == 429;
        if (answer.status == 429) CHECK(answer.headers.has("retry-after"));
    }
    CHECK(throttled >= 16);
    CHECK(rig.ask_as_admin(get, "/api/accounts").status == 429);  // not even the right one, from there
    CHECK(rig.ask(get, "/api/accounts", {.bearer = AdminRig::kPassword, .peer = "198.51.100.1"}).status ==
          200);
    // Known now, and yet not compared where guessing went on; tokens are not slowed down.
    CHECK(rig.ask_as_admin(get, "/api/accounts").status == 429);
    CHECK(rig.ask(get, "/api/accounts", {.bearer = "operator-token"}).status == 200);
}

TEST_CASE("unknown paths and methods, broken JSON: one error shape") {
    AdminRig rig;
    const auto shape = [](const http::Response& answer, int status, const std::string& field) {
        CHECK(answer.status == status);
        const auto body = AdminRig::json(answer);
        CHECK(body.root()["error"]["message"].is_string());
        CHECK(body.root()["error"]["field"].text() == field);
        CHECK(body.root()["request_id"].text().starts_with("req_"));
    };
    shape(rig.ask_as_admin(get, "/api/nothing"), 404, "");
    shape(rig.ask_as_admin(delete_, "/api/accounts"), 405, "");
    CHECK(rig.ask_as_admin(delete_, "/api/accounts").headers.get("allow") == "GET, POST");
    shape(rig.ask_as_admin(post, "/api/keys", "{"), 400, "");
    shape(rig.ask_as_admin(post, "/api/keys", "[]"), 422, "");
    shape(rig.ask_as_admin(post, "/api/keys", R"({"name":"x","allowedModels":["a",7]})"), 422,
          "allowedModels[1]");
    shape(rig.ask_as_admin(post, "/api/keys", R"({"name":"x","creditLimt":7})"), 422, "creditLimt");
    shape(rig.ask_as_admin(get, "/api/accounts", "", "limit=many"), 400, "limit");
    shape(rig.ask_as_admin(get, "/api/accounts", "", "q=colour:red"), 400, "q");
}

TEST_CASE("pages behind a proxy that renames the host may change things, and other sites may not") {
    AdminRig rig;
    const auto mine = rig.sign_in();
    const auto create = [&](const std::string& site, const std::string& origin) {
        AdminRig::Asked asked{.cookie = mine.cookie, .csrf = mine.csrf, .body = "{}", .origin = origin};
        if (!site.empty()) asked.headers = {{"sec-fetch-site", site}};
        return rig.ask(post, "/api/keys", asked).status;
    };
    CHECK(create("same-origin", "https://gateway.example.org") == 422);  // let in: the body is at fault
    CHECK(create("same-site", "https://gateway.example") == 403);
    CHECK(create("cross-site", "") == 403);
    CHECK(create("", "null") == 403);
    CHECK(create("", "") == 422);
}

TEST_CASE("strangers cannot make the gateway take long bodies") {
    AdminRig rig;
    const std::string padded = R"({"password":"no"})" + std::string(5'000, ' ');
    const auto unannounced = rig.ask(post, "/api/login", {.body = padded});
    CHECK(unannounced.status == 413);
    const auto announced =
        rig.ask(post, "/api/login", {.body = "{}", .headers = {{"content-length", "5000"}}});
    CHECK(announced.status == 413);
    CHECK(rig.ask(post, "/api/login", {.body = R"({"password":"no"})"}).status == 401);
}

TEST_CASE("B17: behind a trusted proxy the audit log names the client, not the proxies") {
    AdminRig rig;
    rig.proxies = access::TrustedProxies({IpNetwork::parse("10.0.0.0/8").value()});
    const auto make = [&](const std::string& name, const std::string& forwarded) {
        return rig.ask(post, "/api/keys",
                       {.bearer = AdminRig::kPassword,
                        .body = R"({"name":")" + name + "\"}",
                        .peer = "10.0.0.1",
                        .headers = {{"x-forwarded-for", forwarded}}});
    };
    REQUIRE(make("k1", "<script>, 203.0.113.5, 10.0.0.2").status == 201);
    REQUIRE(make("k2", "2001:DB8::1").status == 201);
    const auto log = AdminRig::json(rig.ask_as_admin(get, "/api/audit"));
    CHECK(log.root()["entries"].at(1)["address"].text() == "203.0.113.5");
    CHECK(log.root()["entries"].at(0)["address"].text() == "2001:db8::1");
}

TEST_CASE("what a browser calls itself cannot break the list of sessions") {
    AdminRig rig;
    const auto answer = rig.ask(post, "/api/login",
                                {.body = R"({"password":")" + std::string(AdminRig::kPassword) + "\"}",
                                 .headers = {{"user-agent", "caf\xe9 <b>\"\xff"}}});
    REQUIRE(answer.status == 200);
    const auto list = AdminRig::json(rig.ask_as_admin(get, "/api/sessions"));
    CHECK(list.root()["sessions"].at(0)["agent"].text() == "caf? <b>\"?");
}

TEST_CASE("an answer that goes on ends when the credential of somebody is taken back") {
    AdminRig rig;
    test::RecordingExchange exchange(rig.gateway.loop);
    exchange.asked.method = get;
    exchange.asked.path = "/api/proxy/logs/live";
    exchange.asked.peer = "192.0.2.7";
    const auto mine = rig.sign_in();
    exchange.asked.headers.add("cookie", "kirogate_session=" + mine.cookie);
    auto handler = rig.routes.front().make(exchange, "");
    handler->on_head(exchange);
    handler->on_request(exchange, "");
    REQUIRE(exchange.answers == 1);
    const auto happens = [&](const std::string& id) {
        store::RequestRecord record;
        record.request_id = id;
        rig.tail.publish(record);
        rig.gateway.loop.run_once(false);
    };
    happens("req_first");
    CHECK(exchange.answer.body.find("req_first") != std::string::npos);
    CHECK(exchange.ends == 0);
    REQUIRE(rig.ask(post, "/api/logout-everywhere", {.cookie = mine.cookie, .csrf = mine.csrf}).status ==
            200);
    happens("req_second");
    CHECK(exchange.ends == 1);
    CHECK(exchange.answer.body.find("req_second") == std::string::npos);
}
