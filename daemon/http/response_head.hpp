#pragma once

#include <string>
#include <string_view>

#include "core/http/message.hpp"

namespace kg::httpd {

/// Appends "HTTP/1.1 STATUS REASON" and the caller's fields, without the ones the server decides
/// (length, coding, connection, request ids). A field that would break out of its line is left out.
void append_status_and_fields(std::string& wire, int status, const http::Headers& headers);
void append_field(std::string& wire, std::string_view name, std::string_view value);

/// 204 and 304 have no body and announce none.
bool status_has_body(int status);

/// An inbound x-request-id worth keeping: 1 to 64 characters of A-Z a-z 0-9 . _ -
bool acceptable_request_id(std::string_view id);

}  // namespace kg::httpd
