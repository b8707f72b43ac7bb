#include "core/chat/request.hpp"

#include <array>

#include "core/base/ascii.hpp"

namespace kg::chat {
namespace {

constexpr std::array<std::string_view, 5> kEffortNames{"low", "medium", "high", "xhigh", "max"};

}  // namespace

std::string_view effort_name(Effort effort) {
    return kEffortNames[static_cast<std::size_t>(effort)];
}

std::optional<Effort> parse_effort(std::string_view text) {
    for (std::size_t i = 0; i < kEffortNames.size(); ++i) {
        if (ascii::equals_ignoring_case(text, kEffortNames[i])) return static_cast<Effort>(i);
    }
    return std::nullopt;
}

}  // namespace kg::chat
