// Requests cut, glued and damaged in every way a network or an attacker can.

#include <zlib.h>

#include <random>

#include "tests/contract/httpd/fixture.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::httpd;

namespace {

std::string compress(std::string_view text, int window) {
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&z, static_cast<uLong>(text.size())) + 32, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z.avail_in = static_cast<uInt>(text.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

const std::string kChunked =
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;ext=\"1\"\r\nHello\r\n8\r\n, world!\r\n0\r\nx-trailer: 1\r\n\r\n";

}  // namespace

TEST_CASE("a request split in two at every byte is understood") {
    TestServer server;
    for (const std::string& request : {post("/echo?a=1", "Hello, world!", "X-A: 1\r\n"), kChunked}) {
        for (std::size_t cut = 1; cut < request.size(); ++cut) {
            CAPTURE(cut);
            auto probe = server.connect();
            probe.send(request.substr(0, cut));
            server.turns(3);
            const auto response = probe.exchange(request.substr(cut));
            REQUIRE(response.status == 200);
            REQUIRE(response.complete);
            REQUIRE(response.body == "Hello, world!");
        }
    }
}

TEST_CASE("requests on one connection, split at random, are answered in order") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 dice(seed);
    TestServer server;
    std::string stream;
    for (int i = 0; i < 40; ++i) {
        stream += i % 3 == 0 ? kChunked : post("/echo", "body " + std::to_string(i));
    }
    for (int round = 0; round < 30; ++round) {
        auto probe = server.connect();
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t size = 1 + dice() % (round % 2 == 0 ? 7 : 200);
            probe.send(std::string_view(stream).substr(at, size));
            at += size;
            if (dice() % 2 == 0) server.turns(1);
        }
        for (int i = 0; i < 40; ++i) {
            const auto response = probe.response();
            REQUIRE(response.status == 200);
            REQUIRE(response.body == (i % 3 == 0 ? "Hello, world!" : "body " + std::to_string(i)));
        }
    }
}

TEST_CASE("ten thousand pipelined requests are answered in order") {
    TestServer server;
    auto probe = server.connect();
    std::string burst;
    for (int i = 0; i < 10'000; ++i) burst += post("/echo", std::to_string(i));
    // Sent as far as the server takes them, for it stops reading while answers wait.
    std::string_view rest = burst;
    std::string answers;
    while (!rest.empty()) {
        rest.remove_prefix(probe.send_some(rest));
        server.turns(1);
        answers += probe.available();
    }
    REQUIRE(server.until([&] {
        answers += probe.available();
        return server.bodies.size() == 10'000 && answers.size() >= 5 &&
               answers.substr(answers.size() - 4) == "9999";
    }));
    for (int i = 0; i < 10'000; ++i) {
        if (server.bodies[static_cast<std::size_t>(i)] != std::to_string(i)) FAIL("out of order at " << i);
    }
    std::size_t found = 0;
    for (std::size_t at = 0; (at = answers.find("HTTP/1.1 200 OK", at)) != std::string::npos; ++at) ++found;
    CHECK(found == 10'000);
    CHECK(server.alive == 0);
}

TEST_CASE("a request truncated at any byte never reaches its handler") {
    TestServer server;
    const std::string zipped = compress("compressed body", 15 + 16);
    for (const std::string& request :
         {post("/echo", "Hello, world!"), kChunked, post("/echo", zipped, "Content-Encoding: gzip\r\n")}) {
        for (std::size_t cut = 0; cut < request.size(); ++cut) {
            CAPTURE(cut);
            auto probe = server.connect();
            probe.send(request.substr(0, cut));
            probe.shutdown_write();
            REQUIRE(probe.closed());
        }
    }
    CHECK(server.bodies.empty());
    CHECK(server.alive == 0);
    CHECK(server.until([&] { return server.server->connections() == 0; }));
    CHECK(server.gauges.connections == 0);
    CHECK(server.gauges.requests_in_progress == 0);
}

TEST_CASE("damaged requests are refused, the connection closes, nothing after them is served") {
    struct Case {
        std::string request;
        int status;
    };
    const std::string host = " HTTP/1.1\r\nHost: x\r\n";
    const std::string chunked = "POST /echo" + host + "Transfer-Encoding: chunked\r\n\r\n";
    const std::vector<Case> cases = {
        {"\x16\x03\x01\x02\x01 tls hello", 400},
        {"HELLO\r\n\r\n", 400},
        {"GET /hello\r\n\r\n", 400},
        {"GET /hello HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"GET /hello HTTP/9.9\r\nHost: x\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"GET /hello HTTP/1.1\r\n\r\n", 400},  // no Host
        {"GET /hello" + host + "Host: y\r\n\r\n", 400},
        {"GET /hello" + host + "X : 1\r\n\r\n", 400},  // space before the colon
        {"GET /hello" + host + " folded: 1\r\n\r\n", 400},
        {"GET /hello" + host + "X: 1\r\n 2\r\n\r\n", 400},
        {"GET /hello" + host + "X: a\nY: b\r\n\r\n", 400},  // bare LF
        {"GET /hello" + host + "X: a\rY: b\r\n\r\n", 400},  // bare CR
        {"GET /hello HTTP/1.1\nHost: x\n\n", 400},
        {std::string("GET /hello") + host + "X: a" + '\0' + "b\r\n\r\n", 400},
        {"GET /hello" + host + "X: a\x01\r\n\r\n", 400},
        {"GET /hello" + host + ": nameless\r\n\r\n", 400},
        {"GET /hello" + host + "nocolon\r\n\r\n", 400},
        {"GET /hel lo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"POST /echo" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /echo" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
        {"POST /echo" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"POST /echo" + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
        {"POST /echo" + host + "Content-Length: -1\r\n\r\n", 400},
        {"POST /echo" + host + "Content-Length: +3\r\n\r\nabc", 400},
        {"POST /echo" + host + "Content-Length: 0x3\r\n\r\nabc", 400},
        {"POST /echo" + host + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
        {"POST /echo" + host + "Content-Length:\r\n\r\n", 400},
        {"POST /echo" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"POST /echo" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST /echo" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
        {"POST /echo" + host + "Transfer-Encoding: xchunked\r\n\r\n", 501},
        {"POST /echo" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {chunked + "x\r\n", 400},
        {chunked + "-5\r\nHello\r\n", 400},
        {chunked + "5 \r\nHello\r\n", 400},
        {chunked + " 5\r\nHello\r\n", 400},
        {chunked + "0x5\r\nHello\r\n", 400},
        {chunked + "5\nHello\r\n", 400},
        {chunked + "5\rHello\r\n", 400},
        {chunked + "5\r\nHelloX\r\n", 400},
        {chunked + "5\r\nHello\n", 400},
        {chunked + "5;a\nb\r\nHello\r\n", 400},
        {chunked + "ffffffffffffffffff\r\n", 400},
        {chunked + "\r\n", 400},
        {chunked + "1;" + std::string(20'000, 'x') + "\r\n", 400},
        {chunked + "0\r\n" + std::string(20'000, 'x') + "\r\n", 400},
        {chunked + "0\r\nX: a\nY: b\r\n\r\n", 400},
        {post("/echo", "not gzip at all", "Content-Encoding: gzip\r\n"), 400},
        {post("/echo", compress("x", 31).substr(0, 12), "Content-Encoding: gzip\r\n"), 400},
        {post("/echo", compress("x", 31) + "junk", "Content-Encoding: gzip\r\n"), 400},
    };
    TestServer server;
    for (const Case& one : cases) {
        CAPTURE(one.request);
        auto probe = server.connect();
        probe.send(one.request);
        probe.send(get("/hello"));
        const auto response = probe.response();
        CHECK(response.status == one.status);
        CHECK(response.complete);
        CHECK(response.headers.get("connection") == "close");
        CHECK(response.headers.has("request-id"));
        CHECK(probe.closed());
    }
    CHECK(server.bodies.empty());
    CHECK(server.alive == 0);
}

TEST_CASE("compressed bodies are inflated") {
    TestServer server;
    const std::string text = std::string(100'000, 'x') + "end";
    auto probe = server.connect();
    for (const auto& [name, body] : std::vector<std::pair<std::string, std::string>>{
             {"gzip", compress(text, 31)},
             {"x-gzip", compress(text, 31)},
             {"GZIP", compress(text.substr(0, 9), 31) + compress(text.substr(9), 31)},
             {"deflate", compress(text, 15)},
             {"deflate", compress(text, -15)},
             {"identity", text}}) {
        CAPTURE(name);
        const auto response = probe.exchange(post("/echo", body, "Content-Encoding: " + name + "\r\n"));
        REQUIRE(response.status == 200);
        REQUIRE(response.body == text);
    }
}

TEST_CASE("a gzip bomb ends at the body limit") {
    ServerOptions options;
    options.limits.body_max_bytes = 1u << 20;
    TestServer server(options);
    const std::string bomb = compress(std::string(64u << 20, '\0'), 31);
    REQUIRE(bomb.size() < 100'000);
    auto probe = server.connect();
    const auto response = probe.exchange(post("/echo", bomb, "Content-Encoding: gzip\r\n"));
    CHECK(response.status == 413);
    CHECK(server.bodies.empty());
    const auto fits = server.connect().exchange(
        post("/echo", compress(std::string(1u << 20, 'y'), 31), "Content-Encoding: gzip\r\n"));
    CHECK(fits.status == 200);
    CHECK(fits.body.size() == 1u << 20);
}

TEST_CASE("an unknown content coding is 415 and the connection lives on") {
    TestServer server;
    auto probe = server.connect();
    for (const char* coding : {"br", "zstd", "gzip, gzip", "foo"}) {
        const auto response =
            probe.exchange(post("/echo", "data", "Content-Encoding: " + std::string(coding) + "\r\n"));
        CHECK(response.status == 415);
        CHECK(response.body.find("unsupported_encoding /echo") == 0);
    }
    CHECK(probe.exchange(get("/hello")).status == 200);
}

TEST_CASE("header names keep no case, values keep theirs, underscores and empty values pass") {
    TestServer server;
    auto probe = server.connect();
    const auto response = probe.exchange(
        "\r\n\r\nGET http://other:80/hello/?q=1&r=%20#frag HTTP/1.1\r\nHOST: x\r\nsession_id: "
        "A\r\nempty:\r\nx:  y \t\r\n\r\n");
    CHECK(response.status == 200);
    CHECK(response.headers.get("x-path") == "/hello");
    CHECK(response.headers.get("x-query") == "q=1&r=%20");
    CHECK(response.headers.get("x-peer") == "127.0.0.1");
    const auto doubled = probe.exchange(get("/v1/v1/models/claude%2Fx/"));
    CHECK(doubled.headers.get("x-path") == "/v1/models/claude%2Fx");
    CHECK(doubled.headers.get("x-parameter") == "claude%2Fx");
}
