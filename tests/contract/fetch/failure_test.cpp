// Upstreams that refuse, cut, stall or lie: one failure of the right kind, never on_done.

#include <chrono>

#include "core/fetch/curl_fetcher.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fetch_probe.hpp"
#include "tests/support/raw_server.hpp"

using namespace kg;
using namespace kg::test;
using namespace std::chrono_literals;
using fetch::FailureKind;

namespace {

FetchProbe& run(fetch::Request request, FetchProbe& probe) {
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    probe.fetch = fetcher.start(std::move(request), probe);
    CHECK(probe.calls.empty());
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    spin(loop);
    CHECK(probe.count('.') + probe.count('!') == 1);
    CHECK(fetcher.active() == 0);
    probe.fetch.reset();
    return probe;
}

void check_failure(fetch::Request request, FailureKind kind, const std::string& calls) {
    FetchProbe probe;
    run(std::move(request), probe);
    REQUIRE(probe.failure);
    INFO(probe.failure->detail);
    CHECK(fetch::failure_name(probe.failure->kind) == fetch::failure_name(kind));
    CHECK_FALSE(probe.failure->detail.empty());
    // Whether the last piece and the end share a socket event is the network's choice.
    std::string heard = probe.calls;
    std::erase(heard, '|');
    CHECK(heard == calls);
}

}  // namespace

TEST_CASE("a refused connection is a connect failure") {
    std::string url;
    {
        const RawServer server(Script{});
        url = server.url();
    }
    check_failure(get(url), FailureKind::connect, "!");
}

TEST_CASE("an unknown host is a dns failure") {
    check_failure(get("http://nonexistent.invalid/"), FailureKind::dns, "!");
}

TEST_CASE("A3: a cut chunked body is a failure, not an end") {
    const RawServer server({send_bytes(std::string(kChunkedHead) + chunk("half")), close_now()});
    check_failure(get(server.url()), FailureKind::reset, "hb!");
}

TEST_CASE("A3: a body shorter than its Content-Length is a failure, not an end") {
    const RawServer server({send_bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), close_now()});
    check_failure(get(server.url()), FailureKind::reset, "hb!");
}

TEST_CASE("A3: a reset in the middle of a body is a failure") {
    RawServer server({send_bytes(std::string(kChunkedHead) + chunk("half")), wait_gate(), reset_now()});
    FetchProbe probe;
    probe.at_batch = [&] { server.open_gate(); };
    run(get(server.url()), probe);
    REQUIRE(probe.failure);
    CHECK(probe.failure->kind == FailureKind::reset);
    CHECK(probe.calls == "hb|!");
}

TEST_CASE("a connection closed without an answer is a failure") {
    const RawServer server({close_now()});
    check_failure(get(server.url()), FailureKind::reset, "!");
}

TEST_CASE("an answer that is not HTTP is a protocol failure") {
    const RawServer server({send_bytes("SSH-2.0-OpenSSH_9.2\r\n"), close_now()});
    check_failure(get(server.url()), FailureKind::protocol, "!");
}

TEST_CASE("a damaged chunk size is a failure") {
    const RawServer server({send_bytes(std::string(kChunkedHead) + "zz\r\nhello\r\n"), stall()});
    FetchProbe probe;
    run(get(server.url()), probe);
    CHECK(probe.failure);
    CHECK(probe.calls == "h!");
}

TEST_CASE("a head without end is refused") {
    const RawServer server({send_bytes("HTTP/1.1 200 OK\r\n"),
                            send_times("X-Filler: " + std::string(1000, 'x') + "\r\n", 2000), stall()});
    check_failure(get(server.url()), FailureKind::protocol, "!");
}

TEST_CASE("a connection that is never made strikes the connect timeout, not the first-byte one") {
    // A listener whose queue is full: the kernel drops further SYNs.
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener, raw, size) == 0);
    REQUIRE(::listen(listener, 0) == 0);
    REQUIRE(::getsockname(listener, raw, &size) == 0);
    const int first = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(first, raw, size) == 0);

    auto request = get("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/");
    request.connect_timeout = 60ms;
    request.first_byte_timeout = 10s;
    check_failure(std::move(request), FailureKind::connect_timeout, "!");
    ::close(first);
    ::close(listener);
}

TEST_CASE("a connection that was made has nothing more to do with the connect timeout") {
    const RawServer server({stall()});
    auto request = get(server.url());
    request.connect_timeout = 40ms;
    request.first_byte_timeout = 120ms;
    check_failure(std::move(request), FailureKind::first_byte_timeout, "!");
}

TEST_CASE("A7: silence before the head strikes the first-byte timeout and closes the connection") {
    RawServer server({stall()});
    auto request = get(server.url());
    request.first_byte_timeout = 60ms;
    check_failure(std::move(request), FailureKind::first_byte_timeout, "!");
    CHECK(server.wait_open(0));
}

TEST_CASE("A7: silence in the body strikes the idle timeout and closes the connection") {
    RawServer server({send_bytes(std::string(kChunkedHead) + chunk("x")), stall()});
    auto request = get(server.url());
    request.idle_timeout = 60ms;
    check_failure(std::move(request), FailureKind::idle_timeout, "hb!");
    CHECK(server.wait_open(0));
}

TEST_CASE("silence inside the head does not end the wait for the first byte") {
    const RawServer server({send_bytes("HTTP/1.1 200 OK\r\nX-A: b\r\n"), stall()});
    auto request = get(server.url());
    request.first_byte_timeout = 60ms;
    check_failure(std::move(request), FailureKind::first_byte_timeout, "!");
}

TEST_CASE("A11: a head without a first event strikes the first-byte timeout, not the idle one") {
    RawServer server({send_bytes(kChunkedHead), stall()});
    auto request = get(server.url());
    request.first_byte_timeout = 60ms;
    check_failure(std::move(request), FailureKind::first_byte_timeout, "h!");
    CHECK(server.wait_open(0));
}

TEST_CASE("an interim answer does not end the wait for the head") {
    const RawServer server({send_bytes("HTTP/1.1 102 Processing\r\n\r\n"), stall()});
    auto request = get(server.url());
    request.first_byte_timeout = 60ms;
    check_failure(std::move(request), FailureKind::first_byte_timeout, "!");
}

TEST_CASE("the total timeout strikes a paused transfer, the idle timeout does not") {
    RawServer server({send_bytes(std::string(kChunkedHead) + chunk("x")), stall()});
    auto request = get(server.url());
    request.idle_timeout = 30ms;
    request.total_timeout = 150ms;
    FetchProbe probe;
    probe.at_body = [] { return Flow::pause; };
    run(std::move(request), probe);
    REQUIRE(probe.failure);
    CHECK(probe.failure->kind == FailureKind::total_timeout);
}

TEST_CASE("a steady trickle outlives the idle timeout") {
    // Every piece is released by the arrival of the one before: progress without sleeping.
    Script script{send_bytes(kChunkedHead)};
    for (int i = 0; i < 200; ++i) {
        script.push_back(send_bytes(chunk("x")));
        script.push_back(wait_gate());
    }
    script.push_back(send_bytes(kLastChunk));
    RawServer server(script);
    auto request = get(server.url());
    request.idle_timeout = 2000ms;
    FetchProbe probe;
    probe.at_batch = [&] { server.open_gate(); };
    run(std::move(request), probe);
    CHECK(probe.done);
    CHECK(probe.body_bytes == 200);
}

TEST_CASE("what cannot be sent fails after start has returned") {
    fetch::Request request = get("http://127.0.0.1:1/");
    SECTION("another scheme") {
        request.url = "file:///etc/passwd";
    }
    SECTION("no scheme") {
        request.url = "127.0.0.1:1/";
    }
    SECTION("a header with a line break") {
        request.headers = {"X-A: b\r\nX-Evil: c"};
    }
    SECTION("a header without a name") {
        request.headers = {": b"};
    }
    SECTION("an unknown proxy scheme") {
        request.proxy = "ftp://127.0.0.1:1";
    }
    SECTION("a URL with a space") {
        request.url = "http://127.0.0.1:1/a b";
    }
    check_failure(std::move(request), FailureKind::other, "!");
}

TEST_CASE("a failing proxy is told without its credentials") {
    auto request = get("http://127.0.0.1:1/?token=hush");
    request.proxy =
        GENERATE("http://joe:sesame@127.0.0.1:1", "socks5h://joe:sesame@127.0.0.1:1",
                 "http://joe:sesame@nonexistent.invalid:1", "http://joe:sesame@127.0.0.1:notaport");
    FetchProbe probe;
    run(std::move(request), probe);
    REQUIRE(probe.failure);
    INFO(probe.failure->detail);
    CHECK(probe.failure->detail.find("sesame") == std::string::npos);
    CHECK(probe.failure->detail.find("hush") == std::string::npos);
}
