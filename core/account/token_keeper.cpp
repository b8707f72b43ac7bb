#include "core/account/token_keeper.hpp"

#include <algorithm>
#include <utility>

#include "core/account/token_flight.hpp"
#include "core/base/log.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kWaitersMax = 10'000;
constexpr std::size_t kProactiveFlightsMax = 4;
constexpr milliseconds kSweepEvery = 5s;

}  // namespace

TokenKeeper::TokenKeeper(loop::Loop& loop, fetch::Fetcher& fetcher, store::AsyncStore& store, Pool& pool,
                         const Clock& clock, Random& random, const kiro::UpstreamOptions& upstream)
    : loop_(loop),
      fetcher_(fetcher),
      store_(store),
      pool_(pool),
      clock_(clock),
      random_(random),
      upstream_(upstream),
      follow_watch_(loop, files_, pool),
      holder_(random.base62(16)),
      wakeup_(loop),
      sweep_timer_(loop, [this] { sweep(); }),
      reap_(loop, [this] {
          finished_.clear();
          if (sweep_timer_.active()) sweep();  // the next of a herd
      }) {
    wakeup_.set_keeps_alive(false);
}

TokenKeeper::~TokenKeeper() {
    *alive_ = false;
}

void TokenKeeper::start() {
    sweep();
    sweep_timer_.start(kSweepEvery, kSweepEvery);
    follow_watch_.start();
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
    if (!record) return answer(Err(login_lost_error("the account was removed")));
    const bool valid = token_is_valid(*record, clock_.wall());
    if (seen_generation == kAny ? valid : record->token_generation > seen_generation && valid) {
        return answer(FreshToken{Pool::caller_of(*record), record->token_generation});
    }
    if (!flights_.contains(id)) {
        if (const auto b = backoff_.find(id); b != backoff_.end() && clock_.steady() < b->second.until) {
            return answer(Err(refresh_failed_error("waiting before the next refresh")));
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
    while (flights_.size() < kProactiveFlightsMax) {
        const auto due = pool_.take_refresh_due(kProactiveFlightsMax - flights_.size(), kSweepEvery);
        if (due.empty()) return;
        for (const auto& id : due) {
            if (flights_.contains(id)) continue;
            const auto now = clock_.steady();
            if (const auto b = backoff_.find(id); b != backoff_.end() && now < b->second.until) {
                pool_.postpone_refresh(id, std::chrono::ceil<milliseconds>(b->second.until - now));
                continue;
            }
            join(id, nullptr);
        }
    }
}

}  // namespace kg::account
