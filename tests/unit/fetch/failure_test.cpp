#include "core/fetch/failure.hpp"

#include <curl/curl.h>

#include "tests/support/catch.hpp"

using namespace kg::fetch;

TEST_CASE("curl's codes become the kinds of the log") {
    const auto kind = [](CURLcode code) {
        return failure_name(curl_failure(code, "", "http://h/", "").kind);
    };
    CHECK(kind(CURLE_COULDNT_RESOLVE_HOST) == "dns");
    CHECK(kind(CURLE_COULDNT_CONNECT) == "connect");
    CHECK(kind(CURLE_OPERATION_TIMEDOUT) == "connect_timeout");
    CHECK(kind(CURLE_PEER_FAILED_VERIFICATION) == "tls");
    CHECK(kind(CURLE_GOT_NOTHING) == "reset");
    CHECK(kind(CURLE_PARTIAL_FILE) == "reset");
    CHECK(kind(CURLE_HTTP2_STREAM) == "protocol");
    CHECK(kind(CURLE_OUT_OF_MEMORY) == "other");
}

TEST_CASE("curl's sentence is kept unless it quotes a secret") {
    const std::string general = curl_easy_strerror(CURLE_COULDNT_RESOLVE_PROXY);
    const auto detail = [](std::string_view text, std::string_view url, std::string_view proxy) {
        return curl_failure(CURLE_COULDNT_RESOLVE_PROXY, text, url, proxy).detail;
    };
    CHECK(detail("port 1 refused", "http://h/?a=b", "http://joe:pw@p") == "port 1 refused");
    CHECK(detail("bad http://joe:pw@p", "http://h/", "http://joe:pw@p") == general);
    CHECK(detail("bad joe:pw@p", "http://h/", "joe:pw@p") == general);
    CHECK(detail("bad url /?a=b", "http://h/?a=b", "") == general);
    CHECK(detail("", "http://h/?", "") == general);
}
