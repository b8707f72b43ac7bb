#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/json/document.hpp"

namespace kg::demo {

/// The models the fake offers (answers/models.json), parsed once. Immutable: shared by all threads.
class ModelList {
  public:
    static const ModelList& built_in();

    std::string_view body() const { return document_.source(); }  // the ListAvailableModels answer
    /// Missing when not offered. Upper-case ids of the first generation are still accepted: they
    /// are answered by "auto".
    json::Node find(std::string_view id) const;
    static std::size_t context_tokens(json::Node model);
    static double rate(json::Node model);

  private:
    explicit ModelList(json::Document document) : document_(std::move(document)) {}
    json::Document document_;
};

/// Why `fields` (additionalModelRequestFields) do not fit the model's schema, in the service's
/// words.
std::optional<std::string> fields_violation(json::Node fields, json::Node model);

}  // namespace kg::demo
