// Pool, the part that says why there is no account. What it looks at is bounded: it runs under the lock,
// for every request that fails.
#include <algorithm>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using std::chrono::milliseconds;
using Standing = PoolIndex::Standing;

constexpr std::size_t kNamedMax = 32;     // accounts in the log line
constexpr std::size_t kLookedAtMax = 64;  // accounts asked for their name, or for the time they come back

}  // namespace

/// The accounts that a request could have had.
struct Pool::Shortage {
    PoolIndex::Counts count{};            // by Standing, of those that offer the model
    std::size_t other_model = 0;          // those that do not, and are not disabled
    std::size_t matching = 0;             // of both kinds, without those already tried
    std::size_t refilling = 0;            // of the usable ones: those at their limit a minute
    std::optional<milliseconds> soonest;  // recovery, also of those already tried
    std::string names;                    // "acc_1=cooling acc_2=disabled"

    std::size_t of(Standing standing) const { return count[static_cast<std::size_t>(standing)]; }
    /// One more, or with -1 one less.
    void add(Standing standing, bool offers, int n = 1) {
        auto& sum = offers || standing == Standing::disabled ? count[static_cast<std::size_t>(standing)]
                                                             : other_model;
        sum += static_cast<std::size_t>(n);
        matching += static_cast<std::size_t>(n);
    }
    void recovers_in(milliseconds wait) {
        wait = std::max(wait, milliseconds(1000));
        if (!soonest || wait < *soonest) soonest = wait;
    }
    void name(const Entry& entry, Standing standing, bool offers) {
        const auto why = standing == Standing::disabled            ? std::string_view("disabled")
                         : offers && entry.place.refills           ? std::string_view("limit-reached")
                         : !offers || standing == Standing::usable ? std::string_view("model-not-offered")
                                                                   : state_name(entry.state);
        names.append(entry.record.id).append("=").append(why) += ' ';
    }
};

Pool::Shortage Pool::shortage(const LeaseRequest& request, const Now& at) const {
    Shortage out;
    const auto tried = [&](const Entry& entry) {
        return request.excluded && request.excluded->contains(entry.record.id);
    };
    const auto standing = [&](const Entry& entry) { return standing_of(entry, usable(entry, at)); };
    const auto offers = [&](const Entry& entry) { return offers_model(entry, request, at); };
    std::size_t named = 0;
    const auto name = [&](const Entry& entry) {
        if (named++ < kNamedMax) out.name(entry, standing(entry), offers(entry));
    };
    if (request.by_group() || !request.by_account()) {
        const auto census = index_.census(request.allowed_groups, request.wire_model);
        out.count = census.offering;
        out.other_model = out.matching = census.not_offering;
        out.refilling = census.refilling;
        for (const auto n : out.count) out.matching += n;
        const auto here = [&](const Entry& entry) {
            return !request.by_group() || in_groups(entry, request);
        };
        if (request.excluded) {
            for (const auto& id : *request.excluded) {
                const auto* entry = find(id);
                if (!entry || !here(*entry) || !entry->place.standing) continue;
                const bool serves = entry->place.shelf->serves(request.wire_model);
                out.add(*entry->place.standing, serves, -1);
                if (serves && entry->place.refills) --out.refilling;
            }
        }
        const auto soonest = [&](const auto& waiting, auto left) {
            std::size_t seen = 0;
            for (const auto& [until, entry] : waiting) {
                if (++seen > kLookedAtMax) return;
                if (here(*entry) && offers(*entry)) return out.recovers_in(left(until));
            }
        };
        soonest(cooling_, [&](SteadyTime t) { return std::chrono::ceil<milliseconds>(t - at.steady); });
        soonest(exhausted_, [&](WallTime t) { return std::chrono::ceil<milliseconds>(t - at.wall); });
        for (std::size_t i = 0; i < std::min(entries_.size(), kLookedAtMax); ++i) {
            if (here(*entries_[i]) && !tried(*entries_[i])) name(*entries_[i]);
        }
    }
    if (request.by_account()) {
        for (const auto& id : *request.allowed_accounts) {
            const auto* entry = find(id);
            if (!entry || (request.by_group() && in_groups(*entry, request))) continue;
            const auto stands = standing(*entry);
            if (!tried(*entry)) {
                out.add(stands, offers(*entry));
                if (offers(*entry) && entry->place.refills) ++out.refilling;
                name(*entry);
            }
            if (!offers(*entry)) continue;
            if (stands == Standing::cooling)
                out.recovers_in(std::chrono::ceil<milliseconds>(entry->cooling_until - at.steady));
            if (stands == Standing::exhausted) out.recovers_in(entry->exhausted_until - at.wall);
        }
    }
    if (const auto first = out.refilling > 0 ? first_refill(request, at) : std::nullopt)
        out.recovers_in(std::chrono::ceil<milliseconds>(*first - at.steady));
    return out;
}

Error Pool::why_none(const LeaseRequest& request, const Now& at) const {
    Error error{.kind = ErrorKind::no_account};
    const auto none = shortage(request, at);
    // One that is usable and was not taken has refused the model, unless it has no more for this minute.
    const auto other_model = none.other_model + none.of(Standing::usable) - none.refilling,
               exhausted = none.of(Standing::exhausted), suspended = none.of(Standing::suspended),
               sign_in = none.of(Standing::sign_in), disabled = none.of(Standing::disabled);
    error.detail = none.names;
    const auto named = std::min(none.matching, kNamedMax);
    if (none.matching > named) error.detail += "and " + std::to_string(none.matching - named) + " more";
    error.retry_after = none.soonest;
    if (none.matching == 0) {
        error.message = entries_.empty() ? "no account is configured; add one with `kirogate account add`"
                        : request.excluded && !request.excluded->empty()
                            ? "every account failed"
                            : "no account is available to this key";
    } else if (other_model > 0 && !error.retry_after) {
        error.kind = ErrorKind::model_not_found;
        error.message = "no account offers this model";
    } else if (exhausted > 0 && exhausted + disabled + suspended + sign_in + other_model == none.matching) {
        error.kind = ErrorKind::accounts_exhausted;
        error.message = "the credits of every account are used up";
    } else if (suspended == none.matching) {
        error.kind = ErrorKind::account_suspended;
        error.message = "the provider has restricted every account; contact its support";
    } else {
        error.message =
            none.refilling > 0
                ? "every account has reached its limit a minute or is cooling down; try again later"
            : sign_in + disabled + suspended == none.matching
                ? "no account is usable: they are disabled or must sign in again"
                : "every account is cooling down; try again later";
    }
    if (!error.retry_after && error.kind == ErrorKind::no_account)
        error.retry_after = std::chrono::seconds(30);
    return error;
}

}  // namespace kg::account
