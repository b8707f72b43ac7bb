#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::openai_family {

/// Where a json_schema format keeps schema and strict: in a member `json_schema` of its own (chat
/// completions) or beside its type (responses).
enum class SchemaPlace : std::uint8_t { nested, beside_type };

/// The wanted form of the answer; a missing format is text.
Result<void> decode_format(json::Node format, SchemaPlace place, chat::Request& request);

}  // namespace kg::openai_family
