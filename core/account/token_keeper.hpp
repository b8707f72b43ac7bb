#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/account/file_worker.hpp"
#include "core/account/follow_watch.hpp"
#include "core/account/pool.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/auth.hpp"
#include "core/kiro/control.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/loop/timer.hpp"
#include "core/loop/wakeup.hpp"
#include "core/store/async_store.hpp"

namespace kg::account {

/// A token that is fit for use.
struct FreshToken {
    kiro::Caller caller;
    std::uint64_t generation = 0;
};

/// Keeps access tokens fresh: ahead of expiry with jitter, on demand when one was refused, one
/// flight per account for the whole process (and, through the store's lease, for every process on
/// one database). A rotated token is durable before anybody gets to use it: in the store, or, of an
/// account that follows a file of another program, in that file. Lives on one loop (the
/// control loop); ensure() may be called from any thread. Lifecycle: construct on the loop;
/// start(); destroy on the loop: flights are cancelled and their waiters are not called.
class TokenKeeper {
  public:
    using Reply = UniqueFunction<void(Result<FreshToken>)>;

    TokenKeeper(loop::Loop& loop, fetch::Fetcher& fetcher, store::AsyncStore& store, Pool& pool,
                const Clock& clock, Random& random, const kiro::UpstreamOptions& upstream);
    ~TokenKeeper();

    /// Begins refreshing ahead of expiry (PoolOptions::refresh_lead); every account, used or idle (seed
    /// E3, E5).
    void start();
    /// Any thread. Replies through `door` with a token newer than `seen_generation` (pass the
    /// current one to force a refresh after a 401), or with one that is not about to expire when
    /// `seen_generation` is kAny. At most 10,000 waiters.
    void ensure(std::string id, std::uint64_t seen_generation, loop::Wakeup::Door door, Reply reply);
    /// Fire and forget: refresh if it expires within the lead.
    void refresh_soon(std::string id);

    static constexpr std::uint64_t kAny = ~std::uint64_t{0};

  private:
    struct Waiter {
        loop::Wakeup::Door door;
        Reply reply;
    };
    class Flight;
    void ensure_here(std::string id, std::uint64_t seen_generation, Waiter waiter);
    void join(const std::string& id, Waiter* waiter);
    void finish(const std::string& id, Result<FreshToken> result);
    void sweep();

    loop::Loop& loop_;
    fetch::Fetcher& fetcher_;
    store::AsyncStore& store_;
    Pool& pool_;
    const Clock& clock_;
    Random& random_;
    const kiro::UpstreamOptions& upstream_;
    FileWorker files_;
    FollowWatch follow_watch_;
    const std::string holder_;  // names this process in the store's refresh lease
    loop::Wakeup wakeup_;
    loop::Timer sweep_timer_;
    loop::Deferred reap_;
    std::unordered_map<std::string, std::unique_ptr<Flight>> flights_;
    std::vector<std::unique_ptr<Flight>> finished_;  // ended inside a callback of something they own
    struct Backoff {
        SteadyTime until{};
        unsigned failures = 0;
    };
    std::unordered_map<std::string, Backoff> backoff_;
    std::size_t waiters_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // store replies after our end find it false
};

}  // namespace kg::account
