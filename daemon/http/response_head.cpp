#include "daemon/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/base/ascii.hpp"

namespace kg::httpd {
namespace {

constexpr std::array<std::string_view, 6> kOurs = {"connection", "content-length",    "keep-alive",
                                                   "request-id", "transfer-encoding", "x-request-id"};

bool decided_by_server(std::string_view name) {
    return std::any_of(kOurs.begin(), kOurs.end(),
                       [&](std::string_view ours) { return ascii::equals_ignoring_case(ours, name); });
}

}  // namespace

void append_field(std::string& wire, std::string_view name, std::string_view value) {
    wire.append(name).append(": ").append(value).append("\r\n");
}

void append_status_and_fields(std::string& wire, int status, const http::Headers& headers) {
    assert(status >= 200 && status <= 599);
    wire += status == 200 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 ";
    if (status != 200) {
        wire.append(std::to_string(status)).append(" ").append(http::reason_phrase(status)).append("\r\n");
    }
    for (const auto& [name, value] : headers.fields()) {
        if (name.empty() || decided_by_server(name) || ascii::breaks_line(name) || ascii::breaks_line(value))
            continue;
        append_field(wire, name, value);
    }
}

bool status_has_body(int status) {
    return status != 204 && status != 304;
}

bool acceptable_request_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '.' || c == '_' || c == '-';
    });
}

}  // namespace kg::httpd
