#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/base/digest.hpp"
#include "core/kiro/request_encoder.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kStemMax = 54;  // leaves room for '_' and eight digits of the hash

bool is_name_char(char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
}

bool is_wire_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameMax && ascii::is_alpha(name[0]) &&
           std::all_of(name.begin(), name.end(), is_name_char);
}

/// A readable stem and a hash of the whole: two long names with one beginning stay apart.
std::string derive_name(std::string_view name, unsigned salt) {
    std::string out;
    if (name.empty() || !ascii::is_alpha(name[0])) out = "t_";
    for (const char c : name) {
        if (out.size() == kStemMax) break;
        out += is_name_char(c) ? c : '_';
    }
    std::string seed(name);
    if (salt > 0) seed += '\n' + std::to_string(salt);
    return out += '_' + sha256_hex(seed).substr(0, 8);
}

}  // namespace

std::string_view ToolNames::to_wire(std::string_view name) {
    if (const auto known = wire_by_client_.find(name); known != wire_by_client_.end()) return known->second;
    if (is_wire_name(name)) {
        const auto taken = client_by_wire_.find(name);
        if (taken == client_by_wire_.end())
            return client_by_wire_.try_emplace(std::string(name), name).first->first;
        if (taken->second == name) return taken->first;
    }
    for (unsigned salt = 0;; ++salt) {
        std::string wire = derive_name(name, salt);
        if (!client_by_wire_.try_emplace(wire, name).second) continue;
        return wire_by_client_.emplace(std::string(name), std::move(wire)).first->second;
    }
}

std::string_view ToolNames::to_client(std::string_view wire) const {
    const auto known = client_by_wire_.find(wire);
    return known == client_by_wire_.end() ? wire : std::string_view(known->second);
}

}  // namespace kg::kiro
