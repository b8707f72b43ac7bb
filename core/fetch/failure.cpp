#include "core/fetch/failure.hpp"

#include "core/fetch/curl_handle.hpp"

namespace kg::fetch {

namespace {

FailureKind kind_of(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return FailureKind::dns;
        case CURLE_COULDNT_CONNECT:
        case CURLE_INTERFACE_FAILED:
        case CURLE_PROXY: return FailureKind::connect;
        // Only the connect timeout is curl's; the others are the fetcher's own.
        case CURLE_OPERATION_TIMEDOUT: return FailureKind::connect_timeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ENGINE_NOTFOUND:
        case CURLE_SSL_ENGINE_SETFAILED:
        case CURLE_SSL_ENGINE_INITFAILED:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CRL_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_USE_SSL_FAILED: return FailureKind::tls;
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE: return FailureKind::reset;
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WRITE_ERROR: return FailureKind::protocol;
        default: return FailureKind::other;
    }
}

bool quotes(std::string_view text, std::string_view part) {
    return !part.empty() && text.find(part) != std::string_view::npos;
}

std::string_view query_of(std::string_view url) {
    const auto mark = url.find('?');
    return mark == std::string_view::npos ? std::string_view{} : url.substr(mark + 1);
}

/// "user:password" of a proxy URL.
std::string_view credentials_of(std::string_view proxy) {
    const auto scheme = proxy.find("://");
    if (scheme != std::string_view::npos) proxy.remove_prefix(scheme + 3);
    const auto at = proxy.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : proxy.substr(0, at);
}

}  // namespace

std::string_view failure_name(FailureKind kind) {
    switch (kind) {
        case FailureKind::dns: return "dns";
        case FailureKind::connect: return "connect";
        case FailureKind::tls: return "tls";
        case FailureKind::first_byte_timeout: return "first_byte_timeout";
        case FailureKind::idle_timeout: return "idle_timeout";
        case FailureKind::total_timeout: return "total_timeout";
        case FailureKind::connect_timeout: return "connect_timeout";
        case FailureKind::reset: return "reset";
        case FailureKind::protocol: return "protocol";
        case FailureKind::other: return "other";
    }
    return "other";
}

Failure curl_failure(int curl_code, std::string_view text, std::string_view url, std::string_view proxy) {
    const auto code = static_cast<CURLcode>(curl_code);
    if (text.empty() || quotes(text, query_of(url)) || quotes(text, credentials_of(proxy)))
        text = curl_easy_strerror(code);
    return Failure{kind_of(code), std::string(text)};
}

}  // namespace kg::fetch
