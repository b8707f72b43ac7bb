#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace kg::schema {

/// A schema ready to judge documents (valijson over nlohmann/json, both kept within this file's source).
/// Time is bounded: after a fixed number of steps a document counts as one that does not fit. Immutable;
/// any thread, one at a time.
class Validator {
  public:
    /// Visits of a part of the schema, comparisons, and what searches for patterns amount to: half a second
    /// at the very most.
    static constexpr std::size_t kStepsMax = 200'000;

    /// `schema` is a JSON text that survey() has passed. Fails when the library cannot use it all the same.
    static Result<Validator> make(std::string_view schema);
    Validator(Validator&&) noexcept;
    Validator& operator=(Validator&&) noexcept;
    ~Validator();

    /// Nothing when `document`, a valid JSON text, fits; else what does not, in words for model and
    /// client: "$.age: ...; $.names[0]: ...", at most a few.
    std::optional<std::string> complaint(std::string_view document) const;

  private:
    struct Impl;
    explicit Validator(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::schema
