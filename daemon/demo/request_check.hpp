#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.hpp"
#include "core/json/document.hpp"
#include "daemon/demo/scenario.hpp"

namespace kg::demo {

/// What the service answers to a chat body that it refuses (kiro-upstream 2.8), or nothing. The
/// service never says which rule was broken; `why` does, for the one who reads the fake's log.
struct Violation {
    http::Response answer;
    std::string why;  // "C4", "C9", ...
};
std::optional<Violation> check_chat(json::Node root, const Scenario& scenario);

/// The model of the current message; "auto" when it names none.
std::string_view model_of(json::Node root);
/// The signature that the fake gives to a thinking text and demands back with it.
std::string signature_of(std::string_view thinking);

}  // namespace kg::demo
