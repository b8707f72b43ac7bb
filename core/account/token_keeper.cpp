#include "core/account/token_keeper.hpp"

#include <algorithm>
#include <utility>

#include "core/base/log.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kWaitersMax = 10'000;
constexpr std::size_t kProactiveFlightsMax = 4;
constexpr milliseconds kSweepEvery = 5s;
constexpr milliseconds kLeaseTtl = 60s;
constexpr milliseconds kLeaseRetry = 100ms;
constexpr unsigned kLeaseTriesMax = 600;    // a minute, then whoever held it is taken to be gone
constexpr unsigned kTransientTriesMax = 3;  // within one flight: 500 ms, 1 s
constexpr milliseconds kUsableMargin = 60s;
constexpr milliseconds kBackoffFirst = 5s, kBackoffCap = 1h, kBackoffRateLimited = 60s;

Error lost(std::string reason) {
    return {.kind = ErrorKind::upstream_auth,
            .message = "the login of an upstream account is no longer valid",
            .detail = std::move(reason)};
}

Error transient(std::string reason) {
    return {.kind = ErrorKind::upstream_failed,
            .message = "an upstream account's token could not be refreshed",
            .detail = std::move(reason),
            .retry_after = 5s};
}

}  // namespace

/// One refresh of one account, from the store's lease to the durable token:
/// claim -> (another process was faster: reload) -> refresh call -> resolve profile -> save ->
/// reply.
class TokenKeeper::Flight {
  public:
    Flight(TokenKeeper& keeper, std::string id)
        : keeper_(keeper), id_(std::move(id)), retry_(keeper.loop_, [this] { step_(); }) {}

    std::vector<Waiter> waiters;

    void begin() { claim(); }

  private:
    template <class R>
    void on_store(UniqueFunction<R(store::Stores&)> job, UniqueFunction<void(R)> done) {
        auto alive = keeper_.alive_;
        auto guarded = [alive, flight = this, keeper = &keeper_, id = id_,
                        done = std::move(done)](R result) mutable {
            if (!*alive) return;
            const auto it = keeper->flights_.find(id);
            if (it == keeper->flights_.end() || it->second.get() != flight) return;
            done(std::move(result));
        };
        if (!keeper_.store_.run<R>(keeper_.wakeup_.door(), std::move(job), std::move(guarded))) {
            fail_transient("the store's queue is full");
        }
    }

    void claim() {
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
            [this](Claim claim) {
                if (!claim.error.empty()) return fail_transient(claim.error);
                if (!claim.record) return end(Err(lost("the account was removed")));
                const auto known = keeper_.pool_.record(id_);
                if (known && claim.record->token_generation > known->token_generation) {
                    // Another process refreshed meanwhile: its token is ours too.
                    keeper_.pool_.tokens_saved(id_, *claim.record);
                    return succeed(*claim.record);
                }
                if (!claim.mine) {
                    if (++lease_tries_ > kLeaseTriesMax)
                        return fail_transient("another process holds the refresh lease");
                    step_ = [this] { claim_again(); };
                    return retry_.start(kLeaseRetry);
                }
                record_ = std::move(*claim.record);
                call();
            });
    }
    void claim_again() { claim(); }

    void call() {
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
            [this](Result<kiro::RefreshedTokens, kiro::RefreshFailure> result) {
                refreshed(std::move(result));
            });
    }

    void refreshed(Result<kiro::RefreshedTokens, kiro::RefreshFailure> result) {
        if (result) {
            tokens_ = std::move(*result);
            return save();
        }
        const auto& failure = result.error();
        if (failure.login_lost) return recheck_then_lose(failure.reason);
        if (failure.rate_limited || ++tries_ >= kTransientTriesMax) {
            rate_limited_ = failure.rate_limited;
            return fail_transient(failure.reason);
        }
        step_ = [this] { call(); };
        retry_.start(milliseconds(500) * (1 << (tries_ - 1)));
    }

    /// Before a login is declared lost the store is read once more: the token may just be an old
    /// one.
    void recheck_then_lose(std::string reason) {
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

    void save() {
        const auto now = keeper_.clock_.wall();
        const auto expires = to_ms(now + tokens_.expires_in);
        on_store<Result<std::optional<store::Account>>>(
            [id = id_, generation = record_.token_generation, tokens = tokens_, expires,
             now_ms = to_ms(now)](store::Stores& s) -> Result<std::optional<store::Account>> {
                auto saved =
                    s.accounts().save_tokens(id, generation, tokens.access_token, tokens.refresh_token,
                                             expires, tokens.profile_arn, now_ms);
                if (!saved) return Err(std::move(saved).error());
                return s.accounts().find(id);
            },
            [this](Result<std::optional<store::Account>> saved) {
                if (!saved) {
                    // The rotated token exists only here: keep trying, nobody may use it before.
                    log::error("account", "a rotated token could not be stored; trying again",
                               {{"account", id_}, {"error", saved.error().message}});
                    if (++save_tries_ > 60) return fail_transient(saved.error().message);
                    step_ = [this] { save(); };
                    return retry_.start(1s);
                }
                if (!*saved) return end(Err(lost("the account was removed")));
                keeper_.pool_.tokens_saved(id_, **saved);
                log::info("account", "token refreshed",
                          {{"account", id_}, {"expires_in_s", tokens_.expires_in.count()}});
                record_ = std::move(**saved);
                resolve_profile();
            });
    }

    /// Organisation accounts must name their profile; one result is taken (kiro-upstream 1.9).
    void resolve_profile() {
        const auto caller = Pool::caller_of(record_);
        if (!caller.profile_arn.empty() || caller.auth_method == kiro::AuthMethod::social)
            return succeed(record_);
        profiles_ = std::make_unique<kiro::ListProfiles>(
            keeper_.fetcher_, keeper_.upstream_, caller,
            [this](Result<std::vector<kiro::ListProfiles::Profile>, kiro::Failure> result) {
                if (!result || result->size() != 1) {
                    log::warn("account",
                              "the account's profile is not known; set it with `kirogate account edit "
                              "--profile-arn`",
                              {{"account", id_},
                               {"profiles", result ? static_cast<std::int64_t>(result->size()) : 0}});
                    return succeed(record_);
                }
                record_.profile_arn = result->front().arn;
                on_store<bool>(
                    [id = id_, arn = record_.profile_arn](store::Stores& s) {
                        auto done = s.accounts().update(
                            id, [&](store::Account& a) { return a.profile_arn = arn, true; });
                        return done && *done;
                    },
                    [this](bool) { succeed(record_); });
            });
    }

    void succeed(const store::Account& record) {
        keeper_.backoff_.erase(id_);
        end(FreshToken{Pool::caller_of(record), record.token_generation});
    }

    void login_lost(std::string reason) {
        log::warn("account", "the login is lost; sign in again or import a new token",
                  {{"account", id_}, {"reason", reason}});
        keeper_.pool_.report_login_lost(id_, reason);
        end(Err(lost(std::move(reason))));
    }

    void fail_transient(const std::string& reason) {
        auto& backoff = keeper_.backoff_[id_];
        auto pause = kBackoffFirst;
        for (unsigned i = 0; i < backoff.failures && pause < kBackoffCap; ++i) pause *= 2;
        if (rate_limited_) pause = std::max(pause, kBackoffRateLimited);
        ++backoff.failures;
        backoff.until = keeper_.clock_.steady() + std::min(pause, kBackoffCap);
        log::warn("account", "token refresh failed", {{"account", id_}, {"reason", reason}});
        end(Err(transient(reason)));
    }

    void end(Result<FreshToken> result) {
        keeper_.store_.post([id = id_, holder = keeper_.holder_](store::Stores& s) {
            if (auto released = s.accounts().release_refresh(id, holder); !released) {
                log::debug("account", "refresh lease not released; it will expire", {{"account", id}});
            }
        });
        keeper_.finish(id_, std::move(result));
    }

    TokenKeeper& keeper_;
    const std::string id_;
    loop::Timer retry_;
    UniqueFunction<void()> step_;
    store::Account record_;
    kiro::RefreshedTokens tokens_;
    std::unique_ptr<kiro::Refresh> refresh_;
    std::unique_ptr<kiro::ListProfiles> profiles_;
    unsigned lease_tries_ = 0, tries_ = 0, save_tries_ = 0;
    bool rechecked_ = false, rate_limited_ = false;
};

TokenKeeper::TokenKeeper(loop::Loop& loop, fetch::Fetcher& fetcher, store::AsyncStore& store, Pool& pool,
                         const Clock& clock, Random& random, const kiro::UpstreamOptions& upstream)
    : loop_(loop),
      fetcher_(fetcher),
      store_(store),
      pool_(pool),
      clock_(clock),
      random_(random),
      upstream_(upstream),
      holder_(random.base62(16)),
      wakeup_(loop),
      sweep_timer_(loop, [this] { sweep(); }),
      reap_(loop, [this] { finished_.clear(); }) {
    wakeup_.set_keeps_alive(false);
}

TokenKeeper::~TokenKeeper() {
    *alive_ = false;
}

void TokenKeeper::start(milliseconds lead) {
    lead_ = lead;
    sweep();
    sweep_timer_.start(kSweepEvery, kSweepEvery);
}

void TokenKeeper::ensure(std::string id, std::uint64_t seen_generation, loop::Wakeup::Door door,
                         Reply reply) {
    wakeup_.door().post([this, alive = alive_, id = std::move(id), seen_generation, door = std::move(door),
                         reply = std::move(reply)]() mutable {
        if (*alive) ensure_here(std::move(id), seen_generation, {std::move(door), std::move(reply)});
    });
}

void TokenKeeper::refresh_soon(std::string id) {
    wakeup_.door().post([this, alive = alive_, id = std::move(id)] {
        if (!*alive || flights_.contains(id)) return;
        const auto backoff = backoff_.find(id);
        if (backoff == backoff_.end() || clock_.steady() >= backoff->second.until) join(id, nullptr);
    });
}

void TokenKeeper::ensure_here(std::string id, std::uint64_t seen_generation, Waiter waiter) {
    const auto answer = [&](Result<FreshToken> result) {
        waiter.door.post([reply = std::move(waiter.reply), result = std::move(result)]() mutable {
            reply(std::move(result));
        });
    };
    const auto record = pool_.record(id);
    if (!record) return answer(Err(lost("the account was removed")));
    const bool valid =
        !record->access_token.empty() && wall_from_ms(record->expires_at_ms) > clock_.wall() + kUsableMargin;
    if (seen_generation == kAny ? valid : record->token_generation > seen_generation && valid) {
        return answer(FreshToken{Pool::caller_of(*record), record->token_generation});
    }
    if (!flights_.contains(id)) {
        if (const auto b = backoff_.find(id); b != backoff_.end() && clock_.steady() < b->second.until) {
            return answer(Err(transient("waiting before the next refresh")));
        }
    }
    if (waiters_ >= kWaitersMax)
        return answer(
            Err(Error{.kind = ErrorKind::overloaded, .message = "too many requests wait for a token"}));
    join(id, &waiter);
}

void TokenKeeper::join(const std::string& id, Waiter* waiter) {
    auto& flight = flights_[id];
    const bool fresh = flight == nullptr;
    if (fresh) flight = std::make_unique<Flight>(*this, id);
    if (waiter) {
        flight->waiters.push_back(std::move(*waiter));
        ++waiters_;
    }
    if (fresh) flight->begin();
}

void TokenKeeper::finish(const std::string& id, Result<FreshToken> result) {
    const auto it = flights_.find(id);
    if (it == flights_.end()) return;
    finished_.push_back(std::move(it->second));
    reap_.schedule();
    flights_.erase(it);
    auto waiters = std::exchange(finished_.back()->waiters, {});
    waiters_ -= waiters.size();
    for (auto& waiter : waiters) {
        waiter.door.post(
            [reply = std::move(waiter.reply), copy = result.clone()]() mutable { reply(std::move(copy)); });
    }
}

void TokenKeeper::sweep() {
    const auto now = clock_.wall();
    std::size_t budget = kProactiveFlightsMax > flights_.size() ? kProactiveFlightsMax - flights_.size() : 0;
    for (const auto& record : pool_.records()) {
        if (budget == 0) return;
        if (!record.enabled || record.auth_method == "api-key" || flights_.contains(record.id)) continue;
        const auto state = parse_state(record.state);
        if (state == State::needs_sign_in || state == State::suspended) continue;
        // Up to a fifth of the lead earlier or later, by account: refreshes do not come in herds.
        const auto spread = lead_.count() / 5;
        const auto jitter = spread > 0 ? static_cast<std::int64_t>(std::hash<std::string>{}(record.id) %
                                                                   static_cast<std::uint64_t>(2 * spread)) -
                                             spread
                                       : 0;
        const bool due = record.access_token.empty() ||
                         wall_from_ms(record.expires_at_ms) < now + lead_ + milliseconds(jitter);
        if (!due) continue;
        if (const auto b = backoff_.find(record.id); b != backoff_.end() && clock_.steady() < b->second.until)
            continue;
        join(record.id, nullptr);
        --budget;
    }
}

}  // namespace kg::account
