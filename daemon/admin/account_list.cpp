#include "daemon/admin/account_list.hpp"

namespace kg::admin {
namespace {

constexpr std::size_t kViewsAtOnce = 200;  // so that the pool's lock is never held for long
constexpr std::int64_t kHourMs = 3'600'000;

}  // namespace

Result<AccountList, Failure> AccountList::read(Office& office, store::Stores& stores) {
    AccountList out;
    auto& parts = office.parts();
    out.now_ms_ = to_ms(parts.clock.wall());
    KG_ASK(accounts, stores.accounts().list());
    out.accounts_ = std::move(accounts);
    for (std::size_t from = 0;; from += kViewsAtOnce) {
        auto views = parts.pool.view(from, kViewsAtOnce);
        for (auto& view : views) {
            const auto id = view.id;
            out.views_.emplace(id, std::move(view));
        }
        if (views.size() < kViewsAtOnce) break;
    }
    KG_ASK(day, stores.history().usage({.step = store::UsageStep::hour,
                                        .from_ms = out.now_ms_ / kHourMs * kHourMs - 23 * kHourMs,
                                        .to_ms = out.now_ms_ + kHourMs,
                                        .key_id = {},
                                        .account_id = {},
                                        .model = {}},
                                       store::UsageBy::account));
    for (const auto& slice : day) out.day_.emplace(slice.name, slice.sums);
    return out;
}

AccountLive AccountList::live(const store::Account& account) const {
    AccountLive out;
    if (const auto view = views_.find(account.id); view != views_.end()) out.view = &view->second;
    if (const auto day = day_.find(account.id); day != day_.end()) out.day = day->second;
    return out;
}

std::string_view AccountList::state(const store::Account& account) const {
    const auto view = views_.find(account.id);
    return view == views_.end() ? std::string_view(account.state) : account::state_name(view->second.state);
}

std::vector<const store::Account*> AccountList::matching(const store::AccountQuery& query) const {
    std::vector<const store::Account*> out;
    for (const auto& account : accounts_) {
        if (query.matches(account, state(account), now_ms_)) out.push_back(&account);
    }
    return out;
}

Result<store::Account, Failure> find_account(store::Stores& stores, const std::string& selector) {
    KG_ASK(found, stores.accounts().select(selector));
    if (!found) return Err(not_found("account"));
    return std::move(*found);
}

}  // namespace kg::admin
