#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

/// A list of texts in one column: a JSON array of strings.
namespace kg::store::sqlite {

std::string write_list(const std::vector<std::string>& items);
/// store_failed, naming `owner`, when it is unreadable: it must not become an empty list, because an
/// empty one often means that everything is allowed.
Result<std::vector<std::string>> read_list(std::string text, std::string_view owner);

}  // namespace kg::store::sqlite
