// Fetchers that reach public addresses only: whatever a name or number leads to is judged when it is
// connected to.

#include <netinet/in.h>

#include <atomic>

#include "core/fetch/curl_fetcher.hpp"
#include "core/fetch/public_address.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fetch_probe.hpp"
#include "tests/support/raw_server.hpp"

using namespace kg;
using namespace kg::test;
using fetch::FailureKind;

namespace {

std::atomic<int> asked{0};

bool admit_loopback(const sockaddr* address) noexcept {
    ++asked;
    return address->sa_family == AF_INET && !fetch::is_public_address(address);
}

void run(fetch::CurlFetcherOptions options, fetch::Request request, FetchProbe& probe) {
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop, std::move(options)};
    probe.fetch = fetcher.start(std::move(request), probe);
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    probe.fetch.reset();
}

std::string port_of(const RawServer& server) {
    const std::string url = server.url();
    return url.substr(url.rfind(':') + 1);
}

}  // namespace

TEST_CASE("a guarded fetcher connects to no address of this machine, however it is written") {
    const RawServer server(Script{});
    const std::string port = port_of(server);
    for (const std::string host :
         {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1",
          "127.1", "0.0.0.0", "[::]", "10.0.0.1", "169.254.169.254"}) {
        INFO(host);
        FetchProbe probe;
        fetch::Request request;
        request.url = "http://" + host + ":" + port;
        run({.admits = &fetch::is_public_address}, std::move(request), probe);
        REQUIRE(probe.failure);
        CHECK((probe.failure->kind == FailureKind::connect || probe.failure->kind == FailureKind::dns));
    }
}

TEST_CASE("a guarded fetcher asks about every address, and connects where it may") {
    const RawServer server({send_bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    FetchProbe probe;
    probe.keep_body = true;
    fetch::Request request;
    request.url = server.url() + "/";
    asked = 0;
    run({.admits = &admit_loopback}, std::move(request), probe);
    CHECK(asked == 1);
    CHECK(probe.done);
    CHECK(probe.body == "ok");
}

TEST_CASE("a guarded fetcher takes no proxy") {
    FetchProbe probe;
    fetch::Request request;
    request.url = "http://example.com/";
    request.proxy = "http://127.0.0.1:1";
    run({.admits = &fetch::is_public_address}, std::move(request), probe);
    REQUIRE(probe.failure);
    CHECK(probe.failure->kind == FailureKind::other);
}
