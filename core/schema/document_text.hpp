#pragma once

#include <optional>
#include <string_view>

namespace kg::schema {

/// The one JSON document in what a model wrote: all of it, else what a code fence holds, else from the
/// first bracket to the last that closes it. A slice of `text`, without white space around it; nothing
/// when there is no valid JSON.
std::optional<std::string_view> find_document(std::string_view text);

/// `text` without the fence that opens it, if one does: of an answer that was cut off.
std::string_view without_opening_fence(std::string_view text);

}  // namespace kg::schema
