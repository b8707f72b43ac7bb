#include "core/anthropic/models.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "core/http/url.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {
namespace {

constexpr std::size_t kLimitMax = 1000;

void append_padded(std::string& out, unsigned value, std::size_t width) {
    const std::string digits = std::to_string(value);
    out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

/// RFC 3339; an unknown date is the epoch, as in the original API.
std::string timestamp(std::int64_t epoch_seconds) {
    using namespace std::chrono;
    const sys_seconds time{seconds{std::max<std::int64_t>(epoch_seconds, 0)}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::string out;
    append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, static_cast<unsigned>(clock.hours().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(clock.minutes().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(clock.seconds().count()), 2);
    out += 'Z';
    return out;
}

void write_model(json::Writer& writer, const chat::ModelInfo& model) {
    writer.begin_object().member("type", "model").member("id", model.id);
    writer.member("display_name", model.display_name.empty() ? model.id : model.display_name);
    writer.member("created_at", timestamp(model.created));
    writer.member("max_input_tokens", model.context_tokens).member("max_tokens", model.output_tokens);
    writer.end_object();
}

std::optional<std::size_t> read_limit(std::string_view query) {
    const auto text = http::query_value(query, "limit");
    if (!text) return std::nullopt;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    const bool whole = error == std::errc{} && end == text->data() + text->size();
    if (!whole || limit < 1 || limit > kLimitMax) return std::nullopt;
    return limit;
}

struct Page {
    std::span<const chat::ModelInfo> models;
    bool has_more = false;
};

/// A cursor that names no model gives an empty last page: starting anew would page for ever.
Page select_page(std::span<const chat::ModelInfo> models, std::string_view query) {
    const auto position = [&](const std::string& id) {
        const auto found =
            std::find_if(models.begin(), models.end(), [&](const auto& m) { return m.id == id; });
        return static_cast<std::size_t>(found - models.begin());
    };
    const auto limit = read_limit(query).value_or(models.size());
    if (const auto before = http::query_value(query, "before_id")) {
        const std::size_t end = position(*before);
        if (end == models.size()) return {};
        const std::size_t count = std::min(limit, end);
        return {models.subspan(end - count, count), end > count};
    }
    std::size_t first = 0;
    if (const auto after = http::query_value(query, "after_id")) {
        first = std::min(position(*after) + 1, models.size());
    }
    const std::size_t count = std::min(limit, models.size() - first);
    return {models.subspan(first, count), first + count < models.size()};
}

}  // namespace

std::string encode_models(std::span<const chat::ModelInfo> models, std::string_view query) {
    const Page page = select_page(models, query);
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("data").begin_array();
    for (const auto& model : page.models) write_model(writer, model);
    writer.end_array().member("has_more", page.has_more);
    if (page.models.empty()) {
        writer.key("first_id").null().key("last_id").null();
    } else {
        writer.member("first_id", page.models.front().id).member("last_id", page.models.back().id);
    }
    writer.end_object();
    return out;
}

std::string encode_model(const chat::ModelInfo& model) {
    std::string out;
    json::Writer writer(out);
    write_model(writer, model);
    return out;
}

}  // namespace kg::anthropic
