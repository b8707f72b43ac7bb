#include "core/fetch/transfer.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/ascii.hpp"
#include "core/fetch/failure.hpp"

namespace kg::fetch {

namespace {

constexpr std::size_t kHeadMaxBytes = 256u << 10;

bool has_scheme(std::string_view url, std::string_view scheme) {
    return url.size() > scheme.size() && ascii::equals_ignoring_case(url.substr(0, scheme.size()), scheme);
}

bool is_known_proxy(std::string_view proxy) {
    return has_scheme(proxy, "http://") || has_scheme(proxy, "https://") || has_scheme(proxy, "socks5h://") ||
           has_scheme(proxy, "socks5://");
}

SteadyTime after(SteadyTime start, milliseconds span) {
    return span.count() > 0 ? start + span : SteadyTime::max();
}

int parse_status(std::string_view status_line) {
    int status = 0;
    const auto space = status_line.find(' ');
    if (space == std::string_view::npos) return 0;
    const char* const end = status_line.data() + status_line.size();
    std::from_chars(status_line.data() + space + 1, end, status);
    return status;
}

}  // namespace

Transfer::Transfer(TransferHost& host, SocketTable& sockets, const std::string& ca_file, bool http2)
    : host_(host), easy_(curl_easy_init()), guarded_(sockets.is_guarded()), http2_allowed_(http2) {
    if (easy_ == nullptr) throw std::bad_alloc();
    set_constant_options(sockets, ca_file);
}

void Transfer::prepare(Request request, Handler& to) {
    request_ = std::move(request);
    handler = &to;
    started_ = last_activity_ = host_.now();
    phase_ = Phase::connecting;
    lost_ = false;
    error_text_[0] = '\0';
    if (!set_route() || !set_headers()) return;
    set_method();
    if (const CURLcode code = curl_easy_setopt(easy(), CURLOPT_URL, request_.url.c_str()); code != CURLE_OK)
        failure = describe(code);
}

void Transfer::recycle() {
    request_ = Request{};
    header_lines_.clear();
    head_.headers.clear();
    head_.status = 0;
    head_bytes_ = 0;
    state = State::idle;
    handler = nullptr;
    front = nullptr;
    marked = got_body = paused = curl_paused = false;
    failure.reset();
}

SteadyTime Transfer::deadline() const {
    const SteadyTime total = after(started_, request_.total_timeout);
    if (phase_ == Phase::connecting)
        return std::min(
            {total, after(started_, request_.first_byte_timeout), after(started_, request_.connect_timeout)});
    if (phase_ != Phase::body) return std::min(total, after(started_, request_.first_byte_timeout));
    return paused ? total : std::min(total, after(last_activity_, request_.idle_timeout));
}

FailureKind Transfer::timeout_kind(SteadyTime now) const {
    if (after(started_, request_.total_timeout) <= now) return FailureKind::total_timeout;
    if (phase_ == Phase::connecting && after(started_, request_.connect_timeout) <= now)
        return FailureKind::connect_timeout;
    return phase_ != Phase::body ? FailureKind::first_byte_timeout : FailureKind::idle_timeout;
}

Failure Transfer::describe(CURLcode code) const {
    if (lost_) return {FailureKind::reset, "the connection was lost before an answer came"};
    return curl_failure(code, error_text_.data(), request_.url, request_.proxy);
}

std::size_t Transfer::on_header(std::string_view line) {
    const std::size_t taken = line.size();
    if (handler == nullptr) return 0;
    if (head_complete()) return taken;  // trailers
    head_bytes_ += taken;
    if (head_bytes_ > kHeadMaxBytes) return 0;
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);

    // A new status line starts over: what came before was interim (1xx).
    if (line.starts_with("HTTP/")) {
        head_.status = parse_status(line);
        head_.headers.clear();
        if (head_.status >= 200) phase_ = Phase::head;
        return taken;
    }
    if (line.empty()) {
        if (head_.status < 200) return taken;
        phase_ = Phase::silent;
        handler->on_head(head_);
        return handler != nullptr ? taken : 0;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && colon > 0 && !ascii::is_space(line.front()))
        head_.headers.add(std::string(line.substr(0, colon)),
                          std::string(ascii::trim(line.substr(colon + 1))));
    return taken;
}

std::size_t Transfer::on_write(std::string_view bytes) {
    if (handler == nullptr) return 0;
    if (paused) {
        curl_paused = true;
        return CURL_WRITEFUNC_PAUSE;  // curl keeps this piece and hands it out again after resume
    }
    touch();
    if (phase_ == Phase::silent) {
        phase_ = Phase::body;
        host_.deadline_moved(deadline());
    }
    host_.got_body(*this, bytes.size());
    const Flow flow = handler->on_body(bytes);
    if (handler == nullptr) return 0;
    paused = flow == Flow::pause;
    return bytes.size();
}

/// Called whenever curl is about to send the request: once, and again after a kept connection broke before
/// an answer began. Then the server may have the request, and curl may not repeat what is not idempotent: a
/// generation would be paid for twice, a refresh token used twice.
int Transfer::on_connected() {
    if (phase_ == Phase::connecting) {
        phase_ = Phase::waiting;
        return CURL_PREREQFUNC_OK;
    }
    if (verb_ != Verb::send) return CURL_PREREQFUNC_OK;
    long sent = 0;
    curl_easy_getinfo(easy(), CURLINFO_REQUEST_SIZE, &sent);
    if (sent == 0) return CURL_PREREQFUNC_OK;
    lost_ = true;
    return CURL_PREREQFUNC_ABORT;
}

int Transfer::connected_callback(void* self, char*, char*, int, int) noexcept {
    return static_cast<Transfer*>(self)->on_connected();
}

std::size_t Transfer::header_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    return static_cast<Transfer*>(self)->on_header({data, size * count});
}

std::size_t Transfer::write_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    return static_cast<Transfer*>(self)->on_write({data, size * count});
}

// --- What curl is told -------------------------------------------------------------------------

void Transfer::set_constant_options(SocketTable& sockets, const std::string& ca_file) {
    CURL* const curl = easy();
    curl_easy_setopt(curl, CURLOPT_PRIVATE, static_cast<void*>(this));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    // Bodies arrive as the server sent them; nothing asks for an encoding.
    curl_easy_setopt(curl, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    // The environment has no say in which proxy is used, and a proxy never sees the request's
    // fields.
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
    curl_easy_setopt(curl, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Without it, cancelling during a name look-up waits for the resolver's thread.
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    if (!ca_file.empty()) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
        curl_easy_setopt(curl, CURLOPT_PROXY_CAINFO, ca_file.c_str());
    }

    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, static_cast<void*>(this));
    // Our own deadlines serve for connecting too: curl keeps a timeout of its own in its list until it
    // strikes, long after the connection is made, and then sorts that list anew for every read.
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, &Transfer::connected_callback);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, static_cast<void*>(this));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::write_callback);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, static_cast<void*>(this));

    constexpr curl_opensocket_callback open = [](void* table, curlsocktype, curl_sockaddr* address) noexcept {
        // The very address that is connected to: a name that resolves differently the next time gains
        // nothing.
        if (!static_cast<SocketTable*>(table)->admits(&address->addr)) return int{CURL_SOCKET_BAD};
        return static_cast<SocketTable*>(table)->open(address->family, address->socktype, address->protocol);
    };
    constexpr curl_closesocket_callback close = [](void* table, curl_socket_t socket) noexcept {
        static_cast<SocketTable*>(table)->close(socket);
        return 0;
    };
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&sockets));
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, static_cast<void*>(&sockets));
}

bool Transfer::set_route() {
    const bool tls = has_scheme(request_.url, "https://");
    if (!tls && !has_scheme(request_.url, "http://")) {
        failure = Failure{FailureKind::other, "not an http or https URL"};
        return false;
    }
    if (!request_.proxy.empty() && !is_known_proxy(request_.proxy)) {
        failure = Failure{FailureKind::other, "unsupported proxy scheme"};
        return false;
    }
    if (!request_.proxy.empty() && guarded_) {
        failure = Failure{FailureKind::other, "this fetcher takes no proxy"};
        return false;
    }
    if (request_.proxy != proxy_) {
        curl_easy_setopt(easy(), CURLOPT_PROXY, request_.proxy.c_str());
        proxy_ = request_.proxy;
    }
    // Waiting for a connection that may turn out to multiplex makes sense only where HTTP/2 is
    // possible.
    if (const bool http2 = tls && http2_allowed_; http2_ != http2) {
        curl_easy_setopt(easy(), CURLOPT_HTTP_VERSION,
                         static_cast<long>(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy(), CURLOPT_PIPEWAIT, http2 ? 1L : 0L);
        http2_ = http2;
    }
    return true;
}

void Transfer::set_method() {
    using http::Method;
    const Method method = request_.method;
    const bool sends =
        !request_.body.empty() || method == Method::post || method == Method::put || method == Method::patch;
    const Verb verb = sends ? Verb::send : method == Method::head ? Verb::head : Verb::get;
    if (verb == Verb::send) {
        if (verb_ != verb) curl_easy_setopt(easy(), CURLOPT_POST, 1L);
        curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request_.body.view().size()));
        curl_easy_setopt(easy(), CURLOPT_POSTFIELDS,
                         request_.body.empty() ? "" : request_.body.view().data());
    } else if (verb_ != verb) {
        curl_easy_setopt(easy(), verb == Verb::head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L);
    }
    verb_ = verb;

    const Method implied = verb == Verb::send   ? Method::post
                           : verb == Verb::head ? Method::head
                                                : Method::get;
    if (method != implied) {
        curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, std::string(http::method_name(method)).c_str());
    } else if (custom_method_) {
        curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, nullptr);
    }
    custom_method_ = method != implied;
}

bool Transfer::set_headers() {
    // Lines that take out what curl adds of its own accord, unless the request has such a field.
    static char no_expect[] = "Expect:";
    static char no_accept[] = "Accept:";
    static char no_content_type[] = "Content-Type:";
    bool has_accept = false;
    bool has_content_type = false;

    header_lines_.clear();
    header_lines_.reserve(request_.headers.size() + 3);
    for (std::string& line : request_.headers) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || colon == 0 || ascii::breaks_line(line)) {
            failure = Failure{FailureKind::other, "malformed request header"};
            return false;
        }
        const auto name = std::string_view(line).substr(0, colon);
        has_accept |= ascii::equals_ignoring_case(name, "accept");
        has_content_type |= ascii::equals_ignoring_case(name, "content-type");
        // curl's spelling of a field with an empty value; "Name:" would mean "without Name".
        if (ascii::is_blank(std::string_view(line).substr(colon + 1)))
            line.replace(colon, std::string::npos, ";");
        header_lines_.push_back(curl_slist{line.data(), nullptr});
    }
    header_lines_.push_back(curl_slist{no_expect, nullptr});
    if (!has_accept) header_lines_.push_back(curl_slist{no_accept, nullptr});
    if (!has_content_type) header_lines_.push_back(curl_slist{no_content_type, nullptr});
    for (std::size_t i = 1; i < header_lines_.size(); ++i) header_lines_[i - 1].next = &header_lines_[i];
    curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, header_lines_.data());
    return true;
}

}  // namespace kg::fetch
