#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kg::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
std::string_view method_name(Method method);

/// Header fields in arrival order; names compare without case.
class Headers {
  public:
    using Field = std::pair<std::string, std::string>;

    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    void set(std::string_view name, std::string value);  // replaces every field of that name
    /// First value of that name, or empty; has() tells an empty value from none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    const std::vector<Field>& fields() const { return fields_; }
    void clear() { fields_.clear(); }

  private:
    std::vector<Field> fields_;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
};

std::string_view reason_phrase(int status);

}  // namespace kg::http
