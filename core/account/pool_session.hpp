#pragma once

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/account/pool.hpp"

namespace kg::account {

/// A queued request, with its own copy of what it asks for.
struct Pool::Waiter {
    std::string wire_model, key;
    std::vector<std::string> allowed_accounts, allowed_groups;
    std::unordered_set<std::string> excluded;
    std::uint64_t session = 0;
    bool cautious = false;
    std::uint64_t tokens = 0;
    loop::Wakeup::Door door;
    LeaseReply reply;

    LeaseRequest request() const {
        return {.wire_model = wire_model,
                .allowed_accounts = &allowed_accounts,
                .allowed_groups = &allowed_groups,
                .excluded = &excluded,
                .session = session,
                .cautious = cautious,
                .key = key,
                .tokens = tokens};
    }
};

struct Pool::Grant {
    loop::Wakeup::Door door;
    LeaseReply reply;
    Result<Lease> lease;
};

/// The lock of a change: on the way out those who wait are served, and then, without the lock, the
/// listener and the waiters are told.
class Pool::Session {
  public:
    explicit Session(Pool& pool) : pool_(pool), lock_(pool.mutex_) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (!pool_.queue_->empty()) {
            const auto at = pool_.now();
            pool_.wake(at);
            serve(at);
        }
        std::vector<StateChange> changes;
        changes.swap(pool_.changes_);
        lock_.unlock();
        for (const auto& change : changes) {
            if (pool_.listener_) pool_.listener_(change);
        }
        for (auto& grant : grants_) {
            auto door = grant.door;
            door.post([reply = std::move(grant.reply), lease = std::move(grant.lease)]() mutable {
                reply(std::move(lease));
            });
        }
    }
    /// Lets those who wait have what has come free since they were looked at.
    void serve(const Now& at) {
        if (pool_.stirred_ && !pool_.queue_->empty()) pool_.serve_waiting(at, grants_);
    }
    /// Of one who no longer waits; once the lock is gone.
    void tell(Grant grant) { grants_.push_back(std::move(grant)); }

  private:
    Pool& pool_;
    std::vector<Grant> grants_;  // outlives the lock: leases that nobody takes are given back
    std::unique_lock<std::mutex> lock_;
};

}  // namespace kg::account
