#include "core/compress/summary_flights.hpp"

#include <utility>

namespace kg::compress {

SummaryFlights::Lead::~Lead() {
    if (!landed_) flights_.land(key_, Landing::abandoned, {});
}

void SummaryFlights::Lead::land(std::optional<std::string> text) {
    landed_ = true;
    flights_.land(key_, text ? Landing::made : Landing::failed, text.value_or(std::string()));
}

std::unique_ptr<SummaryFlights::Lead> SummaryFlights::join(const Sha256& key, const loop::Wakeup::Door& door,
                                                           Landed landed) {
    const std::lock_guard lock(mutex_);
    const auto [flight, first] = flights_.try_emplace(key);
    if (first) return std::make_unique<Lead>(*this, key);
    flight->second.push_back({door, std::move(landed)});
    return nullptr;
}

void SummaryFlights::land(const Sha256& key, Landing landing, const std::string& text) {
    std::vector<Waiter> waiters;
    {
        const std::lock_guard lock(mutex_);
        const auto flight = flights_.find(key);
        if (flight == flights_.end()) return;
        waiters = std::move(flight->second);
        flights_.erase(flight);
    }
    for (Waiter& waiter : waiters) {
        waiter.door.post([landed = std::move(waiter.landed), landing, text]() mutable {
            landed(landing, std::move(text));
        });
    }
}

}  // namespace kg::compress
