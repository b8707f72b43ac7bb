#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json/document.hpp"

/// Answers that are kept, for requests that continue from one. The dialect stores nothing: whoever
/// serves it fetches and keeps, with these words.
namespace kg::responses {

/// With `kept`, answers tell that they are stored unless `store` is false, and bodies that
/// continued() made are accepted.
enum class Storage : std::uint8_t { none, kept };

/// Stands for previous_response_id in a body whose input has the earlier items.
inline constexpr std::string_view kContinuedFrom = "kirogate.continued_from";

bool wants_storage(json::Node body);
/// The body with the items of the conversation that it continues before its own input; `earlier` is
/// the inside of a JSON array.
std::string continued(json::Node body, std::string_view earlier);
/// The conversation up to the end of this answer: the inside of a JSON array.
std::string conversation_of(json::Node body, json::Node response);

}  // namespace kg::responses
