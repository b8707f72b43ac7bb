#include "core/config/value.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"
#include "core/config/checks.hpp"
#include "core/config/units.hpp"

namespace kg::config {
namespace {

using Outcome = Result<void, Fault>;

Err<Fault> fault(std::string text, std::string hint = "") {
    return Err(Fault{std::move(text), std::move(hint)});
}

std::string_view found(const Raw& raw) {
    return std::visit(overloaded{[](const std::string&) { return std::string_view("a string"); },
                                 [](std::int64_t) { return std::string_view("a whole number"); },
                                 [](bool) { return std::string_view("true or false"); },
                                 [](const std::vector<std::string>&) { return std::string_view("a list"); },
                                 [](const Aliases&) { return std::string_view("a table"); },
                                 [](const Other& other) { return other.what; }},
                      raw);
}

Err<Fault> wrong_type(std::string_view wanted, const Raw& raw, std::string hint = "") {
    return fault("expected " + std::string(wanted) + ", found " + std::string(found(raw)), std::move(hint));
}

Outcome in_range(const Rule& rule, std::int64_t value, const std::string& shown) {
    if (value < rule.min) return fault(shown + " is too small");
    if (value > rule.max) return fault(shown + " is too large");
    return {};
}

Result<std::string, Fault> choose(const Rule& rule, std::string_view text) {
    for (const auto choice : rule.choices) {
        if (ascii::equals_ignoring_case(choice, text)) return std::string(choice);
    }
    const auto near = ascii::nearest(ascii::to_lower(text), rule.choices);
    return fault(quoted(text) + " is not known", near.empty() ? "" : "did you mean " + quoted(near) + "?");
}

/// Writes one Raw into one field; an overload for each type of setting.
struct Assigner {
    const Key& key;
    const Raw& raw;

    Outcome operator()(std::string& out) const {
        const auto* text = std::get_if<std::string>(&raw);
        if (!text) return wrong_type("a string", raw);
        if (!key.rule.choices.empty()) {
            KG_TRY(chosen, choose(key.rule, *text));
            out = chosen;
            return {};
        }
        if (text->find('\0') != std::string::npos) return fault("holds a zero byte");
        if (const auto wrong = key.rule.check ? key.rule.check(*text) : std::nullopt) {
            const auto shown = quoted(*text);
            return fault(key.rule.hides_user ? *wrong : shown + ": " + *wrong);
        }
        out = *text;
        // Base URLs are joined with paths that begin with a slash.
        if (key.rule.check == &check_upstream_url) {
            while (!out.empty() && out.back() == '/') out.pop_back();
        }
        return {};
    }

    Outcome operator()(Secret& out) const {
        const auto* text = std::get_if<std::string>(&raw);
        if (!text) return wrong_type("a string", raw);
        if (text->empty()) {
            out = Secret();
            return {};
        }
        if (const auto wrong = key.rule.check(*text)) return fault("the value " + *wrong);
        out = Secret(*text);
        return {};
    }

    Outcome operator()(bool& out) const {
        const auto* value = std::get_if<bool>(&raw);
        if (!value) return wrong_type("true or false", raw);
        out = *value;
        return {};
    }

    Outcome operator()(std::int64_t& out) const {
        if (const auto* text = std::get_if<std::string>(&raw); text && key.rule.bytes) {
            const auto size = parse_size(*text);
            if (!size) return fault(quoted(*text) + " is not a size");
            KG_CHECK(in_range(key.rule, *size, *text));
            out = *size;
            return {};
        }
        const auto* number = std::get_if<std::int64_t>(&raw);
        if (!number) return wrong_type(key.rule.bytes ? "a size" : "a whole number", raw);
        KG_CHECK(in_range(key.rule, *number, std::to_string(*number)));
        out = *number;
        return {};
    }

    Outcome operator()(milliseconds& out) const {
        const auto* text = std::get_if<std::string>(&raw);
        if (const auto* number = std::get_if<std::int64_t>(&raw)) {
            return wrong_type("a duration", raw,
                              "write the unit, as in \"" + std::to_string(*number) + "s\" or \"" +
                                  std::to_string(*number) + "ms\"");
        }
        if (!text) return wrong_type("a duration", raw);
        const auto value = parse_duration(*text);
        if (!value) return fault(quoted(*text) + " is not a duration");
        KG_CHECK(in_range(key.rule, value->count(), *text));
        out = *value;
        return {};
    }

    Outcome operator()(std::vector<std::string>& out) const {
        const auto* list = std::get_if<std::vector<std::string>>(&raw);
        if (!list) return wrong_type("a list of strings", raw);
        if (list->empty() && !key.rule.choices.empty()) return fault("the list is empty");
        std::vector<std::string> chosen;
        for (const auto& item : *list) {
            if (const auto wrong = key.rule.check ? key.rule.check(item) : std::nullopt) return fault(*wrong);
            std::string choice = item;
            if (!key.rule.choices.empty()) {
                KG_TRY(known, choose(key.rule, item));
                choice = known;
            }
            if (std::find(chosen.begin(), chosen.end(), choice) != chosen.end()) {
                return fault(quoted(choice) + " is listed twice");
            }
            chosen.push_back(choice);
        }
        out = std::move(chosen);
        return {};
    }

    Outcome operator()(Aliases& out) const {
        const auto* table = std::get_if<Aliases>(&raw);
        if (!table) return wrong_type("a table of strings", raw);
        for (const auto& [name, model] : *table) {
            for (const auto* text : {&name, &model}) {
                if (const auto wrong = key.rule.check(*text)) return fault(quoted(*text) + ": " + *wrong);
            }
        }
        out = *table;
        return {};
    }
};

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    if (ascii::is_blank(text)) return parts;
    while (true) {
        const auto comma = text.find(',');
        parts.emplace_back(ascii::trim(text.substr(0, comma)));
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

Result<Raw, Fault> aliases_from_text(std::string_view text) {
    Aliases aliases;
    for (const auto& part : split(text)) {
        const auto equals = part.find('=');
        if (equals == std::string::npos) return fault(quoted(part) + " is not of the form NAME=MODEL");
        auto name = std::string(ascii::trim(std::string_view(part).substr(0, equals)));
        for (const auto& alias : aliases) {
            if (alias.first == name) return fault(quoted(name) + " is given twice");
        }
        aliases.emplace_back(std::move(name), ascii::trim(std::string_view(part).substr(equals + 1)));
    }
    return Raw(std::move(aliases));
}

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

Result<Raw, Fault> raw_from_text(const Key& key, std::string_view text) {
    using Answer = Result<Raw, Fault>;
    Config scratch;
    return std::visit(
        [&](auto field) -> Answer {
            using T = std::remove_reference_t<decltype(field(scratch))>;
            if constexpr (std::is_same_v<T, bool>) {
                const auto value = parse_switch(ascii::trim(text));
                return value ? Answer(Raw(*value))
                             : Answer(fault(quoted(text) + " is neither true nor false"));
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                const auto trimmed = ascii::trim(text);
                if (key.rule.bytes) return Raw(std::string(trimmed));
                const auto value = parse_number(trimmed);
                return value ? Answer(Raw(*value)) : Answer(fault(quoted(text) + " is not a whole number"));
            } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
                return Raw(split(text));
            } else if constexpr (std::is_same_v<T, Aliases>) {
                return aliases_from_text(text);
            } else if constexpr (std::is_same_v<T, Secret>) {
                return Raw(std::string(text));
            } else {
                return Raw(std::string(ascii::trim(text)));
            }
        },
        key.field);
}

Result<void, Fault> assign(const Key& key, const Raw& raw, Config& config) {
    return std::visit([&](auto field) { return Assigner{key, raw}(field(config)); }, key.field);
}

std::string display_text(const Key& key, Config& config) {
    return std::visit(
        [&](auto field) {
            return overloaded{
                [&](const std::string& v) { return key.rule.hides_user ? hide_user(v) : v; },
                [](const Secret& v) { return std::string(v.empty() ? "(not set)" : "(set)"); },
                [](const bool& v) { return std::string(v ? "true" : "false"); },
                [&](const std::int64_t& v) { return key.rule.bytes ? format_size(v) : std::to_string(v); },
                [](const milliseconds& v) { return format_duration(v); },
                [](const std::vector<std::string>& v) {
                    std::string out;
                    for (const auto& item : v) out += (out.empty() ? "" : ", ") + item;
                    return out;
                },
                [](const Aliases& v) {
                    std::string out;
                    for (const auto& [name, model] : v) out += (out.empty() ? "" : ", ") + name + "=" + model;
                    return out;
                }}(field(config));
        },
        key.field);
}

std::string toml_text(const Key& key, Config& config) {
    return std::visit(
        [&](auto field) {
            return overloaded{[](const std::string& v) { return toml_string(v); },
                              [](const Secret&) { return std::string("\"\""); },
                              [](const bool& v) { return std::string(v ? "true" : "false"); },
                              [&](const std::int64_t& v) {
                                  const auto text = key.rule.bytes ? format_size(v) : std::to_string(v);
                                  return parse_number(text) ? text : toml_string(text);
                              },
                              [](const milliseconds& v) { return toml_string(format_duration(v)); },
                              [](const std::vector<std::string>& v) {
                                  std::string out = "[";
                                  for (const auto& item : v)
                                      out += (out.size() > 1 ? ", " : "") + toml_string(item);
                                  return out + "]";
                              },
                              [](const Aliases& v) {
                                  std::string out = "{";
                                  for (const auto& [name, model] : v) {
                                      out += (out.size() > 1 ? ", " : " ") + toml_string(name) + " = " +
                                             toml_string(model);
                                  }
                                  return out + (v.empty() ? "}" : " }");
                              }}(field(config));
        },
        key.field);
}

std::string quoted(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string out = "\"";
    const bool clean = ascii::is_utf8(text);
    for (const char c : ascii::utf8_prefix(text, kShown)) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !clean) ? '?' : c;
    }
    return out + (text.size() > kShown ? "...\"" : "\"");
}

}  // namespace kg::config
