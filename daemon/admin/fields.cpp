#include "daemon/admin/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "core/base/ascii.hpp"
#include "core/http/url.hpp"

namespace kg::admin {

Fields::Fields(json::Node object) : object_(object) {
    if (object && !object.is_object())
        failure_ = invalid(object.path(),
                           "expected an object, found " + std::string(json::kind_name(object.kind())));
}

std::string Fields::path_of(std::string_view name) const {
    const auto parent = object_ ? object_.path() : std::string();
    return parent.empty() ? std::string(name) : parent + "." + std::string(name);
}

json::Node Fields::take(std::string_view name) {
    if (std::ranges::find(asked_, name) == asked_.end()) asked_.push_back(name);
    if (failure_ || !object_.is_object()) return {};
    return object_[name];
}

void Fields::refuse(std::string_view name, std::string message) {
    if (!failure_) failure_ = invalid(path_of(name), std::move(message));
}

template <class T>
std::optional<T> Fields::wrong(json::Node found, std::string_view expected) {
    if (!failure_)
        failure_ = invalid(found.path(), "expected " + std::string(expected) + ", found " +
                                             std::string(json::kind_name(found.kind())));
    return std::nullopt;
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t max_bytes) {
    const auto node = take(name);
    if (!node) return std::nullopt;
    if (!node.is_string()) return wrong<std::string>(node, "a string");
    if (node.text().size() > max_bytes) {
        refuse(name, "at most " + std::to_string(max_bytes) + " bytes");
        return std::nullopt;
    }
    if (node.text().find('\0') != std::string_view::npos) {
        refuse(name, "holds a zero byte");
        return std::nullopt;
    }
    return std::string(node.text());
}

std::optional<bool> Fields::flag(std::string_view name) {
    const auto node = take(name);
    if (!node) return std::nullopt;
    const auto value = node.as_bool();
    return value ? value : wrong<bool>(node, "true or false");
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto node = take(name);
    if (!node) return std::nullopt;
    const auto value = node.as_int();
    if (!value) return wrong<std::int64_t>(node, "a whole number");
    if (*value < min || *value > max) {
        refuse(name, "use a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return std::nullopt;
    }
    return value;
}

std::optional<double> Fields::number(std::string_view name) {
    const auto node = take(name);
    if (!node) return std::nullopt;
    const auto value = node.as_double();
    if (!value || !std::isfinite(*value)) return wrong<double>(node, "a number");
    return value;
}

std::optional<std::optional<std::int64_t>> Fields::integer_or_null(std::string_view name, std::int64_t min,
                                                                   std::int64_t max) {
    if (is_null(name)) return std::optional<std::int64_t>();
    const auto value = integer(name, min, max);
    if (!value) return std::nullopt;
    return std::optional(value);
}

std::optional<std::optional<double>> Fields::number_or_null(std::string_view name) {
    if (is_null(name)) return std::optional<double>();
    const auto value = number(name);
    if (!value) return std::nullopt;
    return std::optional(value);
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name, std::size_t count_max,
                                                      std::size_t max_bytes) {
    const auto node = take(name);
    if (!node) return std::nullopt;
    if (!node.is_array()) return wrong<std::vector<std::string>>(node, "an array of strings");
    if (node.size() > count_max) {
        refuse(name, "at most " + std::to_string(count_max) + " items");
        return std::nullopt;
    }
    std::vector<std::string> out;
    std::unordered_set<std::string_view> seen;
    for (const auto item : node.children()) {
        if (!item.is_string()) return wrong<std::vector<std::string>>(item, "a string");
        if (item.text().empty() || item.text().size() > max_bytes) {
            if (!failure_) failure_ = invalid(item.path(), "1 to " + std::to_string(max_bytes) + " bytes");
            return std::nullopt;
        }
        if (seen.insert(item.text()).second) out.emplace_back(item.text());
    }
    return out;
}

json::Node Fields::object(std::string_view name) {
    const auto node = take(name);
    if (node && !node.is_object()) wrong<int>(node, "an object");
    return failure_ ? json::Node() : node;
}

Result<void, Failure> Fields::finish() {
    if (!failure_ && object_.is_object()) {
        for (const auto member : object_.children()) {
            if (std::ranges::find(asked_, member.key()) != asked_.end()) continue;
            const auto near = ascii::nearest(member.key(), asked_);
            failure_ = invalid(member.path(), near.empty()
                                                  ? "no such field"
                                                  : "no such field; did you mean " + std::string(near) + "?");
            break;
        }
    }
    if (failure_) return Err(std::move(*failure_));
    return {};
}

Result<std::int64_t, Failure> query_number(std::string_view query, std::string_view name,
                                           std::int64_t fallback, std::int64_t min, std::int64_t max) {
    const auto text = http::query_value(query, name);
    if (!text || text->empty()) return fallback;
    std::int64_t value = 0;
    const auto end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || value < min || value > max) {
        return Err(bad_query(std::string(name), "use a whole number from " + std::to_string(min) + " to " +
                                                    std::to_string(max)));
    }
    return value;
}

std::string query_text(std::string_view query, std::string_view name) {
    return http::query_value(query, name).value_or("");
}

}  // namespace kg::admin
