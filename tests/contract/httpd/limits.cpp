// Bounds and time: every one of limits.hpp holds, and says so with the right status.

#include "tests/contract/httpd/fixture.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::httpd;
using namespace std::chrono_literals;

TEST_CASE("B15: a slow head and a slow body end in 408, at whatever byte they stop") {
    ServerOptions options;
    options.limits.head_timeout = 40ms;
    options.limits.body_timeout = 40ms;
    TestServer server(options);
    for (const std::string request :
         {"G", "GET /hello HTTP/1.1\r\nHo", "GET /hello HTTP/1.1\r\nHost: x\r\n\r"}) {
        auto probe = server.connect();
        probe.send(request);
        const auto response = probe.response();
        CHECK(response.status == 408);
        CHECK(response.headers.get("connection") == "close");
        CHECK(probe.closed());
    }
    const std::string request = post("/echo", "Hello, world!");
    for (const std::size_t missing : {1u, 5u, 13u}) {
        auto probe = server.connect();
        probe.send(request.substr(0, request.size() - missing));
        const auto response = probe.response();
        CHECK(response.status == 408);
        CHECK(response.body.find("upstream_timeout /echo") == 0);
    }
    CHECK(server.bodies.empty());
    CHECK(server.alive == 0);
}

TEST_CASE("B15: a trickle of bytes does not stretch the deadlines") {
    ServerOptions options;
    options.limits.head_timeout = 60ms;
    options.limits.body_total_timeout = 60ms;
    TestServer server(options);
    const std::string endless_head = "GET /hello HTTP/1.1\r\nX: " + std::string(20'000, 'x');
    const std::string endless_body = post("/echo", std::string(20'000, 'x'));
    for (const std::string& request : {endless_head, endless_body}) {
        auto probe = server.connect();
        const std::size_t start = request.find("xx");
        probe.send(request.substr(0, start));
        std::string answer;
        REQUIRE(server.until([&, at = start]() mutable {
            // A byte a millisecond: the body timeout between bytes never strikes.
            if (at < request.size()) probe.send_some(std::string_view(request).substr(at++, 1));
            ::poll(nullptr, 0, 1);
            answer += probe.available();
            return answer.find("\r\n\r\n") != std::string::npos;
        }));
        CHECK(answer.substr(0, 12) == "HTTP/1.1 408");
    }
}

TEST_CASE("B15: idle connections are closed without a word") {
    ServerOptions options;
    options.limits.keep_alive_timeout = 30ms;
    TestServer server(options);
    auto fresh = server.connect();
    CHECK(fresh.closed());
    auto used = server.connect();
    CHECK(used.exchange(get("/hello")).status == 200);
    CHECK(used.closed());
}

TEST_CASE("B15: oversize head, URL and body are 431, 414 and 413") {
    ServerOptions options;
    options.limits.head_max_bytes = 2048;
    options.limits.url_max_bytes = 512;
    options.limits.body_max_bytes = 1000;
    TestServer server(options);
    const auto status = [&](const std::string& request) {
        auto probe = server.connect();
        probe.send(request);
        const auto response = probe.response();
        CHECK(response.complete);
        if (response.status != 200) CHECK(probe.closed());
        return response.status;
    };
    CHECK(status(get("/hello", "X: " + std::string(1800, 'x') + "\r\n")) == 200);
    CHECK(status(get("/hello", "X: " + std::string(2048, 'x') + "\r\n")) == 431);
    CHECK(status("GET /hello HTTP/1.1\r\nX: " + std::string(100'000, 'x')) == 431);
    std::string many;
    for (int i = 0; i < 400; ++i) many += "a:\r\n";
    CHECK(status(get("/hello", many)) == 431);
    CHECK(status(get("/hello?" + std::string(505, 'x'))) == 200);
    CHECK(status(get("/hello?" + std::string(506, 'x'))) == 414);
    CHECK(status(get("/hello?" + std::string(100'000, 'x'))) == 414);
    CHECK(status("GET /" + std::string(100'000, 'x')) == 414);
    CHECK(status(post("/echo", std::string(1000, 'x'))) == 200);
    CHECK(status(post("/echo", std::string(1001, 'x'))) == 413);
    // From the length alone, before a byte of the body.
    CHECK(status("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n") == 413);
    CHECK(status("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
                 "1001\r\n\r\n") == 413);
    const std::string chunked = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(status(chunked + "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n") == 200);
    CHECK(status(chunked + "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n") == 413);
    CHECK(server.bodies.size() == 4);
}

TEST_CASE("F8: a request refused by its head is answered though 1 MB of body is unread") {
    TestServer server;
    const std::string body(1u << 20, 'x');
    auto probe = server.connect();
    probe.send("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n");
    // The answer comes before the body was even sent.
    auto response = probe.response();
    CHECK(response.status == 401);
    CHECK(response.headers.get("connection") == "close");
    CHECK(server.alive == 0);

    auto stubborn = server.connect();
    CHECK(stubborn.send(post("/refuse", body)));
    response = stubborn.response();
    CHECK(response.status == 401);
    CHECK(response.complete);
    CHECK(stubborn.closed());
    CHECK_FALSE(stubborn.was_reset());
    CHECK(server.bodies.empty());
}

TEST_CASE("a short refused body is read over and the connection kept") {
    TestServer server;
    auto probe = server.connect();
    for (int i = 0; i < 3; ++i) {
        const auto response = probe.exchange(post("/refuse", std::string(5000, 'x')));
        CHECK(response.status == 401);
        CHECK(response.headers.get("connection") == "keep-alive");
    }
    probe.send(post("/nowhere", "GET /hello HTTP/1.1\r\n\r\n") + post("/echo", "after"));
    CHECK(probe.response().status == 404);
    CHECK(probe.response().body == "after");
    CHECK(server.bodies == std::vector<std::string>{"after"});
}

TEST_CASE("Expect: 100-continue is answered only when the body is wanted") {
    TestServer server;
    const std::string expect = "Expect: 100-continue\r\n";
    const std::string wanted = post("/echo", "Hello", expect);
    auto probe = server.connect();
    probe.send(wanted.substr(0, wanted.size() - 5));
    CHECK(probe.read_past("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(probe.exchange("Hello").body == "Hello");
    CHECK(probe.exchange(wanted).body == "Hello");  // a client that does not wait

    auto refused = server.connect();
    const auto response =
        refused.exchange("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" + expect + "\r\n");
    CHECK(response.status == 401);
    CHECK_FALSE(refused.saw_continue());
    CHECK(response.headers.get("connection") == "close");

    CHECK(server.connect().exchange(post("/echo", "x", "Expect: miracles\r\n")).status == 417);
    CHECK(server.connect().exchange(get("/hello", expect)).status == 200);
    // HTTP/1.0 knows no 100.
    auto old = server.connect();
    old.send("POST /echo HTTP/1.0\r\nContent-Length: 5\r\n" + expect + "\r\nHello");
    CHECK(old.response().body == "Hello");
    CHECK_FALSE(old.saw_continue());
}

TEST_CASE("B15: beyond connections_max clients wait in the queue until one leaves") {
    ServerOptions options;
    options.limits.connections_max = 3;
    TestServer server(options);
    std::vector<test::HttpProbe> probes;
    for (int i = 0; i < 6; ++i) {
        probes.push_back(server.connect());
        probes.back().send(get("/hello"));
    }
    for (int i = 0; i < 3; ++i) CHECK(probes[static_cast<std::size_t>(i)].response().status == 200);
    server.turns(20);
    CHECK(server.server->connections() == 3);
    CHECK(probes[3].available().empty());
    for (int i = 0; i < 3; ++i) {
        probes[static_cast<std::size_t>(i)].close();
        CHECK(probes[static_cast<std::size_t>(i + 3)].response().status == 200);
    }
    CHECK(server.gauges.connections == 3);
}

TEST_CASE("a client that pipelines while it waits is not read without bound") {
    ServerOptions options;
    options.limits.pipelined_max_bytes = 10'000;
    TestServer server(options);
    auto probe = server.connect();
    probe.send(get("/hold"));
    REQUIRE(server.until([&] { return !server.held.empty(); }));
    const std::string more = get("/hello");
    std::string burst;
    for (int i = 0; i < 400'000; ++i) burst += more;
    // The kernel's buffers fill, then nothing moves any more.
    std::size_t sent = 0;
    for (int still = 0; still < 50;) {
        const std::size_t now = probe.send_some(std::string_view(burst).substr(sent));
        still = now == 0 ? still + 1 : 0;
        sent += now;
        server.turns(1);
    }
    CHECK(sent < burst.size());
    CHECK(server.made == 1);
    server.held.front()->respond({200, {}, "held"});
    CHECK(probe.response().body == "held");
    CHECK(probe.response().headers.get("x-path") == "/hello");
}
