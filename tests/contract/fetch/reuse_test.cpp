// Connections and handles that serve many requests: nothing of one request shows in the next.

#include <sys/socket.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "core/fetch/curl_fetcher.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fetch_probe.hpp"
#include "tests/support/raw_server.hpp"

using namespace kg;
using namespace kg::test;

namespace {

struct Client {
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};

    FetchProbe ask(fetch::Request request) {
        FetchProbe probe;
        probe.fetch = fetcher.start(std::move(request), probe);
        REQUIRE(run_until(loop, [&] { return probe.ended(); }));
        probe.fetch.reset();
        return probe;
    }
};

std::string host_line(const RawServer& server) {
    return "Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n";
}

}  // namespace

TEST_CASE("a request is sent exactly as given, whatever the handle sent before") {
    RawServer server({send_bytes("HTTP/1.1 204 No Content\r\n\r\n")});
    Client client;

    auto first = post(server.url("/a?b=c"), "{}");
    first.headers = {"Content-Type: application/json", "X-Empty:", "Accept: text/event-stream"};
    CHECK(client.ask(first).done);
    CHECK(client.ask(get(server.url("/plain"))).done);
    auto removal = get(server.url("/gone"));
    removal.method = http::Method::delete_;
    CHECK(client.ask(removal).done);
    auto probing = get(server.url("/head"));
    probing.method = http::Method::head;
    CHECK(client.ask(probing).done);
    auto put = post(server.url("/put"), "stored");
    put.method = http::Method::put;
    CHECK(client.ask(put).done);
    CHECK(client.ask(post(server.url("/none"), "")).done);
    CHECK(client.ask(get(server.url("/../raw"))).done);

    const auto seen = server.requests();
    REQUIRE(seen.size() == 7);
    const std::string host = host_line(server);
    CHECK(seen[0].head == "POST /a?b=c HTTP/1.1\r\n" + host +
                              "Content-Type: application/json\r\nX-Empty:\r\nAccept: text/event-stream\r\n"
                              "Content-Length: 2\r\n\r\n");
    CHECK(seen[0].body == "{}");
    CHECK(seen[1].head == "GET /plain HTTP/1.1\r\n" + host + "\r\n");
    CHECK(seen[2].head == "DELETE /gone HTTP/1.1\r\n" + host + "\r\n");
    CHECK(seen[3].head == "HEAD /head HTTP/1.1\r\n" + host + "\r\n");
    CHECK(seen[4].head == "PUT /put HTTP/1.1\r\n" + host + "Content-Length: 6\r\n\r\n");
    CHECK(seen[4].body == "stored");
    CHECK(seen[5].head == "POST /none HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n");
    CHECK(seen[6].head == "GET /../raw HTTP/1.1\r\n" + host + "\r\n");
    CHECK(server.accepted() == 1);
}

TEST_CASE("the head is told with its fields, interim answers are not") {
    RawServer server(
        {send_bytes("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                    "HTTP/1.1 429 Too Many Requests\r\nRetry-After:  7 \r\nX-Amz-Id: a:b\r\n"
                    "Content-Length: 4\r\n\r\nslow")});
    Client client;
    const auto probe = client.ask(get(server.url()));
    CHECK(probe.calls == "hb.");
    CHECK(probe.head.status == 429);
    CHECK(probe.head.headers.get("retry-after") == "7");
    CHECK(probe.head.headers.get("x-amz-id") == "a:b");
    CHECK_FALSE(probe.head.headers.has("link"));
    CHECK(probe.body == "slow");
}

TEST_CASE("redirects are answers like any other") {
    RawServer server({send_bytes("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")});
    Client client;
    CHECK(client.ask(get(server.url())).head.status == 302);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("K7: a hundred parallel transfers, and a hundred more on the same connections") {
    RawServer server({wait_gate(), send_bytes(kChunkedHead), send_bytes(chunk("one")),
                      send_bytes(chunk("two") + kLastChunk)});
    Client client;
    for (int round = 1; round <= 2; ++round) {
        std::vector<std::unique_ptr<FetchProbe>> probes;
        std::size_t ended = 0;
        for (int i = 0; i < 100; ++i) {
            auto& probe = *probes.emplace_back(std::make_unique<FetchProbe>());
            probe.at_end = [&ended] { ++ended; };
            probe.fetch = client.fetcher.start(post(server.url(), std::to_string(i)), probe);
        }
        CHECK(client.fetcher.active() == 100);
        // Nobody is answered before everybody has asked: all hundred are in flight at once.
        REQUIRE(run_until(client.loop,
                          [&] { return server.requests().size() == 100u * static_cast<unsigned>(round); }));
        server.open_gate(100);
        REQUIRE(run_until(client.loop, [&] { return ended == 100; }));
        for (const auto& probe : probes) CHECK(probe->body == "onetwo");
        CHECK(client.fetcher.active() == 0);
    }
    CHECK(server.accepted() == 100);
}

TEST_CASE("idle connections do not keep the loop running") {
    RawServer server({send_bytes(answer("ok"))});
    Client client;
    CHECK(client.ask(get(server.url())).body == "ok");
    client.loop.run();
    CHECK(server.open() == 1);
    CHECK(client.ask(get(server.url())).body == "ok");
    CHECK(server.accepted() == 1);
}

TEST_CASE("a connection the server closed between requests is replaced") {
    RawServer server({send_bytes(answer("ok")), close_now()});
    Client client;
    CHECK(client.ask(get(server.url())).body == "ok");
    REQUIRE(server.wait_open(0));
    spin(client.loop);
    CHECK(client.ask(post(server.url(), "again")).body == "ok");
    CHECK(server.accepted() == 2);
}

TEST_CASE("a request that the server may have received is not sent a second time") {
    constexpr std::size_t kKept = 4;
    const bool reset = GENERATE(true, false);
    const std::size_t bytes = GENERATE(2u, 300'000u);
    INFO((reset ? "reset" : "closed") << " after " << bytes << " bytes");
    RawServer server([reset](const RecordedRequest& request) {
        if (request.head.starts_with("POST /once ")) return Script{reset ? reset_now() : close_now()};
        return request.sequence == 0 ? Script{wait_gate(), send_bytes(answer("ok"))} : Script{close_now()};
    });
    Client client;
    // Several kept connections: each would be tried in turn.
    std::vector<std::unique_ptr<FetchProbe>> probes;
    for (std::size_t i = 0; i < kKept; ++i) {
        auto& probe = *probes.emplace_back(std::make_unique<FetchProbe>());
        probe.fetch = client.fetcher.start(get(server.url()), probe);
    }
    REQUIRE(run_until(client.loop, [&] { return server.requests().size() == kKept; }));
    server.open_gate(kKept + 2);
    REQUIRE(run_until(client.loop, [&] { return client.fetcher.active() == 0; }));

    const auto sent = [&] {
        std::size_t n = 0;
        for (const auto& request : server.requests()) n += request.head.starts_with("POST /once ");
        return n;
    };
    const auto lost = client.ask(post(server.url("/once"), std::string(bytes, 'b')));
    REQUIRE(lost.failure);
    INFO(lost.failure->detail);
    CHECK(lost.failure->kind == fetch::FailureKind::reset);
    CHECK(lost.calls == "!");
    CHECK(sent() == 1);
    CHECK(server.accepted() == kKept);
    // The next request uses a kept connection as before; what asks for nothing new may be repeated.
    CHECK(client.ask(get(server.url())).body == "ok");
    CHECK(server.accepted() == kKept + 1);
}

TEST_CASE("five megabytes are posted unharmed, without asking for permission first") {
    RawServer server({send_bytes(answer("ok"))});
    Client client;
    std::string body(5u << 20, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
    CHECK(client.ask(post(server.url(), body)).body == "ok");
    const auto seen = server.requests();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].body == body);
    CHECK(seen[0].head.find("Expect") == std::string::npos);
}

TEST_CASE("an early refusal of a large body is heard") {
    RawServer server(
        {send_bytes("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"),
         close_now()});
    Client client;
    const auto probe = client.ask(post(server.url(), std::string(1u << 20, 'x')));
    CHECK(probe.done);
    CHECK(probe.head.status == 413);
}

TEST_CASE("a proxy is used when the request names one, and only then") {
    RawServer proxy({send_bytes(answer("by proxy"))});
    RawServer origin({send_bytes(answer("direct"))});
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    ::setenv("no_proxy", "example.invalid", 1);
    Client client;
    CHECK(client.ask(get(origin.url())).body == "direct");
    CHECK(proxy.requests().empty());

    auto request = get("http://example.invalid/path");
    request.proxy = "http://joe:sesame@127.0.0.1:" + std::to_string(proxy.port());
    CHECK(client.ask(request).body == "by proxy");
    REQUIRE(proxy.requests().size() == 1);
    const std::string head = proxy.requests()[0].head;
    CHECK(head.starts_with("GET http://example.invalid/path HTTP/1.1\r\n"));
    CHECK(head.find("Proxy-Authorization: Basic am9lOnNlc2FtZQ==") != std::string::npos);

    CHECK(client.ask(get(origin.url())).body == "direct");
    ::unsetenv("http_proxy");
    ::unsetenv("no_proxy");
}
