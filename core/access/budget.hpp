#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/time_zone.hpp"
#include "core/store/records.hpp"

namespace kg::access {

/// Credits are counted in millionths, so that sums are exact.
struct Amount {
    std::int64_t micro_credits = 0;
    std::int64_t tokens = 0;
};
std::int64_t to_micro_credits(double credits);

/// What one key may use and has used, by day, week, month and for ever. A request reserves before
/// it runs and settles with what it really used, in the windows that were open when it began. A
/// value; given `now`; its owner's mutex protects it.
class Budget {
  public:
    static constexpr std::size_t kWindows = kPeriods + 1;  // the last: for ever
    struct Window {
        std::optional<TimeSpan> span;  // nothing: for ever
        std::optional<std::int64_t> micro_credit_limit, token_limit;
        Amount used, reserved;
    };
    /// What a request holds; made by reserve(), given back by settle().
    struct Charge {
        Amount amount;
        std::array<std::optional<TimeSpan>, kWindows> spans;
    };
    enum class Room : std::uint8_t { enough, reserved, none };
    struct Shortage {
        std::string limit;                  // "credits_per_day", "tokens_total"
        bool used_up = false;               // false: the rest is only reserved by running requests
        std::optional<WallTime> resets_at;  // nothing: never
    };

    Budget() = default;
    /// `use` is what the store knows of the periods around `at`.
    Budget(const store::Key& key, TimeZone zone, const std::array<store::KeyUse, kPeriods>& use, WallTime at);
    bool limited() const;  // by anything
    /// Counts what another state of the same key says was used, if that is more.
    void learn_use(const Budget& other);
    /// Takes over what another state of the same key has counted and the store may not know yet.
    void merge(const Budget& older);

    /// The limit that leaves no room for `wanted` more, when there is one: the one that lasts
    /// longest. A request that is alone may use the rest of a budget even if it may need more, so
    /// that no rest is wasted; what is used up stays used up.
    std::optional<Shortage> shortage(const Amount& wanted, WallTime now);
    std::optional<Shortage> shortage_of_tokens(std::int64_t wanted, WallTime now);
    bool limits_tokens() const;
    /// What to hold back for a request whose cost is not known yet: one credit, or what this key's
    /// dear requests have cost lately.
    std::int64_t expected_micro_credits() const { return expected_; }
    Charge reserve(const Amount& wanted);
    void raise(Charge& charge, const Amount& more);
    void settle(const Charge& charge, const Amount& really);

    /// As of `now`; periods without any limit are not counted and have no span.
    const std::array<Window, kWindows>& windows(WallTime now);
    static std::string limit_name(std::string_view what, std::size_t window);  // "credits_per_day"

  private:
    void roll(WallTime now);
    std::optional<Shortage> shortage_of(Room found, std::string_view what, std::size_t window) const;

    static constexpr std::int64_t kLeastExpected = 1'000'000;  // one credit: most requests cost less
    TimeZone zone_;
    std::int64_t expected_ = kLeastExpected;
    std::array<Window, kWindows> windows_{};
};

}  // namespace kg::access
