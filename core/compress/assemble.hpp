#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/digest.hpp"
#include "core/chat/request.hpp"
#include "core/compress/planner.hpp"
#include "core/compress/trim.hpp"

namespace kg::compress {

/// What became of the chunks of a plan, one entry each.
struct Replacements {
    std::vector<Sha256> keys;
    std::vector<std::optional<std::string>> texts;  // nothing: the messages of the chunk stay
};

/// The messages to send: head, summaries with what is pinned, the rest. Texts that stay are slices
/// of the request. `extra` cuts further than the plan does.
std::vector<chat::Message> assemble(const chat::Request& request, const Plan& plan,
                                    const Replacements& replacements, Caps extra = {});

}  // namespace kg::compress
