// What every answer says: CORS, request ids, methods, HEAD, OPTIONS, errors.

#include <set>

#include "tests/contract/httpd/fixture.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::httpd;

TEST_CASE("B16: every answer of an API route carries CORS headers, errors included, no other does") {
    TestServer server;
    auto probe = server.connect();
    const std::string origin = "Origin: https://app.example\r\n";
    const auto allowed = [](const test::ProbeResponse& r) {
        return std::string(r.headers.get("access-control-allow-origin"));
    };
    CHECK(allowed(probe.exchange(get("/hello", origin))) == "*");
    CHECK(allowed(probe.exchange(get("/v1/embeddings", origin))) == "*");  // 404
    CHECK(allowed(probe.exchange(get("/echo", origin))) == "*");           // 405
    CHECK(allowed(probe.exchange(post("/refuse", "", origin))) == "*");    // 401
    CHECK(allowed(probe.exchange(post("/echo", "x", "Content-Encoding: br\r\n"))) == "*");
    CHECK(allowed(probe.exchange(get("/flood?10", origin))) == "*");
    CHECK(allowed(probe.exchange(get("/admin/page", origin))).empty());
    CHECK(allowed(probe.exchange(get("/admin/nothing", origin))).empty());
    CHECK(allowed(probe.exchange(post("/admin/page", "", origin))).empty());
    CHECK(allowed(probe.exchange("OPTIONS /admin/page HTTP/1.1\r\nHost: x\r\n\r\n")).empty());
    CHECK(probe.exchange(get("/hello")).headers.get("access-control-expose-headers").find("retry-after-ms") !=
          std::string_view::npos);
}

TEST_CASE("B16: a preflight is answered on every API path without a handler") {
    TestServer server;
    auto probe = server.connect();
    for (const std::string path : {"/echo", "/v1/chat/completions", "/v1/models/x", "/", "*"}) {
        CAPTURE(path);
        const auto response =
            probe.exchange("OPTIONS " + path +
                           " HTTP/1.1\r\nHost: x\r\nOrigin: https://a.b\r\n"
                           "Access-Control-Request-Method: POST\r\n"
                           "Access-Control-Request-Headers: authorization, x-stainless-os\r\n\r\n");
        CHECK(response.status == 204);
        CHECK_FALSE(response.headers.has("content-length"));
        CHECK(response.headers.get("access-control-allow-origin") == "*");
        CHECK(response.headers.get("access-control-allow-headers") == "authorization, x-stainless-os");
        CHECK(response.headers.get("access-control-allow-methods") ==
              "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD");
        CHECK(response.headers.get("access-control-max-age") == "86400");
        CHECK(response.headers.has("request-id"));
    }
    CHECK(probe.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n")
              .headers.get("access-control-allow-headers") == "*");
    CHECK(server.made == 0);
}

TEST_CASE("B16: listed origins are echoed, others get nothing, and caches are told") {
    ServerOptions options;
    options.cors_origins = "https://app.example, http://localhost:3000/";
    TestServer server(options);
    auto probe = server.connect();
    auto response = probe.exchange(get("/hello", "Origin: http://localhost:3000\r\n"));
    CHECK(response.headers.get("access-control-allow-origin") == "http://localhost:3000");
    CHECK(response.headers.get("vary") == "Origin");
    response = probe.exchange(get("/nothing", "Origin: https://evil.example\r\n"));
    CHECK_FALSE(response.headers.has("access-control-allow-origin"));
    CHECK(response.headers.get("vary") == "Origin");

    options.cors_origins = "";
    TestServer off(options);
    auto plain = off.connect();
    response = plain.exchange(get("/hello", "Origin: https://app.example\r\n"));
    CHECK_FALSE(response.headers.has("access-control-allow-origin"));
    CHECK_FALSE(response.headers.has("vary"));
    CHECK(plain.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n").status == 204);
}

TEST_CASE("H5: every answer has a request id, the client's own when it is well formed") {
    TestServer server;
    auto probe = server.connect();
    std::set<std::string> seen;
    for (const std::string& request : {get("/hello"), get("/nothing"), post("/hello", ""), get("/flood?5")}) {
        const auto response = probe.exchange(request);
        const std::string id(response.headers.get("request-id"));
        CHECK(id == response.headers.get("x-request-id"));
        CHECK(id.size() == 28);
        CHECK(id.substr(0, 4) == "req_");
        seen.insert(id);
    }
    CHECK(seen.size() == 4);
    const auto id_for = [&](const std::string& offered) {
        return std::string(
            probe.exchange(get("/hello", "X-Request-ID: " + offered + "\r\n")).headers.get("request-id"));
    };
    CHECK(id_for("my.Trace_id-1") == "my.Trace_id-1");
    CHECK(id_for(std::string(64, 'a')) == std::string(64, 'a'));
    for (const std::string& bad :
         {std::string(65, 'a'), std::string("a b"), std::string("a\"b"), std::string()}) {
        CHECK(id_for(bad).substr(0, 4) == "req_");
    }
    auto garbage = server.connect();
    const auto response = garbage.exchange("\x01\x02");
    CHECK(response.headers.has("request-id"));
    CHECK(response.body == "malformed_request - " + std::string(response.headers.get("request-id")));
}

TEST_CASE("404 and 405 go through the renderer, 405 says what is allowed, the connection lives on") {
    TestServer server;
    auto probe = server.connect();
    auto response = probe.exchange(get("/v1/files"));
    CHECK(response.status == 404);
    CHECK(response.body.find("route_not_found /v1/files req_") == 0);
    response = probe.exchange(get("/echo"));
    CHECK(response.status == 405);
    CHECK(response.headers.get("allow") == "POST, PUT");
    response = probe.exchange("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(response.headers.get("allow") == "GET, HEAD");
    CHECK(probe.exchange("PROPFIND /hello HTTP/1.1\r\nHost: x\r\n\r\n").status == 405);
    CHECK(probe.exchange("CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n").status == 404);
    CHECK(probe.exchange(get("/hello")).status == 200);
}

TEST_CASE("HEAD runs the GET handler and sends no body") {
    TestServer server;
    auto probe = server.connect();
    const auto head = [&](const std::string& path) {
        return probe.exchange("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", true);
    };
    auto response = head("/hello");
    CHECK(response.status == 200);
    CHECK(response.headers.get("x-method") == "HEAD");
    CHECK(response.headers.get("content-length") == "0");
    response = head("/nothing");
    CHECK(response.status == 404);
    CHECK(response.headers.get("content-length") != "0");
    CHECK(head("/flood?100000").status == 200);
    CHECK(head("/echo").status == 405);
    CHECK(probe.exchange(get("/hello")).status == 200);  // nothing of a body was in between
    CHECK(server.alive == 0);
}

TEST_CASE("an upgrade is an ordinary request that a route may refuse with 426") {
    TestServer server;
    auto probe = server.connect();
    const std::string upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
        "13\r\nSec-WebSocket-Key: x\r\n";
    CHECK(probe.exchange(get("/hello", upgrade)).status == 200);
    const auto response = probe.exchange(get("/ws", upgrade));
    CHECK(response.status == 426);
    CHECK(response.body.empty());
    CHECK(response.headers.get("upgrade") == "websocket");
    CHECK(response.headers.get("connection") == "close");
    CHECK(probe.closed());
}

TEST_CASE("Connection: close is honoured") {
    TestServer server;
    auto probe = server.connect();
    probe.send(get("/hello", "Connection: foo, Close\r\n") + get("/hello"));
    CHECK(probe.response().headers.get("connection") == "close");
    CHECK(probe.closed());
    CHECK(server.made == 1);
}
