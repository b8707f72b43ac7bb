#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/json/document.hpp"

namespace kg::json {

/// Error of kind malformed_request whose `param` is the node's path and whose message says what was
/// found there: "messages[0].role: expected a string, found a number".
Error type_error(Node found, std::string_view expected);
Error missing_error(Node parent, std::string_view key);  // "messages: field required"
Error value_error(Node found, std::string message);      // "<path>: <message>"

/// Field readers. `require_` fails when the key is missing or null; `optional_` then yields
/// nothing; both fail on a wrong type.
Result<std::string_view> require_string(Node object, std::string_view key);
Result<Node> require_array(Node object, std::string_view key);
Result<Node> require_object(Node object, std::string_view key);
Result<std::optional<std::string_view>> optional_string(Node object, std::string_view key);
Result<std::optional<std::int64_t>> optional_int(Node object, std::string_view key);
Result<std::optional<bool>> optional_bool(Node object, std::string_view key);
/// A missing Node (not an error) when the key is missing or null.
Result<Node> optional_array(Node object, std::string_view key);
Result<Node> optional_object(Node object, std::string_view key);

}  // namespace kg::json
