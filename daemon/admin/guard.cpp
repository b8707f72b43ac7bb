#include "daemon/admin/guard.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/base/log.hpp"

namespace kg::admin {
namespace {

constexpr std::size_t kPasswordMaxBytes = 512, kAgentMaxBytes = 200;
constexpr std::int64_t kTouchEveryMs = 60'000;

std::string_view bytes(const Sha256& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string_view bearer(const http::Headers& headers) {
    const auto value = headers.get("authorization");
    constexpr std::string_view kScheme = "bearer ";
    if (!ascii::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return {};
    return ascii::trim(value.substr(kScheme.size()));
}

std::string_view cookie(const http::Headers& headers) {
    for (const auto& [name, value] : headers.fields()) {
        if (!ascii::equals_ignoring_case(name, "cookie")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto end = std::min(rest.find(';'), rest.size());
            const auto pair = ascii::trim(rest.substr(0, end));
            const auto equals = pair.find('=');
            if (equals != pair.npos && pair.substr(0, equals) == Guard::kCookie)
                return pair.substr(equals + 1);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return {};
}

/// Of the header, as JSON may hold it.
std::string shown_agent(std::string_view agent) {
    std::string out(ascii::utf8_prefix(agent, kAgentMaxBytes));
    if (!ascii::is_utf8(out))
        std::ranges::replace_if(
            out, [](char c) { return (c & 0x80) != 0; }, '?');
    return out;
}

/// For whoever watches the log; as many as Attempts lets through.
void note_wrong(const IpAddress& address) {
    log::warn("admin", "a wrong admin password or token was shown", {{"address", address.text()}});
}

std::optional<Failure> slow_down(std::optional<std::chrono::milliseconds> wait) {
    if (!wait) return std::nullopt;
    return Failure{.status = 429,
                   .code = "throttled",
                   .message = "too many wrong passwords; wait before the next attempt",
                   .field = {},
                   .retry_after = std::chrono::ceil<std::chrono::seconds>(*wait),
                   .detail = {}};
}

}  // namespace

std::string Caller::actor() const {
    switch (kind) {
        case Kind::session: return "session";
        case Kind::token: return "token:" + name;
        case Kind::password: return "password";
        case Kind::owner: return "operator";
        case Kind::nobody: break;
    }
    return "nobody";
}

Guard::Guard(const Clock& clock, Random& random, GuardOptions options, Save save)
    : clock_(clock),
      random_(random),
      save_(std::move(save)),
      process_key_(random.bytes(32)),
      options_(options) {}

void Guard::set_password(const Secret& configured, std::string stored_hash) {
    std::string mine;
    if (!configured.empty()) mine = std::string(bytes(hmac_sha256(process_key_, configured.reveal())));
    {
        const std::lock_guard lock(mutex_);
        const bool first = configured_.empty() && stored_hash_.empty();
        const bool same = mine == configured_ && (!mine.empty() || stored_hash == stored_hash_);
        configured_ = std::move(mine);
        stored_hash_ = std::move(stored_hash);
        if (same || first) return;
        known_password_.reset();
    }
    close_sessions();
}

bool Guard::password_is_configured() const {
    const std::lock_guard lock(mutex_);
    return !configured_.empty();
}

void Guard::set_operator(const Sha256& token_hash) {
    const std::lock_guard lock(mutex_);
    operator_ = token_hash;
}

void Guard::set_options(GuardOptions options) {
    const std::lock_guard lock(mutex_);
    options_ = options;
}

void Guard::load_sessions(const std::vector<store::AdminSession>& sessions) {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
    for (const auto& session : sessions) sessions_.emplace(session.token_hash, session);
}

void Guard::load_tokens(const std::vector<store::AdminToken>& tokens) {
    const std::lock_guard lock(mutex_);
    ++revocations_;
    tokens_.clear();
    for (const auto& token : tokens) tokens_.emplace(token.token_hash, token);
}

std::string Guard::csrf_of(std::string_view token) const {
    // Bound to the cookie alone: it is good for as long as that is, also after a restart.
    return hex_encode(bytes(hmac_sha256(token, "kirogate csrf")));
}

std::optional<Caller> Guard::by_cookie(std::string_view text) {
    if (text.empty() || text.size() > 128) return std::nullopt;
    const auto hash = sha256(text);
    const auto now = to_ms(clock_.wall());
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(hash);
    if (found == sessions_.end()) return std::nullopt;
    auto& session = found->second;
    if (now >= session.expires_at_ms || now - session.used_at_ms >= options_.session_idle.count()) {
        sessions_.erase(found);
        return std::nullopt;
    }
    if (now - session.used_at_ms >= kTouchEveryMs) {
        session.used_at_ms = now;
        save_([session](store::AdminStore& s) {
            if (auto saved = s.put_session(session, kSessionsMax); !saved)
                log::warn("admin", "the use of a session was not stored", {{"error", saved.error().message}});
        });
    }
    return Caller{.kind = Caller::Kind::session,
                  .name = {},
                  .may_change = true,
                  .session = hash,
                  .csrf = csrf_of(text)};
}

std::optional<Caller> Guard::by_token(std::string_view text) {
    const auto hash = sha256(text);
    const auto now = to_ms(clock_.wall());
    const std::lock_guard lock(mutex_);
    if (operator_ && constant_time_equal(bytes(hash), bytes(*operator_)))
        return Caller{.kind = Caller::Kind::owner, .name = {}, .may_change = true};
    const auto found = tokens_.find(hash);
    if (found == tokens_.end()) return std::nullopt;
    const auto& token = found->second;
    if (token.expires_at_ms && *token.expires_at_ms <= now) return std::nullopt;
    return Caller{.kind = Caller::Kind::token, .name = token.name, .may_change = !token.read_only};
}

bool Guard::is_known_password(std::string_view password) const {
    const auto shown = hmac_sha256(process_key_, password);
    const std::lock_guard lock(mutex_);
    if (!configured_.empty()) return constant_time_equal(bytes(shown), configured_);
    return known_password_ && constant_time_equal(bytes(shown), bytes(*known_password_));
}

Failure Guard::wrong() const {
    return {.status = 401,
            .code = "unauthenticated",
            .message = "wrong admin password or token",
            .field = {},
            .retry_after = {},
            .detail = {}};
}

std::optional<Failure> Guard::blocked(const IpAddress& address) {
    const std::lock_guard lock(mutex_);
    return slow_down(attempts_.blocked(address, clock_.steady()));
}

void Guard::right(const IpAddress& address) {
    const std::lock_guard lock(mutex_);
    attempts_.right(address, clock_.steady());
}

std::optional<Failure> Guard::begin_attempt(const IpAddress& address) {
    const std::lock_guard lock(mutex_);
    return slow_down(attempts_.begin(address, clock_.steady()));
}

std::variant<Caller, Guard::Unsure, Failure> Guard::recognise(const httpd::RequestHead& head,
                                                              const IpAddress& address) {
    if (const auto shown = bearer(head.headers); !shown.empty()) {
        if (auto caller = by_token(shown)) return std::move(*caller);
        if (shown.size() <= kPasswordMaxBytes && !shown.starts_with("kga-")) {
            if (auto slow = blocked(address)) return std::move(*slow);
            if (is_known_password(shown)) {
                right(address);
                return Caller{.kind = Caller::Kind::password, .name = {}, .may_change = true};
            }
            return Unsure{Secret(std::string(shown))};
        }
        if (auto slow = begin_attempt(address)) return std::move(*slow);
        note_wrong(address);
        return wrong();
    }
    if (auto caller = by_cookie(cookie(head.headers))) return std::move(*caller);
    return Caller{};
}

void Guard::check_password(const loop::Wakeup::Door& door, Secret password, const IpAddress& address,
                           Checked done) {
    const auto answer = [&door](Checked& to, std::optional<Failure> failure) {
        door.post([to = std::move(to), failure = std::move(failure)]() mutable { to(std::move(failure)); });
    };
    if (auto slow = blocked(address)) return answer(done, std::move(slow));
    if (is_known_password(password.reveal())) {
        right(address);
        return answer(done, std::nullopt);
    }
    if (auto slow = begin_attempt(address)) return answer(done, std::move(slow));
    std::string hash;
    {
        const std::lock_guard lock(mutex_);
        if (configured_.empty() && password.reveal().size() <= kPasswordMaxBytes) hash = stored_hash_;
    }
    if (hash.empty()) {
        note_wrong(address);
        return answer(done, wrong());
    }
    // Shared: a full queue gives the job back unrun, and `done` must still be called.
    auto shared = std::make_shared<Checked>(std::move(done));
    const bool queued = hasher_.post([this, door, shared, hash, address, password = std::move(password)] {
        bool right = password_matches(password.reveal(), hash);
        if (right) {
            const auto known = hmac_sha256(process_key_, password.reveal());
            const std::lock_guard lock(mutex_);
            right = hash == stored_hash_ && configured_.empty();  // not changed meanwhile
            if (right) known_password_ = known;
            if (right) attempts_.right(address, clock_.steady());
        }
        if (!right) note_wrong(address);
        door.post([shared, failure = right ? std::nullopt : std::optional(wrong())]() mutable {
            (*shared)(std::move(failure));
        });
    });
    if (queued) return;
    answer(*shared, Failure{.status = 429,
                            .code = "throttled",
                            .message = "too many passwords are being checked",
                            .field = {},
                            .retry_after = std::chrono::seconds(1),
                            .detail = {}});
}

Guard::NewSession Guard::open_session(std::string address, std::string agent) {
    NewSession out{.token = Secret(random_.base62(43)), .csrf = {}, .expires_at_ms = 0, .max_age = {}};
    out.csrf = csrf_of(out.token.reveal());
    const auto now = to_ms(clock_.wall());
    store::AdminSession session{.token_hash = sha256(out.token.reveal()),
                                .created_at_ms = now,
                                .used_at_ms = now,
                                .expires_at_ms = 0,
                                .address = std::move(address),
                                .agent = shown_agent(agent)};
    const std::lock_guard lock(mutex_);
    session.expires_at_ms = now + options_.session_max.count();
    out.max_age = std::chrono::duration_cast<std::chrono::seconds>(options_.session_max);
    std::erase_if(sessions_, [&](const auto& s) { return s.second.expires_at_ms <= now; });
    while (sessions_.size() >= kSessionsMax) {
        sessions_.erase(
            std::ranges::min_element(sessions_, {}, [](const auto& s) { return s.second.used_at_ms; }));
    }
    sessions_.emplace(session.token_hash, session);
    out.expires_at_ms = session.expires_at_ms;
    save_([session = std::move(session)](store::AdminStore& s) {
        if (auto saved = s.put_session(session, kSessionsMax); !saved)
            log::error("admin", "a session was not stored", {{"error", saved.error().message}});
    });
    return out;
}

void Guard::close_session(const Sha256& session) {
    const std::lock_guard lock(mutex_);
    ++revocations_;
    sessions_.erase(session);
    save_([session](store::AdminStore& s) {
        if (auto removed = s.remove_session(session); !removed)
            log::error("admin", "the end of a session was not stored", {{"error", removed.error().message}});
    });
}

void Guard::close_sessions() {
    const std::lock_guard lock(mutex_);
    ++revocations_;
    sessions_.clear();
    save_([](store::AdminStore& s) {
        if (auto removed = s.remove_sessions(); !removed)
            log::error("admin", "the end of all sessions was not stored",
                       {{"error", removed.error().message}});
    });
}

std::vector<store::AdminSession> Guard::sessions() const {
    std::vector<store::AdminSession> out;
    const std::lock_guard lock(mutex_);
    for (const auto& session : sessions_) out.push_back(session.second);
    return out;
}

}  // namespace kg::admin
