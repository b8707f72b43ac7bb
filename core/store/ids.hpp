#pragma once

#include <string>
#include <string_view>

#include "core/base/random.hpp"

namespace kg::store {

/// 22 base62 characters carry 130 bits: no two ids meet by chance, and none can be guessed.
std::string new_account_id(Random& random);  // "acc_" + 22 base62 characters
std::string new_key_id(Random& random);      // "key_" + 22 base62 characters

/// [A-Za-z0-9][A-Za-z0-9._-]{0,63}: safe in a shell, a URL path and a log line. An account may also
/// have no name at all; that is the caller's question, "" is not a valid name.
bool valid_account_name(std::string_view name);

}  // namespace kg::store
