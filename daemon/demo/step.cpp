#include "daemon/demo/step.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/base/base64.hpp"
#include "core/json/read.hpp"

namespace kg::demo {
namespace {

const std::initializer_list<std::string_view> kStepKeys = {
    "delay_ms", "thinking", "signature",   "redacted", "text",     "chunk", "tool",      "event",
    "payload",  "usage",    "stop_reason", "context",  "metering", "raw",   "exception", "error"};
/// A step with one of these says itself how the stream ends.
const std::initializer_list<std::string_view> kTailKeys = {"usage",    "stop_reason", "context",
                                                           "metering", "exception",   "error"};

Result<std::string> text_of(json::Node node, std::string_view key, std::string_view otherwise) {
    KG_TRY(text, json::optional_string(node, key));
    return std::string(text.value_or(otherwise));
}

Result<void> read_tool(json::Node tool, FrameScript& script) {
    KG_CHECK(only_keys(tool, {"name", "id", "input", "stop"}));
    KG_TRY(name, json::require_string(tool, "name"));
    KG_TRY(id, json::require_string(tool, "id"));
    KG_TRY(stop, json::optional_bool(tool, "stop"));
    script.tool_open(id, name);
    const json::Node input = tool["input"];
    if (input.is_string()) {
        script.tool_input(id, name, input.text());
    } else if (input.is_object()) {
        script.tool_input(id, name, input.raw());
    } else {
        for (const json::Node fragment : input.children()) {
            if (!fragment.is_string()) return Err(json::type_error(fragment, "a string"));
            script.tool_input(id, name, fragment.text());
        }
    }
    if (stop.value_or(true)) script.tool_close(id, name);
    return {};
}

Result<void> read_metadata(json::Node step, FrameScript& script) {
    KG_TRY(usage, json::optional_object(step, "usage"));
    KG_TRY(reason, json::optional_string(step, "stop_reason"));
    if (usage.is_null_or_missing() && !reason) return {};
    KG_CHECK(only_keys(usage, {"uncached", "output", "cache_read", "cache_write"}));
    const TokenUsage counts{usage["uncached"].as_int().value_or(0), usage["output"].as_int().value_or(0),
                            usage["cache_read"].as_int().value_or(0),
                            usage["cache_write"].as_int().value_or(0)};
    script.metadata(usage.is_null_or_missing() ? nullptr : &counts, reason.value_or(""));
    return {};
}

Result<void> read_endings(json::Node step, FrameScript& script) {
    if (const json::Node context = step["context"]; context) {
        if (!context.as_double()) return Err(json::type_error(context, "a number"));
        script.context_usage(*context.as_double());
    }
    if (const json::Node metering = step["metering"]; metering) {
        if (!metering.as_double()) return Err(json::type_error(metering, "a number"));
        script.metering(*metering.as_double());
    }
    if (const json::Node raw = step["raw"]; raw) {
        auto bytes = hex_decode(raw.text());
        if (!bytes) return Err(json::value_error(raw, "hexadecimal digits expected"));
        script.raw(std::move(*bytes));
    }
    if (const json::Node exception = step["exception"]; exception) {
        KG_CHECK(only_keys(exception, {"type", "message", "reason"}));
        KG_TRY(type, text_of(exception, "type", "InternalServerException"));
        KG_TRY(message, text_of(exception, "message", "scripted"));
        KG_TRY(reason, text_of(exception, "reason", ""));
        script.exception(type, message, reason);
    }
    if (const json::Node error = step["error"]; error) {
        KG_CHECK(only_keys(error, {"code", "message"}));
        KG_TRY(code, text_of(error, "code", "InternalServerError"));
        KG_TRY(message, text_of(error, "message", "scripted"));
        script.error(code, message);
    }
    return {};
}

Result<void> read_step(json::Node step, FrameScript& script) {
    if (!step.is_object()) return Err(json::type_error(step, "an object"));
    KG_CHECK(only_keys(step, kStepKeys));
    KG_TRY(delay_ms, json::optional_int(step, "delay_ms"));
    KG_TRY(chunk, json::optional_int(step, "chunk"));
    KG_TRY(thinking, json::optional_string(step, "thinking"));
    KG_TRY(signature, json::optional_string(step, "signature"));
    KG_TRY(redacted, json::optional_string(step, "redacted"));
    KG_TRY(text, json::optional_string(step, "text"));
    KG_TRY(event, json::optional_string(step, "event"));
    KG_TRY(tool, json::optional_object(step, "tool"));
    const std::chrono::milliseconds delay(std::max<std::int64_t>(delay_ms.value_or(0), 0));
    if (!chunk) script.pause(delay);
    const auto bytes = static_cast<std::size_t>(std::max<std::int64_t>(chunk.value_or(0), 0));
    if (thinking) chunk ? script.thinking_in_fragments(*thinking, bytes, delay) : script.thinking(*thinking);
    if (signature) script.signature(*signature);
    if (redacted) script.redacted(*redacted);
    if (text) chunk ? script.text_in_fragments(*text, bytes, delay) : script.text(*text);
    if (tool.is_object()) KG_CHECK(read_tool(tool, script));
    if (event) script.event(*event, step["payload"] ? step["payload"].raw() : "{}");
    KG_CHECK(read_metadata(step, script));
    return read_endings(step, script);
}

}  // namespace

Result<void> only_keys(json::Node object, std::initializer_list<std::string_view> keys) {
    for (const json::Node member : object.children()) {
        if (std::find(keys.begin(), keys.end(), member.key()) == keys.end()) {
            return Err(json::value_error(member, "unknown key"));
        }
    }
    return {};
}

Result<std::vector<Piece>> read_steps(json::Node steps, bool with_tail) {
    if (!steps.is_array()) return Err(json::type_error(steps, "an array"));
    FrameScript script;
    bool calls_tools = false;
    for (const json::Node step : steps.children()) {
        KG_CHECK(read_step(step, script));
        calls_tools = calls_tools || step["tool"];
        for (const std::string_view key : kTailKeys) with_tail = with_tail && !step[key];
    }
    if (with_tail) script.tail({120, 30, 0, 0}, calls_tools ? "TOOL_USE" : "END_TURN", 2.5, 0.25);
    return script.take();
}

}  // namespace kg::demo
