#pragma once

#include <cstdint>
#include <optional>

#include "daemon/http/head_parser.hpp"

namespace kg::httpd {

enum class BodyKind : std::uint8_t { none, length, chunked };
enum class Coding : std::uint8_t { identity, gzip, deflate };

/// What the header fields say about the body and the connection.
struct Framing {
    BodyKind body = BodyKind::none;
    std::uint64_t length = 0;
    Coding coding = Coding::identity;
    bool keep_alive = true;
    bool expect_continue = false;
};

/// Refuses whatever two parties on the way could read differently: request smuggling lives there.
std::optional<Failure> read_framing(const RequestHead& head, Framing& out);

/// Whether a comma list such as Connection's holds `token`, ignoring case.
bool list_has(std::string_view list, std::string_view token);

}  // namespace kg::httpd
