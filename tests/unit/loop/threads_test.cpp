#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/loop/timer.hpp"
#include "core/loop/wakeup.hpp"
#include "core/loop/worker.hpp"
#include "tests/support/catch.hpp"

using namespace kg;

TEST_CASE("jobs from many threads run on the loop, each thread's in order") {
    loop::Loop loop;
    std::optional<loop::Wakeup> wakeup;
    wakeup.emplace(loop);
    constexpr int kThreads = 4;
    constexpr int kJobs = 500;
    std::vector<int> last(kThreads, -1);
    int done = 0;
    bool ordered = true;
    const auto loop_thread = std::this_thread::get_id();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, door = wakeup->door(), t] {
            for (int i = 0; i < kJobs; ++i) {
                door.post([&, t, i] {
                    ordered &= std::this_thread::get_id() == loop_thread;
                    ordered &= last[static_cast<std::size_t>(t)] == i - 1;
                    last[static_cast<std::size_t>(t)] = i;
                    if (++done == kThreads * kJobs) wakeup.reset();
                });
            }
        });
    }
    loop.run();
    for (auto& thread : threads) thread.join();
    CHECK(ordered);
    CHECK(done == kThreads * kJobs);
}

TEST_CASE("a door outlives its wakeup and drops what it is given") {
    loop::Loop loop;
    auto wakeup = std::make_unique<loop::Wakeup>(loop);
    const loop::Wakeup::Door door = wakeup->door();
    const auto token = std::make_shared<int>(1);
    bool ran = false;
    CHECK(door.post([&ran, token] { ran = true; }));
    wakeup.reset();
    CHECK(token.use_count() == 1);  // dropped with the wakeup, unrun
    CHECK_FALSE(door.post([&ran, token] { ran = true; }));
    CHECK(token.use_count() == 1);
    loop.run();
    CHECK_FALSE(ran);
    CHECK_FALSE(loop::Wakeup::Door{}.post([] {}));
}

TEST_CASE("a job may destroy the wakeup: the rest is dropped") {
    loop::Loop loop;
    auto wakeup = std::make_unique<loop::Wakeup>(loop);
    int ran = 0;
    wakeup->door().post([&] { ++ran, wakeup.reset(); });
    wakeup->door().post([&] { ++ran; });
    loop.run();
    CHECK(ran == 1);
}

TEST_CASE("a job may post the next one") {
    loop::Loop loop;
    auto wakeup = std::make_unique<loop::Wakeup>(loop);
    int ran = 0;
    wakeup->door().post([&] {
        ++ran;
        wakeup->door().post([&] { ++ran, wakeup.reset(); });
    });
    loop.run();
    CHECK(ran == 2);
}

TEST_CASE("posting and destroying race safely") {
    for (int round = 0; round < 50; ++round) {
        loop::Loop loop;
        auto wakeup = std::make_unique<loop::Wakeup>(loop);
        std::thread poster([door = wakeup->door()] {
            while (door.post([] {})) {
            }
        });
        loop.run_once();
        wakeup.reset();
        poster.join();
    }
}

TEST_CASE("a wakeup can leave the loop free to return") {
    loop::Loop loop;
    loop::Wakeup wakeup(loop);
    wakeup.set_keeps_alive(false);
    loop.run();
    CHECK(wakeup.door().post([] {}));
}

TEST_CASE("a worker runs jobs in order and returns results through a door") {
    loop::Loop loop;
    std::optional<loop::Wakeup> wakeup;
    wakeup.emplace(loop);
    std::string log;
    {
        loop::Worker worker;
        const auto loop_thread = std::this_thread::get_id();
        for (const char name : {'a', 'b', 'c'}) {
            REQUIRE(worker.post([&, door = wakeup->door(), name] {
                const bool elsewhere = std::this_thread::get_id() != loop_thread;
                door.post([&, name, elsewhere] {
                    log += elsewhere ? name : '?';
                    if (name == 'c') wakeup.reset();
                });
            }));
        }
        loop.run();
    }
    CHECK(log == "abc");
}

TEST_CASE("a full worker says so, and its destructor runs what is queued") {
    std::promise<void> started;
    std::promise<void> release;
    std::atomic<int> ran = 0;
    {
        loop::Worker worker(2);
        REQUIRE(worker.post([&, gate = release.get_future()]() mutable {
            started.set_value();
            gate.wait();
            ++ran;
        }));
        started.get_future().wait();
        CHECK(worker.post([&] { ++ran; }));
        CHECK(worker.post([&] { ++ran; }));
        CHECK_FALSE(worker.post([&] { ++ran; }));
        CHECK(worker.queued() == 2);
        release.set_value();
    }
    CHECK(ran == 3);
}
