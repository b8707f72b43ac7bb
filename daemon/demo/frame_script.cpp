#include "daemon/demo/frame_script.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/frame_encoder.hpp"

namespace kg::demo {
namespace {

/// {"a":"x","b":"y"}
std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    for (const auto& [name, text] : members) writer.member(name, text);
    writer.end_object();
    return out;
}

}  // namespace

std::vector<std::string_view> fragments(std::string_view text, std::size_t bytes) {
    bytes = std::max<std::size_t>(bytes, 4);  // the longest character
    std::vector<std::string_view> out;
    while (!text.empty()) {
        std::string_view part = ascii::utf8_prefix(text, bytes);
        if (part.empty()) part = text.substr(0, bytes);
        out.push_back(part);
        text.remove_prefix(part.size());
    }
    return out;
}

FrameScript& FrameScript::add(std::string bytes) {
    pieces_.push_back({std::move(bytes), std::exchange(next_pause_, {})});
    return *this;
}

FrameScript& FrameScript::pause(std::chrono::milliseconds delay) {
    next_pause_ += delay;
    return *this;
}

FrameScript& FrameScript::event(std::string_view type, std::string_view payload) {
    return add(kiro::event_frame(type, payload));
}

FrameScript& FrameScript::raw(std::string bytes) {
    return add(std::move(bytes));
}

FrameScript& FrameScript::text(std::string_view text, std::string_view model) {
    if (model.empty()) return event("assistantResponseEvent", object_of({{"content", text}}));
    return event("assistantResponseEvent", object_of({{"content", text}, {"modelId", model}}));
}

FrameScript& FrameScript::text_in_fragments(std::string_view whole, std::size_t bytes,
                                            std::chrono::milliseconds delay) {
    for (const std::string_view part : fragments(whole, bytes)) pause(delay).text(part);
    return *this;
}

FrameScript& FrameScript::thinking(std::string_view text) {
    return event("reasoningContentEvent", object_of({{"text", text}}));
}

FrameScript& FrameScript::thinking_in_fragments(std::string_view whole, std::size_t bytes,
                                                std::chrono::milliseconds delay) {
    for (const std::string_view part : fragments(whole, bytes)) pause(delay).thinking(part);
    return *this;
}

FrameScript& FrameScript::signature(std::string_view signature) {
    return event("reasoningContentEvent", object_of({{"signature", signature}}));
}

FrameScript& FrameScript::redacted(std::string_view base64) {
    return event("reasoningContentEvent", object_of({{"redactedContent", base64}}));
}

FrameScript& FrameScript::tool_open(std::string_view id, std::string_view name) {
    return event("toolUseEvent", object_of({{"name", name}, {"toolUseId", id}}));
}

FrameScript& FrameScript::tool_input(std::string_view id, std::string_view name, std::string_view fragment) {
    return event("toolUseEvent", object_of({{"input", fragment}, {"name", name}, {"toolUseId", id}}));
}

FrameScript& FrameScript::tool_close(std::string_view id, std::string_view name) {
    std::string payload;
    json::Writer(payload)
        .begin_object()
        .member("name", name)
        .member("stop", true)
        .member("toolUseId", id)
        .end_object();
    return event("toolUseEvent", payload);
}

FrameScript& FrameScript::metadata(const TokenUsage* usage, std::string_view stop_reason) {
    std::string payload;
    json::Writer writer(payload);
    writer.begin_object();
    if (!stop_reason.empty()) writer.member("stopReason", stop_reason);
    if (usage) {
        writer.key("tokenUsage").begin_object();
        writer.member("uncachedInputTokens", usage->uncached).member("outputTokens", usage->output);
        writer.member("totalTokens",
                      usage->uncached + usage->cache_read + usage->cache_write + usage->output);
        if (usage->cache_read != 0) writer.member("cacheReadInputTokens", usage->cache_read);
        if (usage->cache_write != 0) writer.member("cacheWriteInputTokens", usage->cache_write);
        writer.end_object();
    }
    writer.end_object();
    return event("metadataEvent", payload);
}

FrameScript& FrameScript::context_usage(double percentage) {
    std::string payload;
    json::Writer(payload).begin_object().member("contextUsagePercentage", percentage).end_object();
    return event("contextUsageEvent", payload);
}

FrameScript& FrameScript::metering(double credits) {
    std::string payload;
    json::Writer writer(payload);
    writer.begin_object()
        .member("unit", "credit")
        .member("unitPlural", "credits")
        .member("usage", credits)
        .end_object();
    return event("meteringEvent", payload);
}

FrameScript& FrameScript::exception(std::string_view type, std::string_view message,
                                    std::string_view reason) {
    std::string payload;
    json::Writer writer(payload);
    writer.begin_object().member("message", message);
    if (!reason.empty()) writer.member("reason", reason);
    writer.end_object();
    return add(kiro::exception_frame(type, payload));
}

FrameScript& FrameScript::error(std::string_view code, std::string_view message) {
    return add(kiro::error_frame(code, message));
}

FrameScript& FrameScript::tail(const TokenUsage& usage, std::string_view stop_reason,
                               double context_percentage, double credits) {
    return metadata(&usage, stop_reason).context_usage(context_percentage).metering(credits);
}

}  // namespace kg::demo
