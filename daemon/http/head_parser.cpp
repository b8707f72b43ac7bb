#include "daemon/http/head_parser.hpp"

#include <llhttp.h>

#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"
#include "daemon/http/request_target.hpp"

namespace kg::httpd {
namespace {

constexpr std::size_t kFieldsMax = 256;
// What a request line holds besides its URL: the longest method, two spaces, version, CRLF.
constexpr std::size_t kRequestLineExtra = 32;

Failure head_too_large() {
    return {431, {ErrorKind::malformed_request, "The request header is too large."}};
}
Failure url_too_long() {
    return {414, {ErrorKind::malformed_request, "The request URL is too long."}};
}

http::Method method_of(llhttp_method method) {
    switch (method) {
        case HTTP_GET: return http::Method::get;
        case HTTP_HEAD: return http::Method::head;
        case HTTP_POST: return http::Method::post;
        case HTTP_PUT: return http::Method::put;
        case HTTP_PATCH: return http::Method::patch;
        case HTTP_DELETE: return http::Method::delete_;
        case HTTP_OPTIONS: return http::Method::options;
        default: return http::Method::other;
    }
}

/// What llhttp's callbacks fill. The head is whole, but llhttp may still report it in spans.
struct Collector {
    std::string url;
    std::string name;
    std::string value;
    http::Headers headers;
    std::size_t fields = 0;
    bool too_many = false;
};

Collector& collector(llhttp_t* parser) {
    return *static_cast<Collector*>(parser->data);
}

llhttp_settings_t make_settings() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = [](llhttp_t* parser, const char* at, std::size_t length) noexcept {
        collector(parser).url.append(at, length);
        return 0;
    };
    settings.on_header_field = [](llhttp_t* parser, const char* at, std::size_t length) noexcept {
        collector(parser).name.append(at, length);
        return 0;
    };
    settings.on_header_value = [](llhttp_t* parser, const char* at, std::size_t length) noexcept {
        collector(parser).value.append(at, length);
        return 0;
    };
    settings.on_header_value_complete = [](llhttp_t* parser) noexcept {
        Collector& out = collector(parser);
        const std::string_view value = out.value;
        const std::size_t end = value.find_last_not_of(" \t");
        out.value.resize(end == std::string_view::npos ? 0 : end + 1);
        out.headers.add(std::move(out.name), std::move(out.value));
        out.name.clear();
        out.value.clear();
        out.too_many = ++out.fields > kFieldsMax;
        return out.too_many ? -1 : 0;
    };
    settings.on_headers_complete = [](llhttp_t*) noexcept { return static_cast<int>(HPE_PAUSED); };
    return settings;
}

/// llhttp checks names; of values it lets some control characters pass.
bool plain_value(std::string_view value) {
    return std::all_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || c == '\t';
    });
}

}  // namespace

Failure bad_request(std::string message) {
    return {400, {ErrorKind::malformed_request, std::move(message)}};
}

void HeadParser::reset() {
    gathered_.clear();
    if (gathered_.capacity() > 4096) std::string().swap(gathered_);
    line_start_ = 0;
    scanned_ = 0;
    has_request_line_ = false;
}

HeadParser::State HeadParser::fail(Failure failure) {
    failure_ = std::move(failure);
    return State::failed;
}

HeadParser::State HeadParser::feed(std::string_view& input) {
    if (!started()) {
        // Empty lines before a request line are left-overs of clients that count bodies wrongly.
        const std::size_t begin = std::min(input.find_first_not_of("\r\n"), input.size());
        input.remove_prefix(begin);
        if (input.empty()) return State::more;
        if (!ascii::is_alpha(input.front())) return fail(bad_request("This is not an HTTP request."));
    }
    const bool in_place = !started();
    const std::size_t before = gathered_.size();
    if (!in_place) gathered_.append(input.substr(0, limits_.head_max_bytes + 1 - before));

    const std::string_view bytes = in_place ? input.substr(0, limits_.head_max_bytes + 1) : gathered_;
    std::size_t end = 0;
    const State state = check_lines(bytes, end);
    if (state == State::failed) return state;
    if (state == State::more) {
        if (in_place) gathered_.assign(input);
        input = {};
        return state;
    }
    input.remove_prefix(end - before);
    return parse(bytes.substr(0, end));
}

HeadParser::State HeadParser::check_lines(std::string_view bytes, std::size_t& end) {
    for (;;) {
        const std::size_t newline = bytes.find('\n', scanned_);
        const bool whole = newline != std::string_view::npos;
        const std::size_t line_end = whole ? newline : bytes.size();
        if (line_start_ == 0 && line_end > limits_.url_max_bytes + kRequestLineExtra) {
            return fail(url_too_long());
        }
        if (!whole) {
            scanned_ = bytes.size();
            if (bytes.size() > limits_.head_max_bytes) return fail(head_too_large());
            return State::more;
        }
        const std::string_view line = bytes.substr(line_start_, newline - line_start_);
        if (line.empty() || line.find('\r') != line.size() - 1) {
            return fail(bad_request("A header line does not end in CRLF."));
        }
        if (line.find('\0') != std::string_view::npos) {
            return fail(bad_request("The request header holds a zero byte."));
        }
        if (line_start_ != 0 && (line.front() == ' ' || line.front() == '\t')) {
            return fail(bad_request("Folded header lines are not accepted."));
        }
        line_start_ = newline + 1;
        scanned_ = line_start_;
        if (line.size() == 1) {
            end = line_start_;
            return end > limits_.head_max_bytes ? fail(head_too_large()) : State::done;
        }
    }
}

HeadParser::State HeadParser::parse(std::string_view bytes) {
    static const llhttp_settings_t settings = make_settings();
    Collector found;
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &found;
    const llhttp_errno_t status = llhttp_execute(&parser, bytes.data(), bytes.size());

    if (!found.url.empty()) {
        const auto method = static_cast<llhttp_method>(parser.method);
        head_ = RequestHead{};
        head_.method = method_of(method);
        head_.method_text = llhttp_method_name(method);
        split_target(found.url, head_.path, head_.query);
        head_.headers = std::move(found.headers);
        head_.http_1_0 = parser.http_major == 1 && parser.http_minor == 0;
        has_request_line_ = true;
    }
    if (found.url.size() > limits_.url_max_bytes) return fail(url_too_long());
    if (found.too_many) return fail(head_too_large());
    const bool simple = status == HPE_PAUSED && parser.http_major == 0;  // no version at all: HTTP/0.9
    if (status == HPE_INVALID_VERSION || (status == HPE_PAUSED && !simple && parser.http_major != 1)) {
        return fail({505, {ErrorKind::malformed_request, "Only HTTP/1.0 and HTTP/1.1 are spoken here."}});
    }
    if (status != HPE_PAUSED || simple) {
        return fail(bad_request("The request header is malformed."));
    }
    for (const auto& field : head_.headers.fields()) {
        if (field.first.empty() || !plain_value(field.second)) {
            return fail(bad_request("The request header holds a control character."));
        }
    }
    return State::done;
}

}  // namespace kg::httpd
