#include "core/access/authenticator.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace std::chrono_literals;
using access::Authenticator;
using access::Principal;

namespace {

const std::string kProxy = "proxy-key-0123456789";

store::Key managed(const std::string& secret, const std::string& id = "key_1") {
    store::Key key;
    key.id = id;
    key.name = "ci";
    key.key_hash = sha256(secret);
    return key;
}

http::Headers headers(std::initializer_list<std::pair<std::string, std::string>> fields) {
    http::Headers h;
    for (const auto& [name, value] : fields) h.add(name, value);
    return h;
}

struct Fixture {
    test::ManualClock clock;
    Authenticator access{clock};
    Fixture() { access.set_proxy_key(sha256(kProxy)); }
    std::string who(const http::Headers& h) {
        auto p = access.authenticate(h);
        if (!p) return "refused";
        return p->kind == Principal::Kind::proxy    ? "proxy"
               : p->kind == Principal::Kind::tenant ? "tenant " + p->refresh_token.reveal()
                                                    : p->key_id;
    }
};

}  // namespace

TEST_CASE("B19: the matrix of both headers: one valid key is enough, the scheme has no case") {
    Fixture f;
    f.access.load({managed("kg-secret")});
    CHECK(f.who(headers({{"x-api-key", kProxy}})) == "proxy");
    CHECK(f.who(headers({{"Authorization", "Bearer " + kProxy}})) == "proxy");
    CHECK(f.who(headers({{"authorization", "bearer " + kProxy}})) == "proxy");
    CHECK(f.who(headers({{"api-key", kProxy}})) == "proxy");
    CHECK(f.who(headers({{"x-api-key", "wrong"}, {"Authorization", "Bearer " + kProxy}})) == "proxy");
    CHECK(f.who(headers({{"x-api-key", "kg-secret"}, {"Authorization", "Bearer wrong"}})) == "key_1");
    CHECK(f.who(headers({{"x-api-key", "kg-secret"}, {"Authorization", "Bearer " + kProxy}})) == "key_1");
    CHECK(f.who(headers({{"x-api-key", "wrong"}, {"Authorization", "Bearer wrong"}})) == "refused");
    CHECK(f.who(headers({{"Authorization", "Basic " + kProxy}})) == "refused");
    CHECK(f.who(headers({{"x-api-key", ""}})) == "refused");
    CHECK(f.who(headers({})) == "refused");
}

TEST_CASE("the combined form splits at the first colon, an empty token is refused") {
    Fixture f;
    CHECK(f.who(headers({{"x-api-key", kProxy + ":aor:with:colons"}})) == "tenant aor:with:colons");
    CHECK(f.who(headers({{"x-api-key", kProxy + ":"}})) == "refused");
    CHECK(f.who(headers({{"x-api-key", "other:aor"}})) == "refused");
    f.access.set_proxy_key(std::nullopt);
    CHECK(f.who(headers({{"x-api-key", kProxy}})) == "refused");
}

TEST_CASE("B4: disabled, expired and revoked keys are refused at once") {
    Fixture f;
    auto key = managed("kg-secret");
    key.enabled = false;
    f.access.load({key});
    CHECK(f.who(headers({{"x-api-key", "kg-secret"}})) == "refused");
    key.enabled = true;
    key.expires_at_ms = to_ms(f.clock.wall() + 10s);
    f.access.load({key});
    CHECK(f.who(headers({{"x-api-key", "kg-secret"}})) == "key_1");
    f.clock.advance(10s);
    CHECK(f.who(headers({{"x-api-key", "kg-secret"}})) == "refused");
    f.access.load({});
    CHECK(f.who(headers({{"x-api-key", "kg-secret"}})) == "refused");
}

TEST_CASE("B4: a credit limit bites, zero means none, and a reload does not forget what was spent") {
    Fixture f;
    auto key = managed("kg-secret");
    key.credit_limit = 1.0;
    f.access.load({key});
    const auto p = *f.access.authenticate("kg-secret");
    REQUIRE(f.access.admit(p));
    f.access.settle(p, 0.6);
    REQUIRE(f.access.admit(p));
    f.access.settle(p, 0.6);
    f.access.load({key});  // the store has not seen the spending yet
    auto refused = f.access.admit(p);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::key_quota_exhausted);
    key.credit_limit = 0.0;
    f.access.load({managed("kg-other", "key_2"), key});
    CHECK_FALSE(f.access.admit(p));
    CHECK(f.access.admit(*f.access.authenticate("kg-other")));
}

TEST_CASE("F4: the request rate is the number that was given") {
    Fixture f;
    f.access.set_requests_per_minute(60);
    const Principal p;
    for (int i = 0; i < 60; ++i) REQUIRE(f.access.admit(p));
    auto refused = f.access.admit(p);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::rate_limited);
    CHECK(*refused.error().retry_after == 1s);
    f.clock.advance(1s);
    CHECK(f.access.admit(p));
    CHECK_FALSE(f.access.admit(p));
}

TEST_CASE("F5, F7: one key's rate leaves another alone, and a refusal takes nothing from it") {
    Fixture f;
    auto slow = managed("kg-slow", "key_slow");
    slow.requests_per_minute = 1;
    f.access.load({slow, managed("kg-fast", "key_fast")});
    f.access.set_requests_per_minute(2);
    const auto a = *f.access.authenticate("kg-slow"), b = *f.access.authenticate("kg-fast");
    REQUIRE(f.access.admit(a));
    for (int i = 0; i < 5; ++i) CHECK_FALSE(f.access.admit(a));
    CHECK(f.access.admit(b));
}

TEST_CASE("model patterns match either spelling") {
    Principal p;
    CHECK(p.may_use_model("claude-opus-4.5", "claude-opus-4-5"));
    p.allowed_models = {"claude-haiku-*", "claude-sonnet-4-5"};
    CHECK(p.may_use_model("claude-sonnet-4.5", "claude-sonnet-4-5"));
    CHECK(p.may_use_model("claude-haiku-4.5", "claude-haiku-4-5"));
    CHECK_FALSE(p.may_use_model("claude-opus-4.5", "claude-opus-4-5"));
}

TEST_CASE("B20: a tenant's token that came from another machine is warned of") {
    const Principal tenant{.kind = Principal::Kind::tenant, .refresh_token = Secret("aor")};
    CHECK_FALSE(access::exposure_warning(tenant, "192.0.2.7").empty());
    CHECK(access::exposure_warning(tenant, "127.0.0.1").empty());
    CHECK(access::exposure_warning(tenant, "unix").empty());
    CHECK(access::exposure_warning(Principal{}, "192.0.2.7").empty());
}

TEST_CASE("B7: keys are found by their hash and no key text is kept") {
    static_assert(std::is_same_v<decltype(store::Key::key_hash), Sha256>);
    Fixture f;
    f.access.load({managed("kg-secret")});
    CHECK(f.access.authenticate("kg-secret"));
    CHECK_FALSE(f.access.authenticate("kg-secret "));
    CHECK_FALSE(f.access.authenticate("kg-secre"));
    CHECK_FALSE(f.access.authenticate(""));
    CHECK(constant_time_equal("same", "same"));
    CHECK_FALSE(constant_time_equal("same", "some"));
    CHECK_FALSE(constant_time_equal("same", "sam"));
}
