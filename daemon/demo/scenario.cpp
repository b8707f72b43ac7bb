#include "daemon/demo/scenario.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/json/read.hpp"
#include "daemon/demo/embedded.hpp"
#include "daemon/demo/replies.hpp"
#include "daemon/demo/step.hpp"
#include "daemon/demo/stream_plan.hpp"

namespace kg::demo {
namespace {

constexpr std::array<std::string_view, 6> kTokenStates{"ok",        "expired", "invalid",
                                                       "suspended", "quota",   "throttled"};
constexpr std::array<std::string_view, kFaults> kFaultNames{
    "throttled", "overloaded", "error_500", "truncated", "corrupt", "abort",
    "stall",     "no_tail",    "exception", "empty",     "slow"};

Result<void> read_flag(json::Node node, std::string_view key, bool& out) {
    KG_TRY(flag, json::optional_bool(node, key));
    if (flag) out = *flag;
    return {};
}

template <class T>
Result<void> read_count(json::Node node, std::string_view key, T& out) {
    KG_TRY(count, json::optional_int(node, key));
    if (!count) return {};
    if (*count < 0 || *count > 1'000'000'000)
        return Err(json::value_error(node[key], "must not be negative"));
    out = T(*count);
    return {};
}

Result<void> read_offset(json::Node node, std::string_view key, std::optional<std::size_t>& out) {
    if (node[key].is_null_or_missing()) return {};
    std::size_t at = 0;
    KG_CHECK(read_count(node, key, at));
    out = at;
    return {};
}

Result<void> read_answer(json::Node node, Action& action) {
    if (node["status"].is_null_or_missing()) {
        if (node["body"] || node["headers"]) return Err(json::missing_error(node, "status"));
        return {};
    }
    const auto status = node["status"].as_int();
    if (!status || *status < 200 || *status > 599)
        return Err(json::value_error(node["status"], "200 to 599 expected"));
    http::Response response;
    response.status = static_cast<int>(*status);
    const json::Node body = node["body"];
    if (body.is_string()) {
        response.body = body.text();
    } else if (body) {
        response.body = body.raw();
    }
    for (const json::Node field : node["headers"].children()) {
        if (!field.is_string()) return Err(json::type_error(field, "a string"));
        response.headers.add(std::string(field.key()), std::string(field.text()));
    }
    if (!response.headers.has("content-type")) response.headers.add("content-type", "application/json");
    action.answer = std::move(response);
    return {};
}

Result<void> read_delivery(json::Node node, Action& action) {
    KG_TRY(deliver, json::optional_string(node, "deliver"));
    if (deliver) {
        if (*deliver == "frames") {
            action.delivery = Delivery::frames;
        } else if (*deliver == "bytes") {
            action.delivery = Delivery::pieces;
        } else if (*deliver != "coalesced") {
            return Err(json::value_error(node["deliver"], "coalesced, frames or bytes expected"));
        }
    }
    if (node["piece_bytes"]) {
        KG_CHECK(read_count(node, "piece_bytes", action.piece_bytes));
        action.piece_bytes = std::max<std::size_t>(action.piece_bytes, 1);
        action.delivery = Delivery::pieces;
    }
    KG_CHECK(read_count(node, "piece_ms", action.piece_pause));
    KG_CHECK(read_offset(node, "truncate_at", action.truncate_at));
    KG_CHECK(read_offset(node, "corrupt_at", action.corrupt_at));
    KG_TRY(end, json::optional_string(node, "end"));
    if (!end || *end == "complete") return {};
    if (*end == "abort") {
        action.ending = Ending::abort;
    } else if (*end == "stall") {
        action.ending = Ending::stall;
    } else {
        return Err(json::value_error(node["end"], "complete, abort or stall expected"));
    }
    return {};
}

Result<void> read_faults(json::Node node, FaultMix& mix) {
    for (const json::Node member : node.children()) {
        if (member.key() == "seed") {
            KG_CHECK(read_count(node, "seed", mix.seed));
            continue;
        }
        const auto name = std::find(kFaultNames.begin(), kFaultNames.end(), member.key());
        if (name == kFaultNames.end()) return Err(json::value_error(member, "no such fault"));
        const auto rate = member.as_double();
        if (!rate || *rate < 0 || *rate > 1) return Err(json::value_error(member, "0 to 1 expected"));
        mix.rates[static_cast<std::size_t>(name - kFaultNames.begin())] = *rate;
    }
    return {};
}

}  // namespace

std::optional<TokenState> parse_token_state(std::string_view text) {
    const auto found = std::find(kTokenStates.begin(), kTokenStates.end(), text);
    if (found == kTokenStates.end()) return std::nullopt;
    return static_cast<TokenState>(found - kTokenStates.begin());
}

Result<Action> read_action(json::Node node) {
    if (!node.is_object()) return Err(json::type_error(node, "an object"));
    KG_CHECK(only_keys(
        node, {"op", "times", "delay_ms", "cut", "status", "body", "headers", "steps", "tail", "deliver",
               "piece_bytes", "piece_ms", "truncate_at", "corrupt_at", "end", "content_type"}));
    Action action;
    KG_TRY(name, json::optional_string(node, "op"));
    if (name) {
        const auto operation = parse_operation(*name);
        if (!operation) return Err(json::value_error(node["op"], "no such operation"));
        action.operation = *operation;
    }
    KG_CHECK(read_count(node, "times", action.times));
    KG_CHECK(read_count(node, "delay_ms", action.delay));
    KG_CHECK(read_flag(node, "cut", action.cut));
    KG_CHECK(read_flag(node, "tail", action.tail));
    KG_CHECK(read_answer(node, action));
    KG_CHECK(read_delivery(node, action));
    KG_TRY(type, json::optional_string(node, "content_type"));
    if (type) action.content_type = std::string(*type);
    if (const json::Node steps = node["steps"]; steps) {
        KG_TRY(script, read_steps(steps, action.tail));
        action.script = std::make_shared<const Writes>(plan_writes(std::move(script), action));
    }
    return action;
}

Result<Scenario> read_scenario(json::Node node) {
    if (!node.is_object()) return Err(json::type_error(node, "an object"));
    KG_CHECK(only_keys(node, {"actions", "faults", "tokens", "accept_unknown", "check_bodies",
                              "require_profile", "strict_schemas", "check_signatures", "context_tokens",
                              "lose_refresh_answers", "access_lifetime_s", "pace_ms", "record"}));
    Scenario out;
    KG_TRY(actions, json::optional_array(node, "actions"));
    for (const json::Node item : actions.children()) {
        KG_TRY(action, read_action(item));
        out.actions.push_back(std::move(action));
    }
    KG_TRY(faults, json::optional_object(node, "faults"));
    KG_CHECK(read_faults(faults, out.faults));
    KG_TRY(tokens, json::optional_object(node, "tokens"));
    for (const json::Node token : tokens.children()) {
        const auto state = parse_token_state(token.text());
        if (!state) return Err(json::value_error(token, "no such token state"));
        out.tokens.emplace_back(std::string(token.key()), *state);
    }
    KG_CHECK(read_flag(node, "accept_unknown", out.accept_unknown));
    KG_CHECK(read_flag(node, "check_bodies", out.check_bodies));
    KG_CHECK(read_flag(node, "require_profile", out.require_profile));
    KG_CHECK(read_flag(node, "strict_schemas", out.strict_schemas));
    KG_CHECK(read_flag(node, "check_signatures", out.check_signatures));
    KG_CHECK(read_flag(node, "record", out.record));
    KG_CHECK(read_count(node, "context_tokens", out.context_tokens));
    KG_CHECK(read_count(node, "lose_refresh_answers", out.lose_refresh_answers));
    KG_CHECK(read_count(node, "access_lifetime_s", out.access_lifetime));
    KG_CHECK(read_count(node, "pace_ms", out.pace));
    return out;
}

Result<Scenario> parse_scenario(std::string_view text) {
    KG_TRY(document, json::Document::parse(std::string(text)));
    return read_scenario(document.root());
}

Result<Scenario> named_scenario(std::string_view name) {
    for (const EmbeddedText& scenario : embedded_scenarios()) {
        if (scenario.name == name) return parse_scenario(scenario.text);
    }
    return Err(
        Error{.kind = ErrorKind::malformed_request, .message = "no scenario named " + std::string(name)});
}

Action fault_action(Fault fault, std::uint64_t random) {
    Action action;
    action.offsets_wrap = true;
    switch (fault) {
        case Fault::throttled: action.answer = refuse(Refusal::throttled); break;
        case Fault::overloaded: action.answer = refuse(Refusal::no_capacity); break;
        case Fault::error_500: action.answer = refuse(Refusal::model_unavailable); break;
        case Fault::truncated: action.truncate_at = random; break;
        case Fault::corrupt: action.corrupt_at = random; break;
        case Fault::abort:
            action.truncate_at = random;
            action.ending = Ending::abort;
            break;
        case Fault::stall:
            action.truncate_at = random;
            action.ending = Ending::stall;
            break;
        case Fault::no_tail: action.tail = false; break;
        case Fault::exception:
            action.script = std::make_shared<const Writes>(
                FrameScript()
                    .text("Half an ans")
                    .exception("ThrottlingException", "Too many requests, please wait before trying again.",
                               "USER_REQUEST_RATE_EXCEEDED")
                    .take());
            break;
        case Fault::empty: action.script = std::make_shared<const Writes>(); break;
        case Fault::slow:
            action.delivery = Delivery::pieces;
            action.piece_bytes = 1 + random % 64;
            action.piece_pause = std::chrono::milliseconds(1);
            break;
    }
    return action;
}

}  // namespace kg::demo
