#include "core/account/sticky_sessions.hpp"

namespace kg::account {

std::string_view StickySessions::find(std::uint64_t session, SteadyTime now) {
    const auto it = by_session_.find(session);
    if (it == by_session_.end()) return {};
    if (now < it->second->until) return it->second->account_id;
    order_.erase(it->second);
    by_session_.erase(it);
    return {};
}

void StickySessions::remember(std::uint64_t session, std::string_view account_id, SteadyTime now,
                              std::chrono::milliseconds ttl) {
    if (const auto it = by_session_.find(session); it != by_session_.end()) {
        it->second->account_id = account_id;
        it->second->until = now + ttl;
        order_.splice(order_.end(), order_, it->second);
        return;
    }
    if (by_session_.size() >= sessions_max_) {
        by_session_.erase(order_.front().session);
        order_.pop_front();
    }
    order_.push_back({session, std::string(account_id), now + ttl});
    by_session_.emplace(session, std::prev(order_.end()));
}

void StickySessions::forget(std::uint64_t session) {
    const auto it = by_session_.find(session);
    if (it == by_session_.end()) return;
    order_.erase(it->second);
    by_session_.erase(it);
}

void StickySessions::clear() {
    order_.clear();
    by_session_.clear();
}

}  // namespace kg::account
