#include "core/store/ids.hpp"

#include <algorithm>
#include <cstddef>

#include "core/base/ascii.hpp"

namespace kg::store {
namespace {

constexpr std::size_t kIdCharacters = 22;
constexpr std::size_t kNameMax = 64;

bool is_alphanumeric(char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c);
}

}  // namespace

std::string new_account_id(Random& random) {
    return "acc_" + random.base62(kIdCharacters);
}

std::string new_key_id(Random& random) {
    return "key_" + random.base62(kIdCharacters);
}

bool valid_account_name(std::string_view name) {
    if (name.empty() || name.size() > kNameMax || !is_alphanumeric(name.front())) return false;
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace kg::store
