#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/account/pool.hpp"
#include "core/loop/loop.hpp"
#include "core/loop/wakeup.hpp"
#include "tests/support/manual_clock.hpp"

namespace kg::test {

inline store::Account pool_account(std::string id, const Clock& clock) {
    store::Account a;
    a.id = std::move(id);
    a.auth_method = "social";
    a.access_token = Secret("token-" + a.id);
    a.refresh_token = Secret("refresh-" + a.id);
    a.expires_at_ms = to_ms(clock.wall() + std::chrono::hours(24 * 365));
    return a;
}

inline kiro::Failure pool_failure(kiro::FailureClass cls, std::string reason = {}) {
    kiro::Failure f;
    f.cls = cls;
    f.reason = std::move(reason);
    return f;
}

/// A pool over a manual clock, and a loop for those who wait.
struct PoolRig {
    explicit PoolRig(int accounts = 2, account::PoolOptions options = {}) : pool(clock, options) {
        pool.on_change([this](const account::StateChange& c) { changes.push_back(c); });
        for (int i = 0; i < accounts; ++i) records.push_back(pool_account("a" + std::to_string(i), clock));
        pool.load(records);
    }
    account::Lease take(account::LeaseRequest request = {.wire_model = "m"}) {
        auto lease = pool.lease(request);
        if (!lease) return {};
        return std::move(*lease);
    }
    /// The account of a lease that is given back at once, or "none: " and why.
    std::string pick(account::LeaseRequest request = {.wire_model = "m"}) {
        auto lease = pool.lease(request);
        return lease ? lease->account_id() : "none: " + std::string(error_name(lease.error().kind));
    }
    account::AccountView view(std::string_view id) const {
        for (auto& v : pool.view()) {
            if (v.id == id) return v;
        }
        return {};
    }
    void fail(std::string_view id, kiro::FailureClass cls, int times = 1) {
        for (int i = 0; i < times; ++i) pool.report_failure(id, "m", pool_failure(cls));
    }
    void run() {
        for (int turn = 0; turn < 4; ++turn) loop.run_once(false);
    }

    ManualClock clock;
    std::vector<store::Account> records;
    std::vector<account::StateChange> changes;
    account::Pool pool;
    loop::Loop loop;
    loop::Wakeup wakeup{loop};
};

}  // namespace kg::test
