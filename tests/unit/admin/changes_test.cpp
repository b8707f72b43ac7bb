#include "core/base/log.hpp"
#include "tests/unit/admin/rig.hpp"

using namespace kg;
using test::AdminRig;
using enum http::Method;

namespace {

const std::string kToken = "aorAAAAAG" + std::string(60, 'x') + ":MGQCM" + std::string(80, 'y');

}  // namespace

TEST_CASE("I1 B21: accounts: made, shown, edited, removed, with proper codes") {
    AdminRig rig;
    const auto make =
        R"({"refreshToken":")" + kToken + R"(","email":"a@b.c","name":"work","tags":["x"],"priority":3})";
    const auto made = rig.ask_as_admin(post, "/api/accounts", make);
    REQUIRE(made.status == 201);
    CHECK(made.body.find(kToken) == std::string::npos);
    const std::string id(AdminRig::json(made).root()["account"]["id"].text());
    CHECK(made.headers.get("location") == "/api/accounts/" + id);
    CHECK(rig.ask_as_admin(post, "/api/accounts", make).status == 409);  // the token is there already
    CHECK(rig.ask_as_admin(post, "/api/accounts", R"({"email":"x"})").status == 422);
    CHECK(rig.ask_as_admin(post, "/api/accounts", R"({"refreshToken":"abc...def"})").status == 422);

    const auto shown = rig.ask_as_admin(get, "/api/accounts/" + id);
    CHECK(shown.status == 200);
    CHECK(shown.body.find(kToken) == std::string::npos);
    const std::string etag(shown.headers.get("etag"));
    CHECK(AdminRig::json(shown).root()["priority"].as_int() == 3);
    CHECK(AdminRig::json(rig.ask_as_admin(get, "/api/accounts/work")).root()["id"].text() == id);

    // I6: an edit of what somebody else has changed is refused.
    const auto edit = [&](const std::string& body, const std::string& if_match) {
        return rig.ask(put, "/api/accounts/" + id,
                       {.bearer = AdminRig::kPassword, .body = body, .if_match = if_match});
    };
    const auto edited = edit(R"({"disabled":true,"region":"eu-central-1"})", etag);
    CHECK(edited.status == 200);
    CHECK(edit(R"({"disabled":false})", etag).status == 412);
    CHECK(edit(R"({"disabled":false})", std::string(edited.headers.get("etag"))).status == 200);
    CHECK(edit(R"({"region":"mars"})", "").status == 422);
    CHECK(edit(R"({"name":"bad name"})", "").status == 422);

    CHECK(rig.ask_as_admin(delete_, "/api/accounts/" + id).status == 200);
    CHECK(rig.ask_as_admin(delete_, "/api/accounts/" + id).status == 404);
    CHECK(rig.ask_as_admin(get, "/api/accounts/" + id).status == 404);
    CHECK(rig.ask_as_admin(post, "/api/accounts/nobody/refresh").status == 404);
}

TEST_CASE("I4: accounts are searched, filtered, sorted and paged") {
    AdminRig rig;
    for (int i = 0; i < 30; ++i) {
        rig.gateway.clock.advance(std::chrono::milliseconds(1));  // lists are in the order of creation
        const auto n = std::to_string(i);
        REQUIRE(rig.ask_as_admin(post, "/api/accounts",
                                 R"({"apiKey":"ksk_)" + std::string(30, 'k') + n + R"(","name":"n)" + n +
                                     R"(","email":"u)" + n + R"(@example.com","groups":[")" +
                                     (i % 2 ? "odd" : "even") + R"("],"priority":)" + n + "}")
                    .status == 201);
    }
    const auto ids = [&](const std::string& query) {
        std::string out;
        const auto body = AdminRig::json(rig.ask_as_admin(get, "/api/accounts", "", query));
        for (const auto a : body.root()["accounts"].children()) out.append(a["name"].text()).append(" ");
        return out;
    };
    CHECK(ids("q=group:odd%20n1") == "n1 n11 n13 n15 n17 n19 ");
    CHECK(ids("q=group:odd+-n1+n2") == "n21 n23 n25 n27 n29 ");
    CHECK(ids("q=name:n3,n4") == "n3 n4 ");
    CHECK(ids("q=domain:example.com&sort=priority:desc&limit=3") == "n29 n28 n27 ");
    CHECK(ids("q=domain:example.com&sort=priority:desc&limit=3&cursor=3") == "n26 n25 n24 ");
    CHECK(ids("q=usage:>80") == "");
    const auto page = AdminRig::json(rig.ask_as_admin(get, "/api/accounts", "", "limit=20"));
    CHECK(page.root()["total"].as_int() == 32);
    CHECK(page.root()["next"].text() == "20");
    const auto groups = AdminRig::json(rig.ask_as_admin(get, "/api/groups"));
    CHECK(groups.root()["groups"].size() == 2);
    CHECK(groups.root()["ungrouped"].as_int() == 2);

    const auto batch = AdminRig::json(rig.ask_as_admin(
        post, "/api/accounts/batch", R"({"op":"tag","select":{"q":"group:odd"},"args":{"tags":["late"]}})"));
    CHECK(batch.root()["success"].as_int() == 15);
    CHECK(ids("q=tag:late&limit=2") == "n1 n3 ");
    const auto dry = AdminRig::json(rig.ask_as_admin(
        post, "/api/accounts/batch", R"({"op":"delete","select":{"q":"tag:late"},"dryRun":true})"));
    CHECK(dry.root()["matched"].as_int() == 15);
    CHECK(dry.root()["success"].as_int() == 0);
    const auto some = AdminRig::json(rig.ask_as_admin(
        post, "/api/accounts/batch", R"({"op":"disable","select":{"ids":["a0","nobody"]}})"));
    CHECK(some.root()["success"].as_int() == 1);
    CHECK(some.root()["errors"].at(0)["id"].text() == "nobody");
    for (const std::string bad :
         {R"({"op":"delete","select":{"q":""}})", R"({"op":"delete","select":{}})",
          R"({"op":"burn","select":{"q":"all"}})", R"({"op":"tag","select":{"q":"all"}})"}) {
        CHECK(rig.ask_as_admin(post, "/api/accounts/batch", bad).status == 422);
    }
    CHECK(AdminRig::json(rig.ask_as_admin(get, "/api/accounts/stats")).root()["total"].as_int() == 32);
}

TEST_CASE("I4 I5: keys: everything a key has can be set, rotated and revoked, and its secret is shown once") {
    AdminRig rig;
    const auto made = rig.ask_as_admin(
        post, "/api/keys",
        R"({"name":"ci","creditLimit":2.5,"allowedModels":["claude-*"],"allowedAccountIds":["a0"],"tokensPerDay":100,
            "requestsPerMinute":60,"timeZone":"Europe/Berlin","systemPrepend":"private","strict":true})");
    REQUIRE(made.status == 201);
    const auto body = AdminRig::json(made);
    const std::string secret(body.root()["key"].text()), id(body.root()["id"].text());
    CHECK(secret.starts_with("kg-"));
    auto kept = rig.gateway.stores->keys().find_by_hash(sha256(secret));
    REQUIRE(kept);
    REQUIRE(kept->has_value());
    CHECK((*kept)->credit_limit == 2.5);
    CHECK((*kept)->quota(Period::day).tokens == 100);
    CHECK((*kept)->strict);
    CHECK(rig.ask_as_admin(get, "/api/keys").body.find(secret) == std::string::npos);
    CHECK(rig.ask_as_admin(post, "/api/keys", R"({"name":"ci"})").status == 409);
    const auto field = [&](const std::string& bad) {
        const auto answer = rig.ask_as_admin(put, "/api/keys/" + id, bad);
        CHECK(answer.status == 422);
        return std::string(AdminRig::json(answer).root()["error"]["field"].text());
    };
    CHECK(field(R"({"creditLimit":-1})") == "creditLimit");
    CHECK(field(R"({"creditLimit":"abc"})") == "creditLimit");
    CHECK(field(R"({"timeZone":"Mars/Base"})") == "timeZone");
    CHECK(field(R"({"allowedAccountIds":["nobody"]})") == "allowedAccountIds[0]");
    CHECK(field(R"({"allowedNetworks":["10.0.0.0/99"]})") == "allowedNetworks");

    const auto edited = rig.ask_as_admin(put, "/api/keys/" + id, R"({"creditLimit":null,"enabled":false})");
    CHECK(edited.status == 200);
    const auto after = AdminRig::json(edited);
    CHECK(after.root()["key"]["creditLimit"].kind() == json::Kind::null);
    CHECK(after.root()["key"]["enabled"].as_bool() == false);
    const auto stale =
        rig.ask(put, "/api/keys/" + id,
                {.bearer = AdminRig::kPassword, .body = R"({"enabled":true})", .if_match = "\"old\""});
    CHECK(stale.status == 412);

    const auto rotated =
        AdminRig::json(rig.ask_as_admin(post, "/api/keys/" + id + "/rotate", R"({"overlapSeconds":60})"));
    const std::string fresh(rotated.root()["key"].text());
    CHECK(fresh != secret);
    CHECK(rig.gateway.stores->keys().find_by_hash(sha256(fresh))->has_value());
    CHECK(rig.ask_as_admin(delete_, "/api/keys/" + id).status == 200);
    CHECK(rig.ask_as_admin(delete_, "/api/keys/" + id).status == 404);
}

TEST_CASE("B17: every change is in the audit log, by whom and from where, without a secret") {
    AdminRig rig;
    REQUIRE(rig.ask_as_admin(post, "/api/accounts", R"({"refreshToken":")" + kToken + R"(","name":"work"})")
                .status == 201);
    REQUIRE(rig.ask_as_admin(put, "/api/accounts/work",
                             R"({"note":"hi","proxy":"http://u:pass@proxy:1","machineId":"m-4711"})")
                .status == 200);
    const auto mine = rig.sign_in();
    REQUIRE(rig.ask(delete_, "/api/accounts/work", {.cookie = mine.cookie, .csrf = mine.csrf}).status == 200);
    REQUIRE(rig.ask_as_admin(put, "/api/accounts/a0", R"({"priority":-1})").status == 422);
    rig.gateway.async.flush();
    const auto answer = rig.ask_as_admin(get, "/api/audit");
    const auto log = AdminRig::json(answer);
    std::string actions;
    for (const auto e : log.root()["entries"].children()) actions.append(e["action"].text()).append(" ");
    CHECK(actions == "account.remove session.open account.update account.create ");
    const auto first = log.root()["entries"].at(0);
    CHECK(first["actor"].text() == "session");
    CHECK(first["address"].text() == "192.0.2.7");
    CHECK(log.root()["entries"].at(2)["actor"].text() == "password");
    CHECK(log.root()["entries"].at(2)["detail"]["note"].text() == "hi");
    CHECK(answer.body.find(kToken) == std::string::npos);
    CHECK(answer.body.find("pass@") == std::string::npos);
    CHECK(answer.body.find("m-4711") == std::string::npos);
    CHECK(
        AdminRig::json(rig.ask_as_admin(get, "/api/audit", "", "action=session.")).root()["entries"].size() ==
        1);
}

TEST_CASE(
    "I2 I3 B18 F9: settings are checked by the schema, kept, put in force, and shown with their origin") {
    AdminRig rig;
    const auto put_settings = [&](const std::string& body) {
        return rig.ask_as_admin(put, "/api/settings", body);
    };
    const auto shown = [&](const std::string& key) {
        const auto body = AdminRig::json(rig.ask_as_admin(get, "/api/settings"));
        for (const auto s : body.root()["settings"].children()) {
            if (s["key"].text() == key)
                return std::string(s["value"].text()) + " " + std::string(s["origin"].text());
        }
        return std::string();
    };
    CHECK(shown("accounts.scheduling") == "smart default");
    CHECK(
        put_settings(
            R"({"rateLimitPerMinute":7,"settings":{"accounts.scheduling":"balanced","accounts.queue_timeout":"5s",
                          "models.aliases":{"gpt-4o":"claude-sonnet-4.5"}}})")
            .status == 200);
    CHECK(rig.configuration.current()->config.auth.requests_per_minute == 7);
    CHECK(shown("accounts.scheduling") == "balanced settings");
    CHECK(shown("models.aliases") == "gpt-4o=claude-sonnet-4.5 settings");
    auto stored = rig.gateway.stores->settings().get("runtime.settings");
    REQUIRE(stored);
    CHECK(stored->value().find("balanced") != std::string::npos);
    CHECK(rig.configuration.load({{"accounts.scheduling", "balanced"}, {"accounts.queue_max", "nonsense"}})
              ->config.accounts.scheduling == "balanced");

    const auto refused = [&](const std::string& body, int status, const std::string& field) {
        const auto answer = put_settings(body);
        INFO(answer.body);
        CHECK(answer.status == status);
        CHECK(AdminRig::json(answer).root()["error"]["field"].text() == field);
    };
    refused(R"({"rateLimitPerMinute":"abc"})", 422, "rateLimitPerMinute");
    refused(R"({"logLevel":"loud"})", 422, "logLevel");
    refused(R"({"settings":{"accounts.scheduling":"best"}})", 422, "settings[\"accounts.scheduling\"]");
    refused(R"({"settings":{"accounts.sheduling":"smart"}})", 422, "settings[\"accounts.sheduling\"]");
    refused(R"({"settings":{"server.listen":"0.0.0.0:1"}})", 409, "settings[\"server.listen\"]");
    refused(R"({"settings":{"log.format":"text"}})", 409, "settings[\"log.format\"]");  // of the environment
    refused(R"({"adminPassword":""})", 409, "adminPassword");                           // configured
    refused(R"({"compressionConfig":{"tokenThreshold":1}})", 422, "compressionConfig.tokenThreshold");
    refused(R"({"settings":{"limits.streams_max":500000}})", 200, "");

    CHECK(put_settings(R"({"settings":{"accounts.scheduling":null}})").status == 200);
    CHECK(shown("accounts.scheduling") == "smart default");
    const auto config =
        rig.ask_as_admin(put, "/api/proxy/config", R"({"logLevel":"ERROR","enableCompression":false})");
    CHECK(config.status == 200);
    CHECK(AdminRig::json(config).root()["settings"]["logLevel"].text() == "ERROR");
}

TEST_CASE("B18: the admin password cannot be emptied, and a new one ends every session") {
    AdminRig rig(false);
    REQUIRE(
        rig.gateway.stores->settings().put(admin::Office::kPasswordHash, password_hash(AdminRig::kPassword)));
    REQUIRE(rig.office.load_password(Secret()));
    const auto mine = rig.sign_in();
    const auto change = [&](const std::string& password) {
        return rig.ask(
            put, "/api/settings",
            {.cookie = mine.cookie, .csrf = mine.csrf, .body = R"({"adminPassword":")" + password + "\"}"});
    };
    CHECK(change("").status == 422);
    CHECK(change("short").status == 422);
    CHECK(change("a much longer one").status == 200);
    CHECK(rig.ask(get, "/api/session", {.cookie = mine.cookie}).status == 401);
    CHECK(rig.ask_as_admin(get, "/api/session").status == 401);
    CHECK(rig.ask(get, "/api/session", {.bearer = "a much longer one", .peer = "198.51.100.9"}).status ==
          200);
}

TEST_CASE("I5: a key that was bound to an account can be edited when the account is gone") {
    AdminRig rig;
    REQUIRE(rig.ask_as_admin(post, "/api/keys", R"({"name":"ci","allowedAccountIds":["a0"]})").status == 201);
    REQUIRE(rig.ask_as_admin(delete_, "/api/accounts/a0").status == 200);
    CHECK(rig.ask_as_admin(put, "/api/keys/ci", R"({"enabled":false})").status == 200);
    CHECK(rig.ask_as_admin(put, "/api/keys/ci", R"({"allowedAccountIds":["a0"]})").status == 422);
    CHECK(rig.ask_as_admin(put, "/api/keys/ci", R"({"allowedGroups":["nobody"]})").status == 422);
    CHECK(rig.ask_as_admin(put, "/api/keys/ci", R"({"allowedAccountIds":[]})").status == 200);
}

TEST_CASE("I5: what the command line can set of accounts and keys, the API can") {
    AdminRig rig;
    REQUIRE(rig.ask_as_admin(post, "/api/keys", R"({"name":"ci","webSearch":"on"})").status == 201);
    const auto key = AdminRig::json(rig.ask_as_admin(get, "/api/keys/ci"));
    CHECK(key.root()["webSearch"].text() == "on");
    CHECK(rig.ask_as_admin(put, "/api/keys/ci", R"({"webSearch":"maybe"})").status == 422);
    CHECK(rig.ask_as_admin(put, "/api/keys/ci", R"({"webSearch":null})").status == 200);

    const auto edit = [&](const std::string& body) {
        return rig.ask_as_admin(put, "/api/accounts/a0", body);
    };
    const auto before = std::string(rig.ask_as_admin(get, "/api/accounts/a0").headers.get("etag"));
    REQUIRE(edit(R"({"requestsPerMinute":60,"requestBurst":5,"tokensPerMinute":0})").status == 200);
    const auto shown = rig.ask_as_admin(get, "/api/accounts/a0");
    CHECK(shown.headers.get("etag") != before);
    const auto account = AdminRig::json(shown);
    CHECK(account.root()["requestsPerMinute"].as_int() == 60);
    CHECK(account.root()["requestBurst"].as_int() == 5);
    CHECK(account.root()["tokensPerMinute"].as_int() == 0);
    CHECK(edit(R"({"requestsPerMinute":null})").status == 200);  // and the burst goes with it
    const auto refused = edit(R"({"requestBurst":5})");
    CHECK(refused.status == 422);
    CHECK(AdminRig::json(refused).root()["error"]["field"].text() == "requestBurst");
    CHECK(edit(R"({"tokenEndpoint":"http://127.0.0.1.example.com/token"})").status == 422);
    CHECK(edit(R"({"tokenEndpoint":"http://127.0.0.1:8080/token"})").status == 200);
}

TEST_CASE("I4: batches leave no account with more labels than it may have") {
    AdminRig rig;
    const auto tag = [&](int from) {
        std::string tags;
        for (int i = from; i < from + 40; ++i)
            tags.append(tags.empty() ? "" : ",").append("\"t" + std::to_string(i) + "\"");
        return AdminRig::json(
            rig.ask_as_admin(post, "/api/accounts/batch",
                             R"({"op":"tag","select":{"ids":["a0"]},"args":{"tags":[)" + tags + "]}}"));
    };
    CHECK(tag(0).root()["success"].as_int() == 1);
    const auto refused = tag(40);
    CHECK(refused.root()["failed"].as_int() == 1);
    CHECK(refused.root()["errors"].at(0)["error"].text().find("64") != std::string_view::npos);
    CHECK(rig.gateway.stores->accounts().find("a0")->value().tags.size() == 40);
    CHECK(tag(0).root()["success"].as_int() == 1);
}

TEST_CASE("B18: of a request that is refused, no setting is changed") {
    AdminRig rig(false);
    REQUIRE(
        rig.gateway.stores->settings().put(admin::Office::kPasswordHash, password_hash(AdminRig::kPassword)));
    REQUIRE(rig.office.load_password(Secret()));
    const auto applied = rig.configuration.applied;
    const auto answer =
        rig.ask_as_admin(put, "/api/settings", R"({"rateLimitPerMinute":7,"adminPassword":"short"})");
    CHECK(answer.status == 422);
    CHECK(rig.configuration.applied == applied);
    CHECK_FALSE(rig.gateway.stores->settings().get("runtime.settings")->has_value());
}
