#include "core/json/read.hpp"

namespace kg::json {
namespace {

std::string join(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + '.' + std::string(key);
}

Error field_error(std::string path, std::string_view message) {
    Error error{.kind = ErrorKind::malformed_request};
    error.message = path.empty() ? "body" : path;
    error.message += ": ";
    error.message += message;
    error.param = std::move(path);
    return error;
}

/// The field, missing when it is absent or null; an error when it is of another kind.
Result<Node> optional_of(Node object, std::string_view key, Kind kind) {
    const Node found = object[key];
    if (found.is_null_or_missing()) return Node();
    if (found.kind() != kind) return Err(type_error(found, kind_name(kind)));
    return found;
}

Result<Node> require_of(Node object, std::string_view key, Kind kind) {
    const Node found = object[key];
    if (found.is_null_or_missing()) return Err(missing_error(object, key));
    if (found.kind() != kind) return Err(type_error(found, kind_name(kind)));
    return found;
}

}  // namespace

Error type_error(Node found, std::string_view expected) {
    std::string message = "expected ";
    message += expected;
    message += ", found ";
    message += kind_name(found.kind());
    return field_error(found.path(), message);
}

Error missing_error(Node parent, std::string_view key) {
    return field_error(join(parent.path(), key), "field required");
}

Error value_error(Node found, std::string message) {
    return field_error(found.path(), message);
}

Result<std::string_view> require_string(Node object, std::string_view key) {
    KG_TRY(found, require_of(object, key, Kind::string));
    return found.text();
}

Result<Node> require_array(Node object, std::string_view key) {
    return require_of(object, key, Kind::array);
}

Result<Node> require_object(Node object, std::string_view key) {
    return require_of(object, key, Kind::object);
}

Result<std::optional<std::string_view>> optional_string(Node object, std::string_view key) {
    KG_TRY(found, optional_of(object, key, Kind::string));
    return found.as_string();
}

Result<std::optional<std::int64_t>> optional_int(Node object, std::string_view key) {
    const Node found = object[key];
    if (found.is_null_or_missing()) return std::optional<std::int64_t>();
    if (found.kind() != Kind::number) return Err(type_error(found, "an integer"));
    const auto value = found.as_int();
    if (!value) return Err(value_error(found, "expected an integer"));
    return value;
}

Result<std::optional<bool>> optional_bool(Node object, std::string_view key) {
    KG_TRY(found, optional_of(object, key, Kind::boolean));
    return found.as_bool();
}

Result<Node> optional_array(Node object, std::string_view key) {
    return optional_of(object, key, Kind::array);
}

Result<Node> optional_object(Node object, std::string_view key) {
    return optional_of(object, key, Kind::object);
}

}  // namespace kg::json
