#include "daemon/http/framing.hpp"

#include <charconv>

#include "core/base/ascii.hpp"

namespace kg::httpd {
namespace {

struct Seen {
    int host = 0;
    int length = 0;
    int transfer = 0;
    std::string_view length_text;
    std::string_view transfer_text;
    bool close = false;
    bool keep_alive = false;
    std::string_view expect;
    std::string_view coding;
};

Seen collect(const http::Headers& headers) {
    Seen seen;
    for (const auto& [name, value] : headers.fields()) {
        const auto is = [&field = name](std::string_view wanted) {
            return field.size() == wanted.size() && ascii::equals_ignoring_case(field, wanted);
        };
        if (is("host")) {
            ++seen.host;
        } else if (is("content-length")) {
            ++seen.length;
            seen.length_text = value;
        } else if (is("transfer-encoding")) {
            ++seen.transfer;
            seen.transfer_text = value;
        } else if (is("connection")) {
            seen.close = seen.close || list_has(value, "close");
            seen.keep_alive = seen.keep_alive || list_has(value, "keep-alive");
        } else if (is("expect")) {
            seen.expect = value;
        } else if (is("content-encoding")) {
            // Two fields are a list of two codings, which nobody sends and we do not undo.
            seen.coding = seen.coding.empty() ? std::string_view(value) : std::string_view("list");
        }
    }
    return seen;
}

std::optional<Failure> read_transfer(const Seen& seen, bool http_1_0, Framing& out) {
    if (seen.length > 0) return bad_request("Content-Length and Transfer-Encoding exclude each other.");
    if (seen.transfer > 1) return bad_request("Transfer-Encoding is given twice.");
    if (http_1_0) return bad_request("HTTP/1.0 has no Transfer-Encoding.");
    if (!ascii::equals_ignoring_case(seen.transfer_text, "chunked")) {
        return Failure{501, {ErrorKind::unsupported, "Only the chunked transfer coding is supported."}};
    }
    out.body = BodyKind::chunked;
    return std::nullopt;
}

std::optional<Failure> read_length(const Seen& seen, Framing& out) {
    const std::string_view text = seen.length_text;
    std::uint64_t length = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, length);
    if (seen.length > 1 || text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
        return bad_request("Content-Length must be one decimal number.");
    }
    out.length = length;
    out.body = length > 0 ? BodyKind::length : BodyKind::none;
    return std::nullopt;
}

std::optional<Failure> read_coding(std::string_view text, Framing& out) {
    if (text.empty() || ascii::equals_ignoring_case(text, "identity")) return std::nullopt;
    if (ascii::equals_ignoring_case(text, "gzip") || ascii::equals_ignoring_case(text, "x-gzip")) {
        out.coding = Coding::gzip;
        return std::nullopt;
    }
    if (ascii::equals_ignoring_case(text, "deflate")) {
        out.coding = Coding::deflate;
        return std::nullopt;
    }
    return Failure{415,
                   {ErrorKind::unsupported_encoding,
                    "This Content-Encoding is not supported; send identity, gzip or deflate."}};
}

}  // namespace

bool list_has(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (ascii::equals_ignoring_case(ascii::trim(list.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

std::optional<Failure> read_framing(const RequestHead& head, Framing& out) {
    out = Framing{};
    const Seen seen = collect(head.headers);
    out.keep_alive = head.http_1_0 ? seen.keep_alive && !seen.close : !seen.close;
    if (seen.host > 1 || (seen.host == 0 && !head.http_1_0)) {
        return bad_request("Exactly one Host field is needed.");
    }
    if (seen.transfer > 0) {
        if (auto failure = read_transfer(seen, head.http_1_0, out)) return failure;
    } else if (seen.length > 0) {
        if (auto failure = read_length(seen, out)) return failure;
    }
    if (!seen.expect.empty() && !head.http_1_0) {
        if (!ascii::equals_ignoring_case(seen.expect, "100-continue")) {
            return Failure{417, {ErrorKind::malformed_request, "Only Expect: 100-continue is known."}};
        }
        out.expect_continue = out.body != BodyKind::none;
    }
    if (out.body == BodyKind::none) return std::nullopt;
    return read_coding(seen.coding, out);
}

}  // namespace kg::httpd
