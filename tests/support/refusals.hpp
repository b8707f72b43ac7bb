#pragma once

#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

namespace kg::test {

/// A body that a dialect refuses: how, and the path of the field that is to blame.
struct Refusal {
    std::string text;
    ErrorKind kind;
    std::string param;
};

inline void check_refused(const chat::Dialect& dialect, const std::vector<Refusal>& rows) {
    for (const auto& row : rows) {
        INFO(row.text);
        const auto request = decode(dialect, row.text);
        CHECK_FALSE(request);
        if (request) continue;
        CHECK(error_name(request.error().kind) == error_name(row.kind));
        CHECK(request.error().param == row.param);
        CHECK_FALSE(request.error().message.empty());
    }
}

}  // namespace kg::test
