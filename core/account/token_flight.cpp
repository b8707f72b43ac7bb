#include "core/account/token_flight.hpp"

#include <algorithm>

#include "core/base/log.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kLeaseTtl = 60s;
constexpr milliseconds kLeaseRetry = 100ms;
constexpr unsigned kLeaseTriesMax = 600;    // a minute, then whoever held it is taken to be gone
constexpr unsigned kTransientTriesMax = 3;  // within one flight: 500 ms, 1 s
constexpr milliseconds kBackoffFirst = 5s, kBackoffCap = 1h, kBackoffRateLimited = 60s;

}  // namespace

Error login_lost_error(std::string reason) {
    return {.kind = ErrorKind::upstream_auth,
            .message = "the login of an upstream account is no longer valid",
            .detail = std::move(reason)};
}

Error refresh_failed_error(std::string reason) {
    return {.kind = ErrorKind::upstream_failed,
            .message = "an upstream account's token could not be refreshed",
            .detail = std::move(reason),
            .retry_after = 5s};
}

bool token_is_valid(const store::Account& record, WallTime now) {
    return !record.access_token.empty() && wall_from_ms(record.expires_at_ms) > now + kUsableMargin;
}

TokenKeeper::Flight::Flight(TokenKeeper& keeper, std::string id)
    : keeper_(keeper), id_(std::move(id)), retry_(keeper.loop_, [this] { step_(); }) {}

TokenKeeper::Flight::~Flight() {
    leave_file();
}

void TokenKeeper::Flight::again_in(milliseconds pause, UniqueFunction<void()> step) {
    step_ = std::move(step);
    retry_.start(pause);
}

void TokenKeeper::Flight::claim() {
    struct Claim {
        bool mine = false;
        std::optional<store::Account> record;
        std::string error;
    };
    on_store<Claim>(
        [id = id_, holder = keeper_.holder_, now = to_ms(keeper_.clock_.wall())](store::Stores& s) {
            Claim claim;
            auto mine = s.accounts().claim_refresh(id, holder, now, kLeaseTtl.count());
            if (!mine) return claim.error = mine.error().message, claim;
            claim.mine = *mine;
            auto record = s.accounts().find(id);
            if (!record) return claim.error = record.error().message, claim;
            claim.record = std::move(*record);
            return claim;
        },
        [this](Claim got) {
            if (!got.error.empty()) return fail_transient(got.error);
            if (!got.record) return end(Err(login_lost_error("the account was removed")));
            const bool follows = !got.record->follow_path.empty();
            const auto known = keeper_.pool_.record(id_);
            if (!follows && known && got.record->token_generation > known->token_generation) {
                // Another process refreshed meanwhile: its token is ours too.
                keeper_.pool_.tokens_saved(id_, *got.record);
                return succeed(*got.record);
            }
            if (!got.mine) {
                if (++lease_tries_ > kLeaseTriesMax)
                    return fail_transient("another process holds the refresh lease");
                return again_in(kLeaseRetry, [this] { claim(); });
            }
            record_ = std::move(*got.record);
            stored_generation_ = record_.token_generation;
            follows ? open_file() : call();
        });
}

void TokenKeeper::Flight::call() {
    if (record_.refresh_token.empty()) return login_lost("there is no refresh token");
    kiro::RefreshInput input;
    input.auth_method = kiro::parse_auth_method(record_.auth_method).value_or(kiro::AuthMethod::social);
    input.refresh_token = record_.refresh_token;
    input.client_id = record_.client_id;
    input.client_secret = record_.client_secret;
    input.auth_region = record_.auth_region;
    input.token_endpoint = record_.token_endpoint;
    input.scopes = record_.scopes;
    input.machine_id = record_.machine_id;
    input.proxy = record_.proxy.empty() ? keeper_.upstream_.proxy : record_.proxy;
    refresh_ = std::make_unique<kiro::Refresh>(
        keeper_.fetcher_, keeper_.upstream_, std::move(input),
        [this](Result<kiro::RefreshedTokens, kiro::RefreshFailure> result) { refreshed(std::move(result)); });
}

void TokenKeeper::Flight::refreshed(Result<kiro::RefreshedTokens, kiro::RefreshFailure> result) {
    if (result) {
        tokens_ = std::move(*result);
        return file_ ? write_back() : save();
    }
    const auto& failure = result.error();
    if (failure.login_lost) return file_ ? look_again(failure.reason) : recheck_then_lose(failure.reason);
    if (failure.rate_limited || ++tries_ >= kTransientTriesMax) {
        rate_limited_ = failure.rate_limited;
        return fail_transient(failure.reason);
    }
    again_in(milliseconds(500) * (1 << (tries_ - 1)), [this] { call(); });
}

/// Before a login is declared lost the store is read once more: the token may just be an old one.
void TokenKeeper::Flight::recheck_then_lose(std::string reason) {
    on_store<std::optional<store::Account>>(
        [id = id_](store::Stores& s) {
            auto record = s.accounts().find(id);
            return record ? std::move(*record) : std::nullopt;
        },
        [this, reason = std::move(reason)](std::optional<store::Account> now) {
            if (now && !(now->refresh_token == record_.refresh_token) && !rechecked_) {
                rechecked_ = true;
                keeper_.pool_.tokens_saved(id_, *now);
                record_ = std::move(*now);
                return call();
            }
            login_lost(reason);
        });
}

void TokenKeeper::Flight::save() {
    const auto now = keeper_.clock_.wall();
    const auto expires = to_ms(now + tokens_.expires_in);
    on_store<Result<std::optional<store::Account>>>(
        [id = id_, generation = record_.token_generation, tokens = tokens_, expires,
         now_ms = to_ms(now)](store::Stores& s) -> Result<std::optional<store::Account>> {
            auto saved = s.accounts().save_tokens(id, generation, tokens.access_token, tokens.refresh_token,
                                                  expires, tokens.profile_arn, now_ms);
            if (!saved) return Err(std::move(saved).error());
            return s.accounts().find(id);
        },
        [this](Result<std::optional<store::Account>> saved) {
            if (!saved) {
                // The rotated token exists only here: keep trying, nobody may use it before.
                log::error("account", "a rotated token could not be stored; trying again",
                           {{"account", id_}, {"error", saved.error().message}});
                if (++save_tries_ > kSaveTriesMax) return fail_transient(saved.error().message);
                return again_in(kSaveRetry, [this] { save(); });
            }
            if (!*saved) return end(Err(login_lost_error("the account was removed")));
            keeper_.pool_.tokens_saved(id_, **saved);
            log::info("account", "token refreshed",
                      {{"account", id_}, {"expires_in_s", tokens_.expires_in.count()}});
            record_ = std::move(**saved);
            resolve_profile();
        });
}

/// Organisation accounts must name their profile; one result is taken (kiro-upstream 1.9).
void TokenKeeper::Flight::resolve_profile() {
    const auto caller = Pool::caller_of(record_);
    if (!caller.profile_arn.empty() || caller.auth_method == kiro::AuthMethod::social)
        return succeed(record_);
    profiles_ = std::make_unique<kiro::ListProfiles>(
        keeper_.fetcher_, keeper_.upstream_, caller,
        [this](Result<std::vector<kiro::ListProfiles::Profile>, kiro::Failure> result) {
            if (!result || result->size() != 1) {
                log::warn(
                    "account",
                    "the account's profile is not known; set it with `kirogate account edit "
                    "--profile-arn`",
                    {{"account", id_}, {"profiles", result ? static_cast<std::int64_t>(result->size()) : 0}});
                return succeed(record_);
            }
            record_.profile_arn = result->front().arn;
            on_store<bool>(
                [id = id_, arn = record_.profile_arn](store::Stores& s) {
                    auto done =
                        s.accounts().update(id, [&](store::Account& a) { return a.profile_arn = arn, true; });
                    return done && *done;
                },
                [this](bool) { succeed(record_); });
        });
}

void TokenKeeper::Flight::succeed(const store::Account& record) {
    keeper_.backoff_.erase(id_);
    end(FreshToken{Pool::caller_of(record), record.token_generation});
}

void TokenKeeper::Flight::login_lost(std::string reason, bool gone) {
    log::warn("account", "the login is lost; sign in again or import a new token",
              {{"account", id_}, {"reason", reason}});
    keeper_.pool_.report_login_lost(id_, reason, gone);
    end(Err(login_lost_error(std::move(reason))));
}

void TokenKeeper::Flight::fail_transient(const std::string& reason) {
    auto& backoff = keeper_.backoff_[id_];
    auto pause = kBackoffFirst;
    for (unsigned i = 0; i < backoff.failures && pause < kBackoffCap; ++i) pause *= 2;
    if (rate_limited_) pause = std::max(pause, kBackoffRateLimited);
    ++backoff.failures;
    backoff.until = keeper_.clock_.steady() + std::min(pause, kBackoffCap);
    log::warn("account", "token refresh failed", {{"account", id_}, {"reason", reason}});
    end(Err(refresh_failed_error(reason)));
}

void TokenKeeper::Flight::end(Result<FreshToken> result) {
    leave_file();
    keeper_.store_.post([id = id_, holder = keeper_.holder_](store::Stores& s) {
        if (auto released = s.accounts().release_refresh(id, holder); !released) {
            log::debug("account", "refresh lease not released; it will expire", {{"account", id}});
        }
    });
    keeper_.finish(id_, std::move(result));
}

}  // namespace kg::account
