#include "core/config/loader.hpp"

namespace kg::config {

const Where& Loader::later(const std::string& a, const std::string& b) const {
    static const Where kDefault{Where::Layer::none, "default", {}, {}};
    const auto first = places_.find(a), second = places_.find(b);
    if (first == places_.end()) return second == places_.end() ? kDefault : second->second;
    if (second == places_.end()) return first->second;
    return second->second.layer > first->second.layer ? second->second : first->second;
}

void Loader::expect(bool holds, const char* key, std::string_view relation, const char* other) {
    if (holds) return;
    const auto value = [&](const char* name) {
        return std::string(name) + " (" + display_text(*find_key(name), loaded_.config) + ")";
    };
    complain(later(key, other), value(key) + " must be " + std::string(relation) + " " + value(other));
}

/// Rules between keys, for values that are right alone. A pair that would merely be odd (a total
/// below a deadline inside it) is refused only when both were chosen: lowering one is enough then.
void Loader::check_across() {
    if (!problems_.empty()) return;  // a refused value kept its default, which proves nothing
    const auto& limits = loaded_.config.limits;
    const auto& kiro = loaded_.config.kiro;
    const auto chosen = [this](const char* a, const char* b) {
        return places_.count(std::string(a)) != 0 && places_.count(std::string(b)) != 0;
    };
    const auto at_most = [&](auto value, const char* key, auto bound, const char* other) {
        expect(value <= bound || !chosen(key, other), key, "at most", other);
    };
    expect(limits.write_low_bytes < limits.write_high_bytes, "limits.write_low_bytes", "below",
           "limits.write_high_bytes");
    at_most(limits.streams_max, "limits.streams_max", limits.connections_max, "limits.connections_max");
    at_most(kiro.connect_timeout, "kiro.connect_timeout", kiro.total_timeout, "kiro.total_timeout");
    at_most(kiro.first_event_timeout, "kiro.first_event_timeout", kiro.total_timeout, "kiro.total_timeout");
    at_most(kiro.idle_timeout, "kiro.idle_timeout", kiro.total_timeout, "kiro.total_timeout");
    at_most(kiro.tool_description_max_bytes, "kiro.tool_description_max_bytes", kiro.body_max_bytes,
            "kiro.body_max_bytes");
}

}  // namespace kg::config
