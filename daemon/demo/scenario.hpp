#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/http/message.hpp"
#include "core/json/document.hpp"
#include "daemon/demo/frame_script.hpp"
#include "daemon/demo/operation.hpp"

namespace kg::demo {

// clang-format off
// What the fake does, as JSON. Everything is optional; an unknown key is an error.
//
// SCENARIO = {
//   "actions": [ACTION...],      used in order, each operation its own; then (and without) the normal answer
//   "faults": {"seed": 1, "throttled": 0.1, ...},   chance of each fault per chat request, names below
//   "tokens": {"TOKEN": "ok|expired|invalid|suspended|quota|throttled"},   access or refresh tokens
//   "accept_unknown": false,     unknown bearers and refresh tokens ("aor...") are good on first sight
//   "check_bodies": true,        validate as the service does
//   "require_profile": true,     a chat without profileArn is refused
//   "strict_schemas": false,     pattern, format, minLength... in tool schemas are refused (C15)
//   "check_signatures": false,   reasoning must carry a signature that this fake has issued
//   "context_tokens": 0,         window for "Input is too long."; 0: the model's own
//   "lose_refresh_answers": 0,   that many refreshes rotate the token and then cut the connection
//   "access_lifetime_s": 3600, "pace_ms": 0 (between frames of normal answers), "record": true }
//
// ACTION = {
//   "op": "chat",                chat models usage profiles mcp refresh token idp_token client_register
//                                device_authorization unknown
//   "times": 1,                  0: for ever
//   "delay_ms": 0,               before anything is answered
//   "cut": true                                       close the connection without an answer
//   "status": 429, "body": {...} or "text", "headers": {"retry-after": "7"}     a plain HTTP answer
//   "steps": [STEP...]           chat only: this stream instead of the normal one
//   "tail": true,                usual tail after steps that hold no usage, context, metering, stop_reason,
//                                exception or error; without steps, false drops that of the normal answer
//   "deliver": "coalesced" | "frames" (one write each) | "bytes" (one byte each),
//   "piece_bytes": N, "piece_ms": N,                  or writes of N bytes, with pauses
//   "truncate_at": N, "corrupt_at": N,                offset in the stream; corrupt flips that byte
//   "end": "complete" | "abort" (connection cut) | "stall" (silence, connection open),
//   "content_type": "text/html" }
//
// STEP = one or more of, sent in this order:
//   {"delay_ms": 20, "thinking": "...", "signature": "...", "redacted": "base64", "text": "...", "chunk": 16,
//    "tool": {"name": "...", "id": "...", "input": ["fragment", ...] or "whole" or {object}, "stop": true},
//    "event": "type", "payload": {...},
//    "usage": {"uncached": 1, "output": 1, "cache_read": 0, "cache_write": 0}, "stop_reason": "END_TURN",
//    "context": 2.5, "metering": 0.25, "raw": "hex",
//    "exception": {"type": "ThrottlingException", "message": "...", "reason": "..."},
//    "error": {"code": "...", "message": "..."}}
//   usage and stop_reason of one step share a metadataEvent; text and thinking with "chunk" are sent in
//   fragments of that many bytes, each after delay_ms.
//
// Faults of the mix: throttled overloaded error_500 truncated corrupt abort stall no_tail exception empty slow.
// clang-format on

enum class Delivery : std::uint8_t { coalesced, frames, pieces };
enum class Ending : std::uint8_t { complete, abort, stall };

/// An answer as it goes to the wire: planned once (stream_plan.hpp), sent any number of times.
using Writes = std::vector<Piece>;

struct Action {
    Operation operation = Operation::chat;
    unsigned times = 1;
    std::chrono::milliseconds delay{};
    bool cut = false;
    std::optional<http::Response> answer;
    std::shared_ptr<const Writes> script;  // null: the normal answer
    bool tail = true;
    Delivery delivery = Delivery::coalesced;
    std::size_t piece_bytes = 1;
    std::chrono::milliseconds piece_pause{};
    std::optional<std::size_t> truncate_at, corrupt_at;
    bool offsets_wrap = false;  // offsets are modulo the stream's length, for the random mix
    Ending ending = Ending::complete;
    std::string content_type = "application/vnd.amazon.eventstream";
};

enum class TokenState : std::uint8_t { ok, expired, invalid, suspended, quota, throttled };
std::optional<TokenState> parse_token_state(std::string_view text);

enum class Fault : std::uint8_t {
    throttled,
    overloaded,
    error_500,
    truncated,
    corrupt,
    abort,
    stall,
    no_tail,
    exception,
    empty,
    slow
};
constexpr std::size_t kFaults = 11;

struct FaultMix {
    std::uint64_t seed = 0;
    std::array<double, kFaults> rates{};
};

struct Scenario {
    std::vector<Action> actions;
    FaultMix faults;
    std::vector<std::pair<std::string, TokenState>> tokens;
    bool accept_unknown = false;
    bool check_bodies = true;
    bool require_profile = true;
    bool strict_schemas = false;
    bool check_signatures = false;
    std::size_t context_tokens = 0;
    unsigned lose_refresh_answers = 0;
    std::chrono::seconds access_lifetime{3600};
    std::chrono::milliseconds pace{};
    bool record = true;
};

Result<Scenario> read_scenario(json::Node node);
Result<Action> read_action(json::Node node);
Result<Scenario> parse_scenario(std::string_view text);
/// One of scenarios/*.json, which are built in.
Result<Scenario> named_scenario(std::string_view name);

/// The action of one fault; `random` picks its details.
Action fault_action(Fault fault, std::uint64_t random);

}  // namespace kg::demo
