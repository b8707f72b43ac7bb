// Streams, slow readers, clients that leave, servers that leave.

#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/contract/httpd/fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using namespace kg::httpd;
using namespace std::chrono_literals;

namespace {

/// Write-type system calls of this process so far, or -1 where nobody can tell: not every kernel
/// counts, and sanitizers probe memory by writing it into pipes of their own.
long write_calls() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return -1;
#endif
    std::ifstream io("/proc/self/io");
    std::string name;
    long value = 0;
    while (io >> name >> value) {
        if (name == "syscw:") return value;
    }
    return -1;
}

bool pattern_is_exact(const std::string& body) {
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] != static_cast<char>('a' + i % 23)) return false;
    }
    return true;
}

void small_buffers(const test::HttpProbe& probe) {
    const int size = 4096;
    setsockopt(probe.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

}  // namespace

TEST_CASE("a stream's head and 64 events made in one turn leave in one write and one chunk") {
    TestServer server;
    auto probe = server.connect();
    server.on_stream = [](Exchange& exchange) {
        http::Headers headers;
        headers.add("content-type", "text/event-stream; charset=utf-8");
        exchange.begin_stream(200, std::move(headers));
        for (int i = 0; i < 64; ++i) {
            exchange.out() += "data: {\"n\":" + std::to_string(i) + "}\n\n";
            CHECK(exchange.commit() == Flow::more);
        }
    };
    probe.send(get("/hold"));
    const long before = write_calls();
    REQUIRE(server.until([&] { return !server.held.empty() && server.held[0]->backlog_bytes() == 0; }));
    if (before >= 0) CHECK(write_calls() - before == 1);
    server.held[0]->out() += "last";
    server.held[0]->end_stream();
    const auto response = probe.response();
    CHECK(response.complete);
    CHECK(response.chunks.size() == 2);
    CHECK(response.chunks.back() == 4);
    CHECK(response.headers.get("content-type") == "text/event-stream; charset=utf-8");
    CHECK(response.headers.get("connection") == "keep-alive");
    CHECK(response.headers.get("access-control-allow-origin") == "*");
    CHECK(response.headers.has("request-id"));
    CHECK(server.alive == 0);
    CHECK(probe.exchange(get("/hello")).status == 200);
}

TEST_CASE("A1: a client that leaves in mid-stream takes its handler along, at once") {
    TestServer server;
    std::vector<test::HttpProbe> probes;
    server.on_stream = [](Exchange& exchange) {
        exchange.begin_stream(200, {});
        exchange.out() += "first";
        exchange.commit();
    };
    for (int i = 0; i < 100; ++i) {
        probes.push_back(server.connect());
        probes.back().send(get("/hold"));
    }
    for (auto& probe : probes) probe.read_past("first");
    CHECK(server.alive == 100);
    CHECK(server.gauges.requests_in_progress == 100);
    for (std::size_t i = 0; i < probes.size(); ++i) i % 2 == 0 ? probes[i].reset() : probes[i].close();
    // One turn reads the ends and destroys; the poll may need a second to report all of them.
    server.turns(2);
    CHECK(server.alive == 0);
    CHECK(server.held.empty());
    CHECK(server.gauges.requests_in_progress == 0);
    CHECK(server.gauges.connections == 0);
}

TEST_CASE("A5: a client that leaves before a whole answer takes its handler along") {
    TestServer server;
    auto probe = server.connect();
    probe.send(post("/hold", "body"));
    REQUIRE(server.until([&] { return server.held.size() == 1; }));
    probe.close();
    server.turns(2);
    CHECK(server.alive == 0);
    CHECK(server.server->connections() == 0);
}

TEST_CASE("A6: a thousand readers that never read cost a bounded amount and are cut in the end") {
    ServerOptions options;
    options.limits.write_high_bytes = 8'000;
    options.limits.write_low_bytes = 4'000;
    options.limits.send_timeout = 300ms;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const std::size_t readers = files.rlim_max >= 2200 ? 1000 : files.rlim_max / 3;
    // A Unix socket: the kernel's own buffers are small there, and not what is measured.
    const test::TempDir dir;
    const std::string path = dir.path("kg.sock");
    TestServer server(options, "unix:" + path);
    std::vector<test::HttpProbe> probes;
    for (std::size_t i = 0; i < readers; ++i) {
        probes.push_back(test::HttpProbe::unix_socket(path, server.pump()));
        probes.back().send(get("/flood?1000000000"));
    }
    // Everybody is paused: turn after turn, nothing is produced any more.
    int last = -1;
    REQUIRE(server.until([&] {
        const bool still = server.pauses == last;
        last = server.pauses;
        return server.made == static_cast<int>(readers) && still;
    }));
    CHECK(server.pauses >= static_cast<int>(readers));
    CHECK(server.backlog_most <= 8'000 + 2'000);
    REQUIRE(server.until([&] { return server.alive == 0; }));
    CHECK(server.server->connections() == 0);
}

TEST_CASE("backpressure delivers 5 MB exactly to a reader that reads in sips") {
    ServerOptions options;
    options.limits.write_high_bytes = 64u << 10;
    options.limits.write_low_bytes = 16u << 10;
    const test::TempDir dir;
    const std::string path = dir.path("kg.sock");
    TestServer server(options, "unix:" + path);
    auto probe = test::HttpProbe::unix_socket(path, server.pump());
    probe.send(get("/flood?5000000"));
    REQUIRE(server.until([&] { return server.pauses > 0; }));
    const auto response = probe.response();
    CHECK(response.complete);
    CHECK(response.body.size() == 5'000'000);
    CHECK(pattern_is_exact(response.body));
    CHECK(server.pauses > 1);
    CHECK(server.drained == server.pauses);
    CHECK(server.alive == 0);
}

TEST_CASE("a whole answer of 5 MB arrives, and the next request after it") {
    TestServer server;
    const std::string big(5'000'000, 'b');
    auto probe = server.connect();
    probe.send(post("/echo", big) + post("/echo", "next"));
    CHECK(probe.response().body == big);
    CHECK(probe.response().body == "next");
}

TEST_CASE("HTTP/1.0: closed by default, kept on request, streams end with the connection") {
    TestServer server;
    auto probe = server.connect();
    auto response = probe.exchange("GET /hello HTTP/1.0\r\n\r\n");
    CHECK(response.status == 200);
    CHECK(response.headers.get("connection") == "close");
    CHECK(probe.closed());
    auto kept = server.connect();
    for (int i = 0; i < 3; ++i) {
        response = kept.exchange("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        CHECK(response.headers.get("connection") == "keep-alive");
    }
    response = server.connect().exchange("GET /flood?100000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK_FALSE(response.headers.has("transfer-encoding"));
    CHECK(response.headers.get("connection") == "close");
    CHECK(response.body.size() == 100'000);
    CHECK(pattern_is_exact(response.body));
}

TEST_CASE("an aborted stream cannot be taken for a whole one") {
    TestServer server;
    server.on_stream = [](Exchange& exchange) {
        exchange.begin_stream(200, {});
        exchange.out() += "half";
        exchange.commit();
    };
    auto probe = server.connect();
    probe.send(get("/hold"));
    REQUIRE(server.until([&] { return server.held.size() == 1; }));
    server.held[0]->out() += " more";
    server.held[0]->abort_stream();
    const auto response = probe.response();
    CHECK_FALSE(response.complete);
    CHECK(response.body == "half more");
    CHECK(server.alive == 0);

    auto old = server.connect();
    old.send("GET /hold HTTP/1.0\r\n\r\n");
    REQUIRE(server.until([&] { return server.held.size() == 1; }));
    server.held[0]->abort_stream();
    CHECK_FALSE(old.response().complete);
}

TEST_CASE("half-closed clients get answers that are ready, not ones that are pending") {
    TestServer server;
    auto probe = server.connect();
    probe.send(get("/hello") + get("/hello"));
    probe.shutdown_write();
    CHECK(probe.response().status == 200);
    CHECK(probe.response().status == 200);
    CHECK(probe.closed());
    auto large = server.connect();
    const std::string big(3'000'000, 'b');
    const std::string request = post("/echo", big);
    large.send(request);
    large.shutdown_write();
    CHECK(large.response().body == big);
    auto pending = server.connect();
    pending.send(get("/hold"));
    pending.shutdown_write();
    CHECK(pending.closed());
    CHECK(server.alive == 0);
}

TEST_CASE("an answer may come later, from outside the handler") {
    TestServer server;
    auto probe = server.connect();
    probe.send(post("/hold", "later") + get("/hello"));
    REQUIRE(server.until([&] { return server.held.size() == 1; }));
    server.turns(3);
    CHECK(server.made == 1);
    server.held[0]->respond({503, {}, "busy"});
    CHECK(server.alive == 1);  // not inside its own frame
    const auto response = probe.response();
    CHECK(response.status == 503);
    CHECK(response.body == "busy");
    CHECK(probe.response().status == 200);
}

TEST_CASE("A8: drain lets a running stream finish, then closes, idle connections close at once") {
    TestServer server;
    server.on_stream = [](Exchange& exchange) {
        exchange.begin_stream(200, {});
        exchange.out() += "begin ";
        exchange.commit();
    };
    auto idle = server.connect();
    CHECK(idle.exchange(get("/hello")).status == 200);
    auto pending = server.connect();
    pending.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
    auto streaming = server.connect();
    streaming.send(get("/hold"));
    streaming.read_past("begin ");
    int idle_calls = 0;
    server.server->drain([&] { ++idle_calls; });
    CHECK(idle.closed());
    CHECK_THROWS(server.connect());
    const auto late = pending.exchange("ok");
    CHECK(late.body == "ok");
    CHECK(late.headers.get("connection") == "close");
    server.turns(5);
    CHECK(idle_calls == 0);
    server.held[0]->out() += "end";
    server.held[0]->end_stream();
    CHECK(streaming.read_past("0\r\n\r\n").find("end") != std::string::npos);
    CHECK(streaming.closed());
    server.turns(2);
    CHECK(idle_calls == 1);
    CHECK(server.server->connections() == 0);
    server.server->drain([&] { ++idle_calls; });
    server.turns(2);
    CHECK(idle_calls == 2);
}

TEST_CASE("destroying the server destroys handlers and closes connections") {
    TestServer server;
    auto probe = server.connect();
    probe.send(get("/hold"));
    auto flooded = server.connect();
    small_buffers(flooded);
    flooded.send(get("/flood?100000000"));
    REQUIRE(server.until([&] { return server.held.size() == 1 && server.pauses > 0; }));
    server.server.reset();
    CHECK(server.alive == 0);
    CHECK(server.gauges.connections == 0);
    CHECK(server.gauges.requests_in_progress == 0);
    server.turns(2);
    CHECK(probe.closed());
}

TEST_CASE("a Unix socket: served, private, replaced when stale, refused when alive") {
    const test::TempDir dir;
    const std::string path = dir.path("kg.sock");
    {
        TestServer server({}, "unix:" + path);
        struct stat info {};
        REQUIRE(stat(path.c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0600);
        auto probe = test::HttpProbe::unix_socket(path, server.pump());
        const auto response = probe.exchange(get("/hello"));
        CHECK(response.status == 200);
        CHECK(response.headers.get("x-peer") == "unix");
        CHECK(server.server->port() == -1);
        CHECK_FALSE(server.server->listen("unix:" + path, false));
    }
    CHECK(access(path.c_str(), F_OK) != 0);

    const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(stale);
    TestServer again({}, "unix:" + path);
    CHECK(test::HttpProbe::unix_socket(path, again.pump()).exchange(get("/hello")).status == 200);

    const std::string file = dir.path("file");
    std::ofstream(file) << "precious";
    CHECK_FALSE(again.server->listen("unix:" + file, false));
    CHECK(access(file.c_str(), F_OK) == 0);
}

TEST_CASE("workers share one port, and a socket can be handed in") {
    TestServer server;
    REQUIRE(server.server->listen("127.0.0.1:0", true));
    Server first(server.loop, *server.router, server.errors, server.random, server.gauges, {});
    Server second(server.loop, *server.router, server.errors, server.random, server.gauges, {});
    REQUIRE(first.listen("localhost:0", true));
    REQUIRE(second.listen("127.0.0.1:" + std::to_string(first.port()), true));
    CHECK(second.port() == first.port());
    CHECK_FALSE(server.server->listen("127.0.0.1:" + std::to_string(server.server->port()), false));

    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    Server adopted(server.loop, *server.router, server.errors, server.random, server.gauges, {});
    REQUIRE(adopted.listen_fd(fd));
    auto probe = test::HttpProbe::tcp(adopted.port(), server.pump());
    CHECK(probe.exchange(get("/hello")).status == 200);
    CHECK_FALSE(adopted.listen_fd(-1));
}
