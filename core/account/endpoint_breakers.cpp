#include "core/account/endpoint_breakers.hpp"

#include "core/base/log.hpp"

namespace kg::account {

bool endpoint_failed(const kiro::Failure& failure) {
    using enum kiro::FailureClass;
    switch (failure.cls) {
        case transient:
        case connect:
        case timeout: return true;
        default: return false;
    }
}

EndpointBreakers::Pass& EndpointBreakers::Pass::operator=(Pass&& other) noexcept {
    if (this == &other) return *this;
    abandon();
    owner_ = std::exchange(other.owner_, nullptr);
    entry_ = std::exchange(other.entry_, nullptr);
    ticket_ = std::exchange(other.ticket_, {});
    return *this;
}

void EndpointBreakers::Pass::verdict(bool success) {
    auto* owner = std::exchange(owner_, nullptr);
    if (!owner || !entry_) return;
    Circuit before{}, after{};
    {
        const std::lock_guard lock(owner->mutex_);
        const auto now = owner->clock_.steady();
        owner->random_ = owner->random_ * 6364136223846793005u + 1442695040888963407u;
        const double luck = static_cast<double>(owner->random_ >> 11) * 0x1p-53;
        before = entry_->second.state(now);
        entry_->second.record(ticket_, success, now, luck);
        after = entry_->second.state(now);
    }
    if (before == after) return;
    log::write(after == Circuit::open ? log::Level::warn : log::Level::info, "kiro",
               "an upstream endpoint's circuit changed",
               {{"endpoint", kiro::generation_name(entry_->first.generation)},
                {"region", entry_->first.region},
                {"circuit", circuit_name(after)},
                {"before", circuit_name(before)}});
}

void EndpointBreakers::Pass::abandon() {
    auto* owner = std::exchange(owner_, nullptr);
    if (!owner || !entry_ || !ticket_.probe) return;
    const std::lock_guard lock(owner->mutex_);
    entry_->second.abandon(ticket_);
}

EndpointBreakers::Pass EndpointBreakers::admit(kiro::Generation generation, std::string_view region) {
    Pass pass;
    pass.ticket_.admitted = true;
    const std::lock_guard lock(mutex_);
    auto it = breakers_.find(KeyLess::View{generation, region});
    if (it == breakers_.end()) {
        if (breakers_.size() >= kEndpointsMax) return pass;
        it = breakers_.emplace(Key{generation, std::string(region)}, Breaker(options_)).first;
    }
    pass.owner_ = this;
    pass.entry_ = &*it;
    pass.ticket_ = it->second.admit(clock_.steady());
    return pass;
}

std::chrono::milliseconds EndpointBreakers::opens_in(kiro::Generation generation,
                                                     std::string_view region) const {
    const std::lock_guard lock(mutex_);
    const auto it = breakers_.find(KeyLess::View{generation, region});
    if (it == breakers_.end()) return {};
    return it->second.opens_in(clock_.steady());
}

std::vector<EndpointView> EndpointBreakers::view() const {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    std::vector<EndpointView> out;
    for (const auto& [key, breaker] : breakers_) {
        const auto recent = breaker.recent(now);
        auto& view = out.emplace_back(EndpointView{.generation = key.generation,
                                                   .region = key.region,
                                                   .circuit = breaker.state(now),
                                                   .opens_in = breaker.opens_in(now),
                                                   .since = std::nullopt,
                                                   .probes = breaker.probes(),
                                                   .calls = recent.calls,
                                                   .failures = recent.failures});
        if (view.circuit == Circuit::closed) continue;
        view.since =
            clock_.wall() - std::chrono::duration_cast<std::chrono::milliseconds>(now - breaker.opened_at());
    }
    return out;
}

void EndpointBreakers::reset() {
    const std::lock_guard lock(mutex_);
    for (auto& [key, breaker] : breakers_) breaker.reset();
}

}  // namespace kg::account
