#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/account/breaker.hpp"
#include "core/base/clock.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"

namespace kg::account {

struct EndpointView {
    kiro::Generation generation{};
    std::string region;
    Circuit circuit = Circuit::closed;
    std::chrono::milliseconds opens_in{};   // 0 unless open
    std::optional<WallTime> since;          // it is not closed
    unsigned probes = 0;                    // under way
    std::uint64_t calls = 0, failures = 0;  // of the last 30 s, since it closed
};

/// Whether a failure says that the endpoint is sick: 5xx, no connection, silence. Nothing that the
/// client or the account caused counts (seed F1, E13).
bool endpoint_failed(const kiro::Failure& failure);

/// One circuit breaker for each upstream endpoint, that is generation and region. Any thread; one
/// mutex, held for the time of a look-up, never across a call to others.
class EndpointBreakers {
  public:
    explicit EndpointBreakers(const Clock& clock, std::uint64_t seed = 0, BreakerOptions options = {})
        : clock_(clock), options_(options), random_(seed) {}

    struct Key {
        kiro::Generation generation;
        std::string region;
    };
    /// One call's leave to go to an endpoint. Tell it the verdict once; without one it is taken back
    /// by the destructor. Move-only; must not outlive the breakers.
    class Pass {
      public:
        Pass() = default;
        Pass(Pass&& other) noexcept { *this = std::move(other); }
        Pass& operator=(Pass&& other) noexcept;
        ~Pass() { abandon(); }
        explicit operator bool() const { return ticket_.admitted; }
        void succeeded() { verdict(true); }
        void failed() { verdict(false); }

      private:
        friend class EndpointBreakers;
        void verdict(bool success);
        void abandon();
        EndpointBreakers* owner_ = nullptr;  // null once the verdict is told
        std::pair<const Key, Breaker>* entry_ = nullptr;
        Breaker::Ticket ticket_;
    };

    /// False in the Pass when the circuit is open, or half-open with enough probes under way.
    Pass admit(kiro::Generation generation, std::string_view region);
    /// When the circuit lets the next call through; 0: now.
    std::chrono::milliseconds opens_in(kiro::Generation generation, std::string_view region) const;
    std::vector<EndpointView> view() const;
    /// The operator's reset: closes every circuit.
    void reset();

  private:
    static constexpr std::size_t kEndpointsMax = 256;  // further ones have no breaker

    struct KeyLess {
        using is_transparent = void;
        using View = std::pair<kiro::Generation, std::string_view>;
        static View view(const Key& k) { return {k.generation, k.region}; }
        static View view(const View& v) { return v; }
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return view(a) < view(b);
        }
    };
    const Clock& clock_;
    const BreakerOptions options_;
    mutable std::mutex mutex_;
    std::map<Key, Breaker, KeyLess> breakers_;  // never erased: a Pass points to its breaker
    std::uint64_t random_;
};

}  // namespace kg::account
