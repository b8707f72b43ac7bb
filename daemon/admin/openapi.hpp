#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kg::admin {

/// The files of daemon/admin/openapi, embedded at build (cmake/kirogate.cmake).
std::span<const std::string_view> openapi_parts();
/// The one OpenAPI 3.1 document of the public and the admin API, put together at the first call.
const std::string& openapi_document();

}  // namespace kg::admin
