#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/digest.hpp"
#include "core/base/ip_network.hpp"
#include "core/base/random.hpp"
#include "core/base/secret.hpp"
#include "core/loop/wakeup.hpp"
#include "core/loop/worker.hpp"
#include "core/store/admin_store.hpp"
#include "daemon/admin/attempts.hpp"
#include "daemon/admin/failure.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::admin {

/// Who asks, once it is known.
struct Caller {
    enum class Kind : std::uint8_t { nobody, session, token, password, owner };
    Kind kind = Kind::nobody;
    std::string name{};         // of a token
    bool may_change = false;    // false: may only look
    Sha256 session{};           // of a session: its hash
    std::string csrf{};         // of a session: what changing requests must show
    std::string actor() const;  // for the audit log: "session", "token:ci", "password", "operator"
};

struct GuardOptions {
    std::chrono::milliseconds session_idle{std::chrono::hours(12)};
    std::chrono::milliseconds session_max{std::chrono::hours(24 * 7)};
};

/// Who may use the admin API (seed 2.5, B9). Shared by all loops; one mutex, held for a lookup and some
/// arithmetic, never across scrypt or the store.
///
/// - The admin password opens a session: a random cookie (HttpOnly, SameSite=Strict) whose SHA-256 alone
///   is kept, here and in the store, and which ends when it was not used for a while, after some days
///   at the latest, or when somebody signs out. A session is always a new one: what a browser brings
///   along is never adopted. Requests that change something repeat the session's CSRF token, an HMAC
///   of the cookie, which only a page of ours can have read.
/// - Scripts show `Authorization: Bearer` with the password, an admin token (kga-..., perhaps read-only)
///   or the operator's token, by which the command line beside the daemon speaks to it.
///
/// A password is compared by scrypt on a thread of its own: one at a time, eight may wait. One that was
/// right is remembered as an HMAC under a key of this process, so that scripts pay scrypt once. Wrong
/// ones are slowed down (attempts.hpp).
class Guard {
  public:
    /// `save` queues a job for the store and does not block. It is called with the mutex held: what is
    /// queued has the order in which it happened.
    using Save = std::function<void(UniqueFunction<void(store::AdminStore&)>)>;
    Guard(const Clock& clock, Random& random, GuardOptions options, Save save);

    /// `configured`: from file or environment, wins over the stored scrypt hash. Neither: no password
    /// is right. Another password than before ends every session.
    void set_password(const Secret& configured, std::string stored_hash);
    bool password_is_configured() const;
    void set_operator(const Sha256& token_hash);
    void set_options(GuardOptions options);
    void load_sessions(const std::vector<store::AdminSession>& sessions);
    void load_tokens(const std::vector<store::AdminToken>& tokens);

    /// A bearer that can only be the password, if anything: check_password() knows.
    struct Unsure {
        Secret password;
    };
    /// nobody: no credential was shown. A cookie that is no session (any more) is no credential.
    std::variant<Caller, Unsure, Failure> recognise(const httpd::RequestHead& head, const IpAddress& address);
    using Checked = UniqueFunction<void(std::optional<Failure>)>;
    /// `done` runs on the door's loop: nothing when the password is right.
    void check_password(const loop::Wakeup::Door& door, Secret password, const IpAddress& address,
                        Checked done);

    struct NewSession {
        Secret token;
        std::string csrf;
        std::int64_t expires_at_ms = 0;
        std::chrono::seconds max_age{};
    };
    NewSession open_session(std::string address, std::string agent);
    void close_session(const Sha256& session);
    void close_sessions();  // every one
    /// How often something that let a caller in was taken back: another number than before tells an answer
    /// that goes on to ask for its credential again.
    std::uint64_t revocations() const { return revocations_.load(std::memory_order_relaxed); }
    std::vector<store::AdminSession> sessions() const;

    static constexpr std::string_view kCookie = "kirogate_session";
    static constexpr std::size_t kSessionsMax = 256;

  private:
    std::optional<Caller> by_cookie(std::string_view cookie);
    std::optional<Caller> by_token(std::string_view bearer);
    bool is_known_password(std::string_view password) const;
    std::string csrf_of(std::string_view token) const;
    Failure wrong() const;
    /// Told off before anything is compared.
    std::optional<Failure> blocked(const IpAddress& address);
    void right(const IpAddress& address);
    std::optional<Failure> begin_attempt(const IpAddress& address);

    const Clock& clock_;
    Random& random_;
    const Save save_;
    const std::string process_key_;  // of the HMAC of passwords that were right

    mutable std::mutex mutex_;
    GuardOptions options_;
    std::optional<Sha256> operator_, known_password_;
    std::string configured_, stored_hash_;  // HMAC of the configured one; scrypt of the other
    std::map<Sha256, store::AdminSession> sessions_;
    std::map<Sha256, store::AdminToken> tokens_;
    Attempts attempts_;
    std::atomic<std::uint64_t> revocations_{0};
    loop::Worker hasher_{8};  // last: its destructor ends what uses the rest
};

}  // namespace kg::admin
