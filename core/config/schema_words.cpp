// What the schema says of itself: names, ranges, likely mistakes.
#include "core/base/ascii.hpp"
#include "core/config/schema.hpp"
#include "core/config/units.hpp"

namespace kg::config {

const Key* find_key(std::string_view name) {
    for (const Key& key : keys()) {
        if (key.name == name) return &key;
    }
    return nullptr;
}

std::string env_name(std::string_view key_name) {
    std::string name = "KIROGATE_";
    for (const char c : key_name) {
        name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
    return name;
}

std::string allowed_text(const Key& key) {
    const Rule& rule = key.rule;
    if (!rule.allowed.empty()) return std::string(rule.allowed);
    if (!rule.choices.empty()) {
        const bool list = std::holds_alternative<std::vector<std::string>& (*)(Config&)>(key.field);
        std::string text = list ? "a list of " : "one of ";
        for (const auto choice : rule.choices) {
            if (text.back() != ' ') text += ", ";
            text += choice;
        }
        return text;
    }
    if (std::holds_alternative<bool& (*)(Config&)>(key.field)) return "true or false";
    if (std::holds_alternative<milliseconds& (*)(Config&)>(key.field)) {
        return "a duration such as \"500ms\", \"10s\", \"5m\" or \"1h\", from " +
               format_duration(milliseconds(rule.min)) + " to " + format_duration(milliseconds(rule.max));
    }
    if (rule.bytes) {
        return "a size such as 65536, \"64KiB\" or \"32MiB\", from " + format_size(rule.min) + " to " +
               format_size(rule.max);
    }
    return "a whole number from " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
}

std::string nearest_key(std::string_view wrong) {
    std::vector<std::string> names;
    for (const Key& key : keys()) {
        names.emplace_back(key.name);
        if (key.is_secret()) names.push_back(std::string(key.name) + "_file");
    }
    const std::string_view leaf = wrong.substr(wrong.rfind('.') + 1);
    for (const auto& name : names) {  // the right key in the wrong section
        if (std::string_view(name).substr(name.find('.') + 1) == leaf) return name;
    }
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    return std::string(ascii::nearest(wrong, candidates));
}

}  // namespace kg::config
