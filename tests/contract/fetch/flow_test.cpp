// The pace of a body: pieces, batches, pause and resume.

#include "core/fetch/curl_fetcher.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fetch_probe.hpp"
#include "tests/support/raw_server.hpp"

using namespace kg;
using namespace kg::test;

namespace {

constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kPieces = 512;

Script large_body() {
    return {send_bytes("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kPieceBytes * kPieces) +
                       "\r\n\r\n"),
            send_times(std::string(kPieceBytes, 'x'), kPieces)};
}

}  // namespace

TEST_CASE("many chunks that arrive in one packet make one batch") {
    std::string packet = kChunkedHead;
    for (int i = 0; i < 10; ++i) packet += chunk("data: 12345\n\n");
    RawServer server({send_bytes(packet), wait_gate(), send_bytes(chunk("tail") + kLastChunk)});
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.fetch = fetcher.start(get(server.url()), probe);
    REQUIRE(run_until(loop, [&] { return probe.body_bytes == 130; }));
    CHECK(probe.calls == "hbbbbbbbbbb|");
    server.open_gate();
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    // What ends the transfer is flushed by its ending.
    CHECK(probe.calls == "hbbbbbbbbbb|b.");
}

TEST_CASE("chunks with extensions, padding and trailers are the same body however they are cut") {
    const std::string coded =
        "5;name=\"v\"\r\nhello\r\n001 \t\r\n,\r\n6\r\n world\r\n0;last\r\nX-T: 1\r\n\r\n";
    for (std::size_t cut = 1; cut < coded.size(); ++cut) {
        RawServer server(
            {send_bytes(kChunkedHead + coded.substr(0, cut)), wait_gate(), send_bytes(coded.substr(cut))});
        loop::Loop loop;
        fetch::CurlFetcher fetcher{loop};
        FetchProbe probe;
        probe.fetch = fetcher.start(get(server.url()), probe);
        REQUIRE(run_until(loop, [&] { return probe.head.status == 200; }));
        server.open_gate();
        REQUIRE(run_until(loop, [&] { return probe.ended(); }));
        INFO("cut at " << cut << ": " << probe.calls);
        CHECK_FALSE(probe.failure);
        CHECK(probe.body == "hello, world");
    }
}

TEST_CASE("a body of chunks longer than a read is complete") {
    std::string packet = kChunkedHead;
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        const std::string piece = std::to_string(i) + std::string(static_cast<std::size_t>(i) % 97, 'y');
        packet += chunk(piece);
        expected += piece;
    }
    RawServer server({send_bytes(packet + kLastChunk)});
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.fetch = fetcher.start(get(server.url()), probe);
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    CHECK_FALSE(probe.failure);
    CHECK(probe.body == expected);
}

TEST_CASE("an answer without body is head and done") {
    RawServer server({send_bytes("HTTP/1.1 204 No Content\r\n\r\n")});
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.fetch = fetcher.start(get(server.url()), probe);
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    CHECK(probe.calls == "h.");
    CHECK(probe.head.status == 204);
}

TEST_CASE("a paused body stays with its sender and is complete after resume") {
    RawServer server(large_body());
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.keep_body = false;
    probe.at_body = [] { return Flow::pause; };
    probe.fetch = fetcher.start(get(server.url()), probe);
    REQUIRE(run_until(loop, [&] { return probe.body_bytes > 0; }));
    spin(loop);
    CHECK(probe.count('b') == 1);
    CHECK(probe.body_bytes <= kPieceBytes);
    CHECK(server.sent_bytes() < kPieceBytes * kPieces / 2);

    loop::Deferred resume(loop, [&] { probe.fetch->resume(); });
    probe.at_body = [&] { return resume.schedule(), Flow::pause; };
    probe.fetch->resume();
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    CHECK(probe.done);
    CHECK(probe.body_bytes == kPieceBytes * kPieces);
}

TEST_CASE("resume in on_batch and resume inside on_body of the next piece keep the order") {
    RawServer server(large_body());
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.keep_body = false;
    probe.at_body = [] { return Flow::pause; };
    probe.at_batch = [&] { probe.fetch->resume(); };
    probe.fetch = fetcher.start(get(server.url()), probe);
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    CHECK(probe.done);
    CHECK(probe.body_bytes == kPieceBytes * kPieces);
}

TEST_CASE("resume without a pause, and after the end, does nothing") {
    RawServer server({send_bytes(kChunkedHead), wait_gate(), send_bytes(chunk("x") + kLastChunk)});
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.fetch = fetcher.start(get(server.url()), probe);
    probe.fetch->resume();
    REQUIRE(run_until(loop, [&] { return probe.calls == "h"; }));
    probe.fetch->resume();
    spin(loop);
    server.open_gate();
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    probe.fetch->resume();
    spin(loop);
    CHECK(probe.calls == "hb.");
}

TEST_CASE("resume may be asked for before curl has noticed the pause") {
    RawServer server({send_bytes(kChunkedHead), send_bytes(chunk("one")), wait_gate(),
                      send_bytes(chunk("two") + kLastChunk)});
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.at_body = [] { return Flow::pause; };
    probe.fetch = fetcher.start(get(server.url()), probe);
    REQUIRE(run_until(loop, [&] { return probe.body == "one"; }));
    probe.fetch->resume();
    server.open_gate();
    REQUIRE(run_until(loop, [&] { return probe.ended(); }));
    CHECK(probe.body == "onetwo");
}
