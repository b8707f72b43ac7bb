#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/result.hpp"

namespace kg::schema {

/// A regular expression as JSON Schema knows them (ECMA-262, not anchored), run with bounds: client and
/// model choose pattern and text, so that neither a long text nor a pattern that backtracks without end
/// may hold a loop. Immutable, any thread.
class Pattern {
  public:
    static constexpr std::size_t kBytesMax = 8u << 10;  // of a pattern

    /// The error's message says what is wrong, without a path.
    static Result<Pattern> compile(std::string_view text);

    enum class Match : std::uint8_t { no, yes, too_costly };
    Match search(std::string_view text) const;

  private:
    struct Code;
    struct Free {
        void operator()(Code* code) const;
    };
    explicit Pattern(std::unique_ptr<Code, Free> code) : code_(std::move(code)) {}
    std::unique_ptr<Code, Free> code_;
};

}  // namespace kg::schema
