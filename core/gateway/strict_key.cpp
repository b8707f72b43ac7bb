#include "core/gateway/strict_key.hpp"

#include <string_view>

namespace kg::gateway {
namespace {

/// A clause without what was done about it, because here nothing was.
std::string_view without_outcome(std::string_view clause) {
    for (const std::string_view outcome : {" and was ignored", " and was dropped", " was dropped"}) {
        if (clause.ends_with(outcome)) return clause.substr(0, clause.size() - outcome.size());
    }
    return clause;
}

}  // namespace

Result<void> refuse_what_others_are_warned_of(const std::vector<std::string>& warnings) {
    if (warnings.empty()) return {};
    std::string message = "this API key is strict and refuses what would not be done exactly as asked: ";
    for (const auto& warning : warnings) {
        if (&warning != &warnings.front()) message += "; ";
        message += without_outcome(warning);
    }
    return Err(Error{.kind = ErrorKind::unsupported, .message = std::move(message)});
}

}  // namespace kg::gateway
