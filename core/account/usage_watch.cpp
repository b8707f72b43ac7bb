#include "core/account/usage_watch.hpp"

#include <utility>

#include "core/base/log.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPollEvery = 2s;

}  // namespace

UsageWatch::UsageWatch(loop::Loop& loop, fetch::Fetcher& fetcher, TokenKeeper& keeper, Pool& pool,
                       const Clock& clock, const kiro::UpstreamOptions& upstream)
    : fetcher_(fetcher),
      keeper_(keeper),
      pool_(pool),
      clock_(clock),
      upstream_(upstream),
      wakeup_(loop),
      timer_(loop, [this] { poll(); }),
      reap_(loop, [this] { finished_.clear(); }) {
    wakeup_.set_keeps_alive(false);
}

UsageWatch::~UsageWatch() {
    *alive_ = false;
}

void UsageWatch::start(std::chrono::milliseconds ttl) {
    ttl_ = ttl;
    timer_.start(kPollEvery, kPollEvery);
}

void UsageWatch::poll() {
    if (running_) return;
    const auto due = pool_.next_usage_due(ttl_);
    if (!due) return;
    running_ = true;
    const auto ask = [this, id = due->id](kiro::Caller caller) {
        call_ = std::make_unique<kiro::GetUsage>(
            fetcher_, upstream_, std::move(caller), clock_,
            [this, id, asked = clock_.wall()](Result<kiro::Usage, kiro::Failure> result) {
                answered(id, asked, std::move(result));
            });
    };
    if (due->auth_method == "api-key") return ask(Pool::caller_of(*due));
    keeper_.ensure(due->id, TokenKeeper::kAny, wakeup_.door(),
                   [this, alive = alive_, ask](Result<FreshToken> token) {
                       if (!*alive) return;
                       if (token) return ask(std::move(token->caller));
                       running_ = false;
                   });
}

void UsageWatch::answered(const std::string& id, WallTime asked, Result<kiro::Usage, kiro::Failure> result) {
    running_ = false;
    finished_.push_back(std::move(call_));  // we are inside its callback
    reap_.schedule();
    if (!result) {
        return log::info("account", "the usage could not be read; it is asked again later",
                         {{"account", id},
                          {"failure", kiro::failure_row(result.error().cls).name},
                          {"detail", result.error().detail}});
    }
    log::debug("account", "usage read",
               {{"account", id}, {"plan", result->plan}, {"remaining", result->remaining()}});
    pool_.set_quota(id, {.limit = result->limit,
                         .used = result->used,
                         .resets_at = result->resets_at,
                         .told_at = asked,
                         .plan = result->plan});
}

}  // namespace kg::account
