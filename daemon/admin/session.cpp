#include "core/json/writer.hpp"
#include "core/store/ids.hpp"
#include "daemon/admin/fields.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin::verbs {
namespace {

constexpr std::size_t kTokensMax = 256;

std::string cookie_text(std::string_view value, std::int64_t max_age_s, bool secure) {
    std::string out(Guard::kCookie);
    out.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
    out += std::to_string(max_age_s);
    if (secure) out += "; Secure";
    return out;
}

http::Response signed_out(const Call& call) {
    auto response = json_response(200, R"({"success":true})");
    response.headers.add("set-cookie", cookie_text("", 0, call.secure));
    return response;
}

std::string short_id(const Sha256& hash) {
    return sha256_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}).substr(0, 12);
}

void write_token(json::Writer& w, const store::AdminToken& token, const std::string* secret) {
    w.begin_object().member("id", token.id).member("name", token.name);
    w.member("token", secret ? *secret : token.prefix + "...").member("readOnly", token.read_only);
    write_time(w, "createdAt", token.created_at_ms);
    write_time(w, "expiresAt", token.expires_at_ms.value_or(0));
    w.end_object();
}

}  // namespace

/// The password for a session; whatever cookie came along is left alone (no session fixation).
void login(std::unique_ptr<Call> call, Done done) {
    Fields fields(call->body());
    const auto password = fields.text("password", 512);
    if (!password && fields.sound()) fields.refuse("password", "field required");
    if (auto sound = fields.finish(); !sound) return done(std::move(call), Err(std::move(sound).error()));
    auto& office = call->office;
    const auto door = call->door;
    const auto address = call->ip;
    // Shared with the callback, which must be able to outlive a client that leaves.
    auto held = std::make_shared<std::pair<std::unique_ptr<Call>, Done>>(std::move(call), std::move(done));
    office.guard().check_password(door, Secret(*password), address, [held](std::optional<Failure> failure) {
        auto& [request, answer] = *held;
        auto& guard = request->office.guard();
        if (failure) {
            request->caller = {};
            return answer(std::move(request), Err(std::move(*failure)));
        }
        const auto session = guard.open_session(request->address, request->agent);
        request->caller.kind = Caller::Kind::session;
        request->did("session.open", "");
        std::string body;
        json::Writer w(body);
        w.begin_object().member("success", true).member("csrfToken", session.csrf);
        w.member("expiresAt", session.expires_at_ms).end_object();
        auto response = json_response(200, std::move(body));
        response.headers.add("set-cookie",
                             cookie_text(session.token.reveal(), session.max_age.count(), request->secure));
        answer(std::move(request), std::move(response));
    });
}

Reply show_session(Call& call) {
    std::string body;
    json::Writer w(body);
    w.begin_object().member("actor", call.caller.actor()).member("mayChange", call.caller.may_change);
    write_text(w, "csrfToken", call.caller.csrf);
    w.member("passwordIsConfigured", call.office.guard().password_is_configured()).end_object();
    return json_response(200, std::move(body));
}

Reply logout(Call& call) {
    if (call.caller.kind == Caller::Kind::session) {
        call.office.guard().close_session(call.caller.session);
        call.did("session.close", "");
    }
    return signed_out(call);
}

Reply logout_everywhere(Call& call) {
    call.office.guard().close_sessions();
    call.did("session.close-all", "");
    return signed_out(call);
}

Reply list_sessions(Call& call) {
    std::string body;
    json::Writer w(body);
    w.begin_object().key("sessions").begin_array();
    const auto sessions = call.office.guard().sessions();
    for (const auto& s : sessions) {
        w.begin_object().member("id", short_id(s.token_hash)).member("address", s.address);
        w.member("agent", s.agent).member("createdAt", s.created_at_ms).member("usedAt", s.used_at_ms);
        w.member("expiresAt", s.expires_at_ms);
        w.member("current", call.caller.kind == Caller::Kind::session && s.token_hash == call.caller.session);
        w.end_object();
    }
    w.end_array().member("total", sessions.size()).end_object();
    return json_response(200, std::move(body));
}

Reply list_tokens(Call&, store::Stores& stores) {
    KG_ASK(tokens, stores.admin().tokens());
    std::string body;
    json::Writer w(body);
    w.begin_object().key("tokens").begin_array();
    for (const auto& token : tokens) write_token(w, token, nullptr);
    w.end_array().member("total", tokens.size()).end_object();
    return json_response(200, std::move(body));
}

Reply create_token(Call& call, store::Stores& stores) {
    auto& parts = call.office.parts();
    store::AdminToken token;
    token.created_at_ms = to_ms(parts.clock.wall());
    Fields fields(call.body());
    if (auto name = fields.text("name", 64)) {
        if (!store::valid_account_name(*name))
            fields.refuse("name", "use letters, digits, . _ - (at most 64, the first a letter or digit)");
        token.name = std::move(*name);
    } else if (fields.sound()) {
        fields.refuse("name", "field required");
    }
    token.read_only = fields.flag("readOnly").value_or(false);
    if (const auto at = fields.integer_or_null("expiresAt", 1, 253'402'300'799'000)) {
        if (*at && **at <= token.created_at_ms) fields.refuse("expiresAt", "is in the past");
        token.expires_at_ms = *at;
    }
    KG_CHECK(fields.finish());
    KG_ASK(known, stores.admin().tokens());
    if (known.size() >= kTokensMax) return Err(conflict("", "there are 256 admin tokens; remove one first"));
    token.id = "adm_" + parts.random.base62(22);
    const std::string secret = "kga-" + parts.random.base62(40);
    token.token_hash = sha256(secret);
    token.prefix = secret.substr(0, 8);
    if (auto added = stores.admin().add_token(token); !added)
        return Err(failure_of(std::move(added).error()));
    KG_ASK(tokens, stores.admin().tokens());
    call.office.guard().load_tokens(tokens);
    std::string detail;
    json::Writer(detail)
        .begin_object()
        .member("name", token.name)
        .member("readOnly", token.read_only)
        .end_object();
    call.did("token.create", token.id, std::move(detail));
    std::string body;
    json::Writer w(body);
    write_token(w, token, &secret);
    auto response = json_response(201, std::move(body));
    response.headers.add("location", "/api/tokens/" + token.id);
    return response;
}

Reply remove_token(Call& call, store::Stores& stores) {
    KG_ASK(removed, stores.admin().remove_token(call.id));
    if (!removed) return Err(not_found("admin token"));
    KG_ASK(tokens, stores.admin().tokens());
    call.office.guard().load_tokens(tokens);
    call.did("token.remove", call.id);
    return json_response(200, R"({"success":true})");
}

}  // namespace kg::admin::verbs
