#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/document.hpp"
#include "daemon/admin/failure.hpp"

namespace kg::admin {

/// Reads the members of a JSON object one by one. The first that is wrong is remembered with its path
/// and reason, and so is one that nobody asked for: finish() tells it. Until then every reader finds
/// nothing. The document must outlive it.
class Fields {
  public:
    /// `object` may be missing: an empty body is an object without members.
    explicit Fields(json::Node object);

    bool given(std::string_view name) { return static_cast<bool>(take(name)); }
    bool is_null(std::string_view name) { return take(name).kind() == json::Kind::null; }
    std::optional<std::string> text(std::string_view name, std::size_t max_bytes = 1'024);
    std::optional<bool> flag(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<double> number(std::string_view name);
    std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t count_max = 256,
                                                  std::size_t max_bytes = 256);
    json::Node object(std::string_view name);
    json::Node value(std::string_view name) { return take(name); }

    /// As the readers, where null has a meaning: nothing was said, or the value, or none.
    std::optional<std::optional<std::int64_t>> integer_or_null(std::string_view name, std::int64_t min,
                                                               std::int64_t max);
    std::optional<std::optional<double>> number_or_null(std::string_view name);

    void refuse(std::string_view name, std::string message);
    bool sound() const { return !failure_; }
    Result<void, Failure> finish();

  private:
    json::Node take(std::string_view name);
    template <class T>
    std::optional<T> wrong(json::Node found, std::string_view expected);
    std::string path_of(std::string_view name) const;

    json::Node object_;
    std::vector<std::string_view> asked_;
    std::optional<Failure> failure_;
};

/// Of the query string: ?limit=, ?cursor= and the like; wrong numbers are refused with their name.
Result<std::int64_t, Failure> query_number(std::string_view query, std::string_view name,
                                           std::int64_t fallback, std::int64_t min, std::int64_t max);
std::string query_text(std::string_view query, std::string_view name);

}  // namespace kg::admin
