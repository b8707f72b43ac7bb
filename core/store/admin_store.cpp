#include "core/store/admin_store.hpp"

namespace kg::store {

bool passes(const AuditQuery& q, const AuditEntry& e) {
    const bool action = q.action.empty() || q.action == e.action ||
                        (q.action.ends_with('.') && e.action.starts_with(q.action));
    return action && (q.actor.empty() || q.actor == e.actor) && (q.target.empty() || q.target == e.target) &&
           e.at_ms >= q.from_ms && (q.to_ms == 0 || e.at_ms < q.to_ms);
}

}  // namespace kg::store
