#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include "core/loop/poll.hpp"
#include "core/loop/signal.hpp"
#include "core/loop/timer.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::chrono_literals;

TEST_CASE("a loop with nothing to do returns") {
    loop::Loop loop;
    loop.run();
    CHECK_FALSE(loop.run_once());
}

TEST_CASE("the loop's clock is the steady clock") {
    loop::Loop loop;
    const auto before = std::chrono::steady_clock::now();
    loop.run_once(false);
    loop::Timer tick(loop, [] {});
    tick.start(1ms);
    loop.run();
    const auto after = std::chrono::steady_clock::now();
    CHECK(loop.now() >= std::chrono::floor<std::chrono::milliseconds>(before));
    CHECK(loop.now() <= after);
}

TEST_CASE("timers fire once or repeat, until stopped or destroyed") {
    loop::Loop loop;
    int once = 0;
    int often = 0;
    loop::Timer single(loop, [&] { ++once; });
    std::unique_ptr<loop::Timer> repeating;
    repeating = std::make_unique<loop::Timer>(loop, [&] {
        if (++often == 3) repeating.reset();
    });
    single.start(1ms);
    repeating->start(1ms, 1ms);
    CHECK(single.active());
    loop.run();
    CHECK(once == 1);
    CHECK(often == 3);
    CHECK_FALSE(single.active());

    single.start(1h);
    single.start(0ms);  // re-arms
    loop.run();
    CHECK(once == 2);
    single.start(1ms);
    single.stop();
    loop.run();
    CHECK(once == 2);
}

TEST_CASE("stop ends run at the end of the turn") {
    loop::Loop loop;
    loop::Timer forever(loop, [] {});
    forever.start(1h);
    loop::Timer stop(loop, [&] { loop.stop(); });
    stop.start(1ms);
    loop.run();
    CHECK(forever.active());
}

TEST_CASE("a signal reaches its watchers and alone does not keep the loop running") {
    loop::Loop loop;
    int heard = 0;
    std::unique_ptr<loop::Signal> usr1;
    usr1 = std::make_unique<loop::Signal>(loop, SIGUSR1, [&] {
        ++heard;
        usr1.reset();
        loop.stop();
    });
    loop.run();
    loop::Timer forever(loop, [] {});
    forever.start(1h);
    REQUIRE(::raise(SIGUSR1) == 0);
    loop.run();
    CHECK(heard == 1);
}

TEST_CASE("a poll reports what is watched, and its descriptor may be watched again at once") {
    loop::Loop loop;
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    std::string log;
    const auto note = [&](loop::Poll::Events events) {
        log += events.readable ? "r" : "";
        log += events.writable ? "w" : "";
    };
    auto poll = std::make_unique<loop::Poll>(loop, pair[0], note);
    REQUIRE(poll->watch(false, true));
    loop.run_once();
    CHECK(log == "w");
    REQUIRE(poll->watch(true, false));
    loop.run_once(false);
    CHECK(log == "w");
    REQUIRE(::write(pair[1], "x", 1) == 1);
    loop.run_once();
    CHECK(log == "wr");

    loop::Poll second(loop, pair[0], note);
    CHECK_FALSE(second.watch(true, false));  // still watched by the first
    poll = nullptr;
    loop::Poll third(loop, pair[0], note);
    CHECK(third.watch(true, false));
    loop.run_once();
    CHECK(log == "wrr");
    third.set_keeps_alive(false);
    REQUIRE(third.watch(false, false));
    loop.run();
    ::close(pair[0]);
    ::close(pair[1]);
}
