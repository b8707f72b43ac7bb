#include "core/gateway/request_tail.hpp"

#include <iterator>
#include <utility>

namespace kg::gateway {

RequestTail::Listener::~Listener() {
    state_->alive = false;
    const std::lock_guard lock(tail_.mutex_);
    std::erase(tail_.states_, state_);
    tail_.listening_.store(tail_.states_.size(), std::memory_order_relaxed);
}

RequestTail::Batch RequestTail::Listener::take() {
    Batch out;
    const std::lock_guard lock(tail_.mutex_);
    out.lines.assign(std::make_move_iterator(state_->lines.begin()),
                     std::make_move_iterator(state_->lines.end()));
    state_->lines.clear();
    out.dropped = std::exchange(state_->dropped, 0);
    out.closed = tail_.closed_;
    state_->told = false;
    return out;
}

std::unique_ptr<RequestTail::Listener> RequestTail::listen(loop::Wakeup::Door door,
                                                           UniqueFunction<void()> ready) {
    auto state = std::make_shared<State>();
    state->door = std::move(door);
    state->ready = std::move(ready);
    const std::lock_guard lock(mutex_);
    if (closed_ || states_.size() >= kListenersMax) return nullptr;
    states_.push_back(state);
    listening_.store(states_.size(), std::memory_order_relaxed);
    return std::make_unique<Listener>(*this, std::move(state));
}

/// Under the mutex; the door only queues.
void RequestTail::tell(const std::shared_ptr<State>& state) {
    if (std::exchange(state->told, true)) return;
    state->door.post([state] {
        if (state->alive) state->ready();
    });
}

void RequestTail::publish(const store::RequestRecord& record) {
    if (listening_.load(std::memory_order_relaxed) == 0) return;
    const auto line = std::make_shared<const store::RequestRecord>(record);
    const std::lock_guard lock(mutex_);
    for (const auto& state : states_) {
        if (state->lines.size() >= kLinesMax)
            ++state->dropped;
        else
            state->lines.push_back(line);
        tell(state);
    }
}

void RequestTail::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& state : states_) tell(state);
}

}  // namespace kg::gateway
