#include "core/store/admin_store.hpp"

#include "tests/contract/store/backend.hpp"

using namespace kg;
using kg::test::Backend;

namespace {

store::AdminSession session(const std::string& token, std::int64_t used_at_ms,
                            std::int64_t expires_at_ms = 1'000) {
    return {.token_hash = sha256(token),
            .created_at_ms = used_at_ms,
            .used_at_ms = used_at_ms,
            .expires_at_ms = expires_at_ms,
            .address = "192.0.2.1",
            .agent = "browser"};
}

}  // namespace

TEST_CASE("admin sessions: kept until they expire, are ended, or too many are newer") {
    Backend stores;
    INFO(stores.kind());
    auto& admin = stores->admin();
    REQUIRE(admin.put_session(session("a", 1), 3));
    REQUIRE(admin.put_session(session("b", 2), 3));
    REQUIRE(admin.put_session(session("c", 3, 50), 3));
    auto again = session("a", 10);
    again.address = "198.51.100.7";
    REQUIRE(admin.put_session(again, 3));
    auto known = admin.sessions();
    REQUIRE(known);
    REQUIRE(known->size() == 3);
    CHECK((*known)[0].token_hash == sha256("a"));
    CHECK((*known)[0].used_at_ms == 10);
    CHECK((*known)[0].created_at_ms == 1);
    CHECK((*known)[0].address == "192.0.2.1");  // of the sign-in
    CHECK((*known)[0].agent == "browser");
    REQUIRE(admin.put_session(session("d", 20), 3));
    CHECK(admin.sessions()->size() == 3);  // b, the longest unused, is gone
    REQUIRE(admin.put_session(session("e", 60), 3));
    CHECK(admin.sessions()->size() == 3);  // c had expired
    CHECK(admin.remove_session(sha256("b")).value() == false);
    CHECK(admin.remove_session(sha256("d")).value() == true);
    CHECK(admin.sessions()->size() == 2);
    REQUIRE(admin.remove_sessions());
    CHECK(admin.sessions()->empty());
}

TEST_CASE("admin tokens: names and hashes are unique") {
    Backend stores;
    INFO(stores.kind());
    auto& admin = stores->admin();
    const store::AdminToken token{.id = "adm_1",
                                  .name = "ci",
                                  .token_hash = sha256("t1"),
                                  .prefix = "kga-abc",
                                  .read_only = true,
                                  .created_at_ms = 7,
                                  .expires_at_ms = 99};
    REQUIRE(admin.add_token(token));
    for (const auto* field : {"id", "name", "token"}) {
        auto other = token;
        if (std::string_view(field) != "id") other.id = "adm_2";
        if (std::string_view(field) == "token") other.name = "other";
        auto refused = admin.add_token(other);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::malformed_request);
        CHECK(refused.error().param == field);
    }
    auto known = admin.tokens();
    REQUIRE(known);
    REQUIRE(known->size() == 1);
    CHECK((*known)[0].name == "ci");
    CHECK((*known)[0].token_hash == sha256("t1"));
    CHECK((*known)[0].prefix == "kga-abc");
    CHECK((*known)[0].read_only);
    CHECK((*known)[0].expires_at_ms == 99);
    CHECK(admin.remove_token("adm_2").value() == false);
    CHECK(admin.remove_token("adm_1").value() == true);
    CHECK(admin.tokens()->empty());
}

TEST_CASE("B17: the audit log keeps what was done, newest first, within its bound") {
    Backend stores;
    INFO(stores.kind());
    auto& admin = stores->admin();
    std::vector<store::AuditEntry> entries;
    for (int i = 1; i <= 10; ++i) {
        entries.push_back({.at_ms = i,
                           .actor = i % 2 ? "session" : "token:ci",
                           .address = "192.0.2.1",
                           .action = i > 5 ? "account.update" : "key.create",
                           .target = "t" + std::to_string(i),
                           .detail = R"({"name":"x"})",
                           .request_id = "req_" + std::to_string(i)});
    }
    const std::span all_entries(entries);
    REQUIRE(admin.audit(all_entries.first(1)));
    REQUIRE(admin.audit(all_entries.subspan(1)));  // at once, in their order
    REQUIRE(admin.audit({}));
    auto all = admin.audit_log({});
    REQUIRE(all);
    REQUIRE(all->entries.size() == 10);
    CHECK_FALSE(all->next_seq);
    CHECK(all->entries[0].target == "t10");
    CHECK(all->entries[0].detail == R"({"name":"x"})");
    CHECK(all->entries[0].request_id == "req_10");
    CHECK(admin.audit_log({.actor = "session"})->entries.size() == 5);
    CHECK(admin.audit_log({.action = "key."})->entries.size() == 5);
    CHECK(admin.audit_log({.action = "key"})->entries.empty());
    CHECK(admin.audit_log({.target = "t3"})->entries.size() == 1);
    CHECK(admin.audit_log({.from_ms = 3, .to_ms = 5})->entries.size() == 2);
    auto page = admin.audit_log({.limit = 4});
    REQUIRE(page->entries.size() == 4);
    CHECK(admin.audit_log({.before_seq = *page->next_seq, .limit = 100})->entries.size() == 6);
    REQUIRE(admin.prune_audit(3));
    CHECK(admin.audit_log({})->entries.size() == 3);
    CHECK(admin.audit_log({})->entries.back().target == "t8");
}

TEST_CASE("B17: a page of the audit log looks at a bounded number of entries") {
    Backend stores;
    INFO(stores.kind());
    std::vector<store::AuditEntry> entries(12'000);
    for (auto& entry : entries) entry.target = "t", entry.detail = "{}";
    REQUIRE(stores->admin().audit(entries));
    const auto page = stores->admin().audit_log({.target = "nobody"});
    REQUIRE(page);
    CHECK(page->entries.empty());
    REQUIRE(page->next_seq);
    const auto rest = stores->admin().audit_log({.target = "nobody", .before_seq = *page->next_seq});
    CHECK_FALSE(rest->next_seq);
}
