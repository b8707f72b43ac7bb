#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/account/pool.hpp"
#include "core/account/token_keeper.hpp"
#include "core/base/clock.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/usage.hpp"
#include "core/loop/timer.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::account {

/// Asks upstream how much of their plans the accounts have used, politely: one account at a time,
/// one that was never asked or was used since, and none more often than once in `ttl`; between the
/// answers the pool counts by itself. Lives on the control loop. Lifecycle: construct; start();
/// destroy on the loop, which cancels.
class UsageWatch {
  public:
    UsageWatch(loop::Loop& loop, fetch::Fetcher& fetcher, TokenKeeper& keeper, Pool& pool, const Clock& clock,
               const kiro::UpstreamOptions& upstream);
    ~UsageWatch();

    void start(std::chrono::milliseconds ttl);
    /// One step of what the timer does: begins a call when one is due and none is under way.
    void poll();

  private:
    void answered(const std::string& id, WallTime asked, Result<kiro::Usage, kiro::Failure> result);

    fetch::Fetcher& fetcher_;
    TokenKeeper& keeper_;
    Pool& pool_;
    const Clock& clock_;
    const kiro::UpstreamOptions& upstream_;
    std::chrono::milliseconds ttl_{900'000};
    loop::Wakeup wakeup_;
    loop::Timer timer_;
    loop::Deferred reap_;
    bool running_ = false;
    std::unique_ptr<kiro::GetUsage> call_;
    std::vector<std::unique_ptr<kiro::GetUsage>> finished_;  // ended inside their own callback
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::account
