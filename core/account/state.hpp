#pragma once

#include <cstdint>
#include <string_view>

namespace kg::account {

/// The computed state of an account, apart from the administrator's switch.
enum class State : std::uint8_t { unknown, ok, cooling, exhausted, needs_sign_in, suspended };
std::string_view state_name(State state);
State parse_state(std::string_view name);

/// A circuit breaker's state: closed lets everything pass, open nothing, half-open a few probes.
enum class Circuit : std::uint8_t { closed, open, half_open };
std::string_view circuit_name(Circuit circuit);

}  // namespace kg::account
