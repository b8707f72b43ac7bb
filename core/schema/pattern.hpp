#pragma once

#include <cstddef>
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

    std::size_t size_bytes() const;  // of memory

    enum class Match : std::uint8_t { no, yes, too_costly };
    /// How long to try: as long as plain patterns need, or as long as one search may ever take.
    enum class Patience : std::uint8_t { little, much };
    Match search(std::string_view text, Patience patience = Patience::much) const;
    /// Steps of the matcher after which such a search gives up; one takes some ten nanoseconds.
    static std::uint32_t steps_max(std::size_t text_bytes, Patience patience);

  private:
    struct Code;
    struct Free {
        void operator()(Code* code) const;
    };
    explicit Pattern(std::unique_ptr<Code, Free> code) : code_(std::move(code)) {}
    std::unique_ptr<Code, Free> code_;
};

}  // namespace kg::schema
