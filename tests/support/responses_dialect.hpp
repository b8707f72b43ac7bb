#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/responses/dialect.hpp"

namespace kg::test {

inline constexpr std::string_view kSealMark = "sealed:";

/// A seal that can be read: the mark and the plain text.
inline responses::ReasoningSeal readable_seal() {
    return {.seal = [](std::string_view plain) { return std::string(kSealMark).append(plain); },
            .open = [](std::string_view sealed) -> std::optional<std::string> {
                if (!sealed.starts_with(kSealMark)) return std::nullopt;
                return std::string(sealed.substr(kSealMark.size()));
            }};
}

inline std::unique_ptr<chat::Dialect> responses_dialect() {
    return responses::make_dialect(readable_seal());
}

}  // namespace kg::test
