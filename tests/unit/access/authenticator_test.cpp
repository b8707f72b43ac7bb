#include "core/access/authenticator.hpp"

#include "core/access/trusted_proxies.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace std::chrono_literals;
using access::Authenticator;
using access::Principal;

namespace {

const std::string kProxy = "proxy-key-0123456789";
const IpAddress kHere = *IpAddress::parse("127.0.0.1");

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
        auto p = access.authenticate(h, kHere);
        if (!p) return "refused";
        return p->kind == Principal::Kind::proxy    ? "proxy"
               : p->kind == Principal::Kind::tenant ? "tenant " + p->refresh_token.reveal()
                                                    : p->key_id();
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

TEST_CASE("model patterns match either spelling, a denied model stays denied") {
    Principal p;
    CHECK(p.may_use_model("claude-opus-4.5", "claude-opus-4-5"));
    CHECK_FALSE(p.limits_models());
    auto key = managed("kg-secret");
    key.allowed_models = {"claude-haiku-*", "claude-sonnet-4-5"};
    p.key = std::make_shared<const store::Key>(key);
    CHECK(p.limits_models());
    CHECK(p.may_use_model("claude-sonnet-4.5", "claude-sonnet-4-5"));
    CHECK(p.may_use_model("claude-haiku-4.5", "claude-haiku-4-5"));
    CHECK_FALSE(p.may_use_model("claude-opus-4.5", "claude-opus-4-5"));
    key.denied_models = {"*-4.5"};
    p.key = std::make_shared<const store::Key>(key);
    CHECK_FALSE(p.may_use_model("claude-haiku-4.5", "claude-haiku-4-5"));
    CHECK(p.may_use_model("claude-haiku-3", "claude-haiku-3"));
    key.allowed_models.clear();
    p.key = std::make_shared<const store::Key>(key);
    CHECK_FALSE(p.may_use_model("claude-opus-4.5", "claude-opus-4-5"));
    CHECK(p.may_use_model("claude-opus-5", "claude-opus-5"));
}

TEST_CASE("B20: a tenant's token that came from another machine is warned of") {
    const Principal tenant{.kind = Principal::Kind::tenant, .refresh_token = Secret("aor"), .key = nullptr};
    CHECK_FALSE(access::exposure_warning(tenant, "192.0.2.7").empty());
    CHECK(access::exposure_warning(tenant, "127.0.0.1").empty());
    CHECK(access::exposure_warning(tenant, "unix").empty());
    CHECK(access::exposure_warning(Principal{}, "192.0.2.7").empty());
}

TEST_CASE("B7: keys are found by their hash and no key text is kept") {
    static_assert(std::is_same_v<decltype(store::Key::key_hash), Sha256>);
    Fixture f;
    f.access.load({managed("kg-secret")});
    CHECK(f.access.authenticate("kg-secret", kHere));
    CHECK_FALSE(f.access.authenticate("kg-secret ", kHere));
    CHECK_FALSE(f.access.authenticate("kg-secre", kHere));
    CHECK_FALSE(f.access.authenticate("", kHere));
    CHECK(constant_time_equal("same", "same"));
    CHECK_FALSE(constant_time_equal("same", "some"));
    CHECK_FALSE(constant_time_equal("same", "sam"));
}

TEST_CASE("a key is good only from the networks it names") {
    Fixture f;
    auto key = managed("kg-secret");
    key.allowed_networks = {"10.0.0.0/8", "2001:db8::/32"};
    f.access.load({key, managed("kg-other", "key_2")});
    const auto from = [&](const char* address) {
        auto p = f.access.authenticate("kg-secret", *IpAddress::parse(address));
        return p ? "ok" : std::string(error_name(p.error().kind));
    };
    CHECK(from("10.1.2.3") == "ok");
    CHECK(from("2001:db8::7") == "ok");
    CHECK(from("11.1.2.3") == "forbidden");
    CHECK(from("127.0.0.1") == "forbidden");
    CHECK(f.access.authenticate("kg-secret", IpAddress{}).error().kind == ErrorKind::forbidden);
    CHECK(f.access.authenticate("kg-other", IpAddress{}));
}

TEST_CASE("a rotated key is good until its overlap ends, the new one at once") {
    Fixture f;
    auto key = managed("kg-new");
    key.old_key_hash = sha256("kg-old");
    key.old_key_until_ms = to_ms(f.clock.wall() + 1h);
    f.access.load({key});
    CHECK(f.access.authenticate("kg-new", kHere));
    REQUIRE(f.access.authenticate("kg-old", kHere));
    CHECK(f.access.authenticate("kg-old", kHere)->key_id() == "key_1");
    f.clock.advance(1h);
    CHECK_FALSE(f.access.authenticate("kg-old", kHere));
    CHECK(f.access.authenticate("kg-new", kHere));
    key.old_key_until_ms = 0;
    f.access.load({key});
    CHECK_FALSE(f.access.authenticate("kg-old", kHere));
}

TEST_CASE("only trusted proxies are asked where a request comes from, from the right") {
    const access::TrustedProxies trusted({*IpNetwork::parse("127.0.0.0/8"), *IpNetwork::parse("10.0.0.0/8")});
    const auto client = [](const access::TrustedProxies& t, const char* peer, const http::Headers& h,
                           const char* expected) {
        INFO(peer << " " << expected);
        CHECK(t.client_of(peer, h) == *IpAddress::parse(expected));
    };
    const auto forged = headers({{"X-Forwarded-For", "1.1.1.1, 203.0.113.9"}});
    client({}, "127.0.0.1", forged, "127.0.0.1");
    client(trusted, "192.0.2.1", forged, "192.0.2.1");
    client(trusted, "127.0.0.1", forged, "203.0.113.9");
    client(trusted, "unix", forged, "203.0.113.9");
    client(trusted, "127.0.0.1", headers({{"x-forwarded-for", "1.1.1.1,203.0.113.9 , 10.0.0.7"}}),
           "203.0.113.9");
    client(trusted, "127.0.0.1",
           headers({{"x-forwarded-for", "203.0.113.9"}, {"x-forwarded-for", "10.0.0.7"}}), "203.0.113.9");
    client(trusted, "127.0.0.1", headers({{"x-forwarded-for", "10.0.0.9"}}), "10.0.0.9");
    client(trusted, "127.0.0.1", headers({{"x-forwarded-for", "203.0.113.9:4711"}}), "203.0.113.9");
    client(trusted, "127.0.0.1", headers({{"x-forwarded-for", "[2001:db8::1]:4711"}}), "2001:db8::1");
    client(trusted, "127.0.0.1", headers({{"x-forwarded-for", "2001:db8::1"}}), "2001:db8::1");
    client(trusted, "127.0.0.1", headers({{"x-forwarded-for", "203.0.113.9, unknown"}}), "::");
    client(trusted, "127.0.0.1", headers({}), "127.0.0.1");
}
