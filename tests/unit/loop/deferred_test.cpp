#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "core/loop/loop.hpp"
#include "core/loop/poll.hpp"
#include "core/loop/timer.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::chrono_literals;
using loop::Deferred;

TEST_CASE("a deferred runs once for many schedules, in order of the first") {
    loop::Loop loop;
    std::string log;
    Deferred a(loop, [&] { log += 'a'; });
    Deferred b(loop, [&] { log += 'b'; });
    b.schedule();
    a.schedule();
    b.schedule();
    CHECK(log.empty());
    loop.run();
    CHECK(log == "ba");
    CHECK_FALSE(a.scheduled());
    b.schedule();
    loop.run();
    CHECK(log == "bab");
}

TEST_CASE("cancelled and destroyed deferreds do not run") {
    loop::Loop loop;
    std::string log;
    Deferred a(loop, [&] { log += 'a'; });
    std::optional<Deferred> b;
    b.emplace(loop, [&] { log += 'b'; });
    Deferred c(loop, [&] { log += 'c'; });
    a.schedule();
    b->schedule();
    c.schedule();
    a.cancel();
    b.reset();
    loop.run();
    CHECK(log == "c");
}

TEST_CASE("a deferred may cancel and destroy others, and itself") {
    loop::Loop loop;
    std::string log;
    auto text = std::make_unique<std::string>("own");
    std::unique_ptr<Deferred> self;
    std::unique_ptr<Deferred> other;
    self = std::make_unique<Deferred>(loop, [&, text = std::move(text)] {
        self.reset();
        other.reset();
        log += *text;  // the closure outlives its Deferred until it returns
    });
    other = std::make_unique<Deferred>(loop, [&] { log += "other"; });
    self->schedule();
    other->schedule();
    loop.run();
    CHECK(log == "own");
}

TEST_CASE("what a deferred schedules runs in the same turn") {
    loop::Loop loop;
    std::string log;
    Deferred second(loop, [&] { log += '2'; });
    Deferred first(loop, [&] { log += '1', second.schedule(); });
    first.schedule();
    loop.run_once(false);
    CHECK(log == "12");
}

TEST_CASE("a deferred that schedules itself for ever does not starve the sockets") {
    loop::Loop loop;
    int sockets[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    bool readable = false;
    {
        loop::Poll poll(loop, sockets[0], [&](loop::Poll::Events events) {
            readable = events.readable;
            loop.stop();
        });
        REQUIRE(poll.watch(true, false));
        std::unique_ptr<Deferred> again;
        again = std::make_unique<Deferred>(loop, [&] { again->schedule(); });
        again->schedule();
        REQUIRE(::write(sockets[1], "x", 1) == 1);
        loop.run();
        CHECK(again->scheduled());
    }
    CHECK(readable);
    ::close(sockets[0]);
    ::close(sockets[1]);
}

TEST_CASE("many socket callbacks of one turn are followed by one deferred run") {
    loop::Loop loop;
    int pairs[3][2];
    int events_seen = 0;
    std::string log;
    Deferred flush(loop, [&] { log += std::to_string(events_seen); });
    std::vector<std::unique_ptr<loop::Poll>> polls;
    for (auto& pair : pairs) {
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        REQUIRE(::write(pair[1], "x", 1) == 1);
        polls.push_back(std::make_unique<loop::Poll>(loop, pair[0], [&](loop::Poll::Events) {
            ++events_seen;
            flush.schedule();
        }));
        REQUIRE(polls.back()->watch(true, false));
    }
    loop.run_once();
    CHECK(log == "3");
    polls.clear();
    for (const auto& pair : pairs) ::close(pair[0]), ::close(pair[1]);
}

TEST_CASE("a deferred scheduled by a timer runs before the loop blocks") {
    loop::Loop loop;
    std::string log;
    loop::Timer late(loop, [&] { log += 'L'; });
    late.start(1h);
    Deferred deferred(loop, [&] { log += 'd', loop.stop(); });
    loop::Timer soon(loop, [&] { log += 't', deferred.schedule(); });
    soon.start(1ms);
    loop.run();
    CHECK(log == "td");
}

namespace {

/// Longer than a whole turn gives to paced work.
void work_hard() {
    const auto until = std::chrono::steady_clock::now() + 2ms;
    while (std::chrono::steady_clock::now() < until) {
    }
}

}  // namespace

TEST_CASE("costly paced work takes turns with what is in flow, in its order") {
    loop::Loop loop;
    std::string log;
    Deferred flow(loop, [&] { log += '.'; });
    std::vector<std::unique_ptr<Deferred>> crowd;
    for (const char name : {'a', 'b', 'c'}) {
        crowd.push_back(std::make_unique<Deferred>(
            loop,
            [&, name] {
                work_hard();
                log += name;
                flow.schedule();  // runs before the next one of the crowd
            },
            Deferred::Pace::share));
        crowd.back()->schedule();
    }
    loop.run_once(false);
    CHECK(log == "a.");
    crowd[1].reset();
    flow.schedule();
    loop.run_once();  // does not block: one is left
    CHECK(log == "a..c.");
    loop.run();
    CHECK(log == "a..c.");
}

TEST_CASE("cheap paced work is done in one turn, after the rest") {
    loop::Loop loop;
    std::string log;
    Deferred paced(
        loop, [&] { log += 'p'; }, Deferred::Pace::share);
    Deferred second(
        loop, [&] { log += 'q'; }, Deferred::Pace::share);
    Deferred prompt(loop, [&] { log += '.'; });
    paced.schedule();
    second.schedule();
    prompt.schedule();
    loop.run_once(false);
    CHECK(log == ".pq");
}
