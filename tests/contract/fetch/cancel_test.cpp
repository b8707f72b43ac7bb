// Destroying a Fetch, wherever that happens: the peer loses its connection, the handler hears
// nothing.

#include <memory>

#include "core/fetch/curl_fetcher.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fetch_probe.hpp"
#include "tests/support/raw_server.hpp"

using namespace kg;
using namespace kg::test;

namespace {

/// Head and one chunk, then silence.
Script stalling() {
    return {send_bytes(kChunkedHead), send_bytes(chunk("hello")), stall()};
}

struct Rig {
    explicit Rig(Script script) : server(std::move(script)) {}
    RawServer server;
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
};

}  // namespace

TEST_CASE("a fetch cancelled before the loop turns never connects") {
    Rig rig(stalling());
    FetchProbe probe;
    rig.fetcher.start(get(rig.server.url()), probe).reset();
    spin(rig.loop);
    CHECK(probe.calls.empty());
    CHECK(rig.server.accepted() == 0);
    CHECK(rig.fetcher.active() == 0);
}

TEST_CASE("A1 A7: a cancelled stalled transfer loses its connection within one loop turn") {
    Rig rig(stalling());
    FetchProbe probe;
    probe.fetch = rig.fetcher.start(get(rig.server.url()), probe);
    REQUIRE(run_until(rig.loop, [&] { return probe.body == "hello"; }));
    REQUIRE(rig.server.open() == 1);
    probe.fetch.reset();
    rig.loop.run_once(false);
    CHECK(rig.fetcher.active() == 0);
    CHECK(rig.server.wait_open(0));
    CHECK(probe.calls == "hb|");
}

TEST_CASE("A5: a transfer cancelled before its head loses its connection within one loop turn") {
    Rig rig({stall()});
    FetchProbe probe;
    probe.fetch = rig.fetcher.start(get(rig.server.url()), probe);
    REQUIRE(run_until(rig.loop, [&] { return rig.server.requests().size() == 1; }));
    probe.fetch.reset();
    rig.loop.run_once(false);
    CHECK(rig.server.wait_open(0));
    CHECK(probe.calls.empty());
}

TEST_CASE("a fetch cancelled in on_head, on_body or on_batch is not heard of again") {
    Rig rig(stalling());
    FetchProbe probe;
    std::string expected;
    SECTION("on_head") {
        probe.at_head = [&] { probe.fetch.reset(); };
        expected = "h";
    }
    SECTION("on_body") {
        probe.at_body = [&] { return probe.fetch.reset(), Flow::more; };
        expected = "hb";
    }
    SECTION("on_body, answering pause") {
        probe.at_body = [&] { return probe.fetch.reset(), Flow::pause; };
        expected = "hb";
    }
    SECTION("on_batch") {
        probe.at_batch = [&] { probe.fetch.reset(); };
        expected = "hb|";
    }
    probe.fetch = rig.fetcher.start(get(rig.server.url()), probe);
    REQUIRE(run_until(rig.loop, [&] { return probe.fetch == nullptr; }));
    spin(rig.loop);
    CHECK(probe.calls == expected);
    CHECK(rig.fetcher.active() == 0);
    CHECK(rig.server.wait_open(0));
}

TEST_CASE("a fetch may be destroyed in on_done and in on_failure") {
    const bool fails = GENERATE(false, true);
    Rig rig(fails ? Script{send_bytes(kChunkedHead), close_now()} : Script{send_bytes(answer("ok"))});
    FetchProbe probe;
    probe.at_end = [&] { probe.fetch.reset(); };
    probe.fetch = rig.fetcher.start(get(rig.server.url()), probe);
    REQUIRE(run_until(rig.loop, [&] { return probe.fetch == nullptr; }));
    spin(rig.loop);
    CHECK(probe.calls == (fails ? "h!" : "hb."));
    CHECK(rig.fetcher.active() == 0);
}

TEST_CASE("the owner of both handler and fetch may delete itself in every call") {
    const char where = GENERATE('h', 'b', '|', '.', '!');
    Rig rig(where == '.'   ? Script{send_bytes(answer("ok"))}
            : where == '!' ? Script{send_bytes(kChunkedHead), close_now()}
                           : stalling());
    auto owner = std::make_unique<FetchProbe>();
    const auto die = [&owner] { owner.reset(); };
    // The closures live in the owner: each copies what it needs before it goes.
    if (where == 'h')
        owner->at_head = [die] {
            auto now = die;
            now();
        };
    if (where == 'b')
        owner->at_body = [die] {
            auto now = die;
            now();
            return Flow::more;
        };
    if (where == '|')
        owner->at_batch = [die] {
            auto now = die;
            now();
        };
    if (where == '.' || where == '!')
        owner->at_end = [die] {
            auto now = die;
            now();
        };
    owner->fetch = rig.fetcher.start(get(rig.server.url()), *owner);
    REQUIRE(run_until(rig.loop, [&] { return owner == nullptr; }));
    spin(rig.loop);
    CHECK(rig.fetcher.active() == 0);
}

TEST_CASE("one handler may cancel another transfer and start a third") {
    Rig rig({send_bytes(kChunkedHead), send_bytes(chunk("x")), wait_gate(), send_bytes(kLastChunk)});
    FetchProbe first;
    FetchProbe second;
    FetchProbe third;
    second.fetch = rig.fetcher.start(get(rig.server.url("/2")), second);
    REQUIRE(run_until(rig.loop, [&] { return second.body == "x"; }));
    first.at_body = [&] {
        second.fetch.reset();
        third.fetch = rig.fetcher.start(get(rig.server.url("/3")), third);
        return Flow::more;
    };
    first.fetch = rig.fetcher.start(get(rig.server.url("/1")), first);
    REQUIRE(run_until(rig.loop, [&] { return third.body == "x"; }));
    rig.server.open_gate(3);  // the cancelled connection's script takes one as well
    REQUIRE(run_until(rig.loop, [&] { return first.done && third.done; }));
    CHECK(second.calls == "hb|");
    CHECK(rig.fetcher.active() == 0);
}

TEST_CASE("a paused transfer can be cancelled") {
    Rig rig({send_bytes("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n"),
             send_times(std::string(65536, 'x'), 128)});
    FetchProbe probe;
    probe.at_body = [] { return Flow::pause; };
    probe.fetch = rig.fetcher.start(get(rig.server.url()), probe);
    REQUIRE(run_until(rig.loop, [&] { return probe.body_bytes > 0; }));
    spin(rig.loop);
    probe.fetch.reset();
    rig.loop.run_once(false);
    CHECK(rig.server.wait_open(0));
    CHECK(rig.fetcher.active() == 0);
}

TEST_CASE("cancelling during a name look-up does not wait for it") {
    loop::Loop loop;
    fetch::CurlFetcher fetcher{loop};
    FetchProbe probe;
    probe.fetch = fetcher.start(get("http://nonexistent.invalid/"), probe);
    loop.run_once(false);
    const auto heard = probe.calls;  // without a network a resolver may have given up already
    probe.fetch.reset();
    CHECK(run_until(loop, [&] { return fetcher.active() == 0; }));
    CHECK(probe.calls == heard);
}

TEST_CASE("a fetcher may go as soon as its fetches are gone") {
    RawServer server(stalling());
    loop::Loop loop;
    FetchProbe probe;
    {
        fetch::CurlFetcher fetcher{loop};
        probe.fetch = fetcher.start(get(server.url()), probe);
        REQUIRE(run_until(loop, [&] { return probe.body == "hello"; }));
        probe.fetch.reset();
    }
    CHECK(server.wait_open(0));
    CHECK(probe.calls == "hb|");
}
