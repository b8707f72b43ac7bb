// Pool: caps, the queue, and how accounts come back.
#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Circuit;
using account::State;
using kiro::FailureClass;
using test::PoolRig;

namespace {

/// Requests that wait, and what they got, in the order they got it.
struct Line {
    PoolRig& rig;
    std::vector<std::string> order;  // names, as they were served
    std::vector<account::Lease> leases;
    std::vector<account::LeaseTicket> tickets;
    std::optional<Error> error;

    void join(const std::string& name, const std::string& key, account::LeaseRequest request = {}) {
        if (request.wire_model.empty()) request.wire_model = "m";
        request.key = key;
        auto ticket = rig.pool.wait(request, rig.wakeup.door(), [this, name](Result<account::Lease> lease) {
            order.push_back(name);
            if (lease)
                leases.push_back(std::move(*lease));
            else
                error = std::move(lease).error();
        });
        if (ticket)
            tickets.push_back(std::move(*ticket));
        else
            error = std::move(ticket).error();
    }
};

}  // namespace

TEST_CASE("E9: an account takes no more than its cap, its own before the default one") {
    PoolRig rig(2, {.concurrency_max = 3});
    rig.records[1].max_concurrency = 1;
    rig.pool.load(rig.records);
    std::vector<account::Lease> held;
    for (int i = 0; i < 4; ++i) held.push_back(rig.take());
    CHECK(rig.view("a0").in_flight == 3);
    CHECK(rig.view("a1").in_flight == 1);
    auto refused = rig.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::overloaded);
    CHECK(refused.error().retry_after);
    CHECK(refused.error().message.find("a0") == std::string::npos);
    CHECK(rig.pool.any_usable());
    rig.pool.configure({.concurrency_max = 4});
    CHECK(rig.pick() == "a0");
}

TEST_CASE("E9: those who wait are served in turn between keys, first come first within a key") {
    PoolRig rig(1, {.concurrency_max = 1});
    auto held = rig.take();
    Line line{rig, {}, {}, {}, {}};
    for (const auto* name : {"greedy1", "greedy2", "greedy3", "greedy4"}) line.join(name, "greedy");
    line.join("modest1", "modest");
    line.join("other1", "other");
    line.join("modest2", "modest");
    rig.run();
    CHECK(line.order.empty());
    CHECK(rig.pool.waiting() == 7);
    held = {};
    for (int i = 0; i < 7; ++i) {
        rig.run();
        REQUIRE(line.leases.size() == 1);
        line.leases.clear();
    }
    CHECK(line.order == std::vector<std::string>{"greedy1", "modest1", "other1", "greedy2", "modest2",
                                                 "greedy3", "greedy4"});
    CHECK(rig.view("a0").in_flight == 0);
}

TEST_CASE("E9: a client that leaves gives its place up, before and after it was served") {
    PoolRig rig(1, {.concurrency_max = 1});
    auto held = rig.take();
    Line line{rig, {}, {}, {}, {}};
    line.join("first", "k");
    line.join("second", "k");
    line.tickets[0] = {};
    CHECK(rig.pool.waiting() == 1);
    held = {};  // the lease for "second" is on its way
    line.tickets[1] = {};
    CHECK(rig.pool.waiting() == 0);
    rig.run();
    CHECK(line.order == std::vector<std::string>{"second"});
    line.leases.clear();  // what a receiver that is gone does
    CHECK(rig.view("a0").in_flight == 0);
}

TEST_CASE("E9: the queue is bounded, and whoever can be served does not wait") {
    PoolRig rig(2, {.concurrency_max = 1, .queue_max = 2});
    rig.pool.set_models("a1", {"opus"});
    rig.pool.set_models("a0", {"haiku"});
    auto held = rig.take({.wire_model = "haiku"});
    Line line{rig, {}, {}, {}, {}};
    line.join("one", "k", {.wire_model = "haiku"});
    line.join("two", "k", {.wire_model = "opus"});
    rig.run();
    CHECK(line.order == std::vector<std::string>{"two"});
    line.join("three", "k", {.wire_model = "haiku"});
    CHECK_FALSE(line.error);
    line.join("four", "k", {.wire_model = "haiku"});
    REQUIRE(line.error);
    CHECK(line.error->kind == ErrorKind::overloaded);
    CHECK(line.error->retry_after);
}

TEST_CASE("E9: those who wait learn it when no account will come, and get one that came back by itself") {
    PoolRig rig(2, {.concurrency_max = 1});
    auto one = rig.take(), two = rig.take();
    Line line{rig, {}, {}, {}, {}};
    line.join("one", "k");
    rig.fail("a0", FailureClass::throttled);
    rig.run();
    CHECK(line.order.empty());  // a1 is merely busy
    rig.clock.advance(30s);
    one = {};
    rig.pool.tick();
    rig.run();
    CHECK(line.order == std::vector<std::string>{"one"});
    line.leases.clear();
    auto again = rig.take();
    line.join("two", "k");
    rig.fail("a0", FailureClass::suspended);
    rig.fail("a1", FailureClass::suspended);
    rig.run();
    REQUIRE(line.error);
    CHECK(line.error->kind == ErrorKind::account_suspended);
}

TEST_CASE("E3: an account comes back with one request at a time, and fully with its first event") {
    PoolRig rig(1);
    rig.fail("a0", FailureClass::throttled);
    CHECK(rig.view("a0").circuit == Circuit::open);
    rig.clock.advance(30s);
    CHECK(rig.view("a0").circuit == Circuit::half_open);
    auto probe = rig.take();
    REQUIRE(probe);
    CHECK(probe.is_probe());
    CHECK(rig.pick() == "none: overloaded");
    SECTION("it answers") {
        rig.pool.report_first_event(probe, rig.clock.steady());
        CHECK(rig.view("a0").state == State::ok);
        CHECK(rig.pick() == "a0");
    }
    SECTION("its client leaves") {
        probe = {};
        CHECK(rig.pick() == "a0");
    }
    SECTION("it fails") {
        rig.pool.report_failure(probe, rig.clock.steady(), "m", test::pool_failure(FailureClass::throttled));
        probe = {};
        CHECK(rig.pick() == "none: no_account");
        rig.clock.advance(29s);
        CHECK(rig.pick() == "none: no_account");
        rig.clock.advance(1s);
        CHECK(rig.take().is_probe());  // half of the doubled pause is over
    }
}

TEST_CASE("E3: while every account is cooling one probe at a time asks the least bad, after a rest") {
    PoolRig rig(3);
    rig.fail("a0", FailureClass::throttled, 4);          // 30 s, doubled to 240 s
    rig.fail("a1", FailureClass::rate_limited_user, 5);  // 8 s, doubled to 120 s
    rig.fail("a2", FailureClass::suspicious_activity);   // 600 s, and not to be pressed
    auto none = rig.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::no_account);
    CHECK(none.error().retry_after == 120s);
    rig.clock.advance(59s);
    CHECK(rig.pick() == "none: no_account");
    rig.clock.advance(1s);
    auto probe = rig.take();
    REQUIRE(probe);
    CHECK(probe.account_id() == "a1");
    CHECK(probe.is_probe());
    for (int i = 0; i < 100; ++i) CHECK(rig.pick() == "none: no_account");  // no stampede
    SECTION("it answers: the account serves everybody") {
        rig.pool.report_first_event(probe, rig.clock.steady());
        CHECK(rig.pick() == "a1");
    }
    SECTION("it fails: the pause begins anew, the next probe is another account's") {
        rig.pool.report_failure(probe, rig.clock.steady(), "m",
                                test::pool_failure(FailureClass::rate_limited_user));
        probe = {};
        CHECK(rig.pick() == "none: no_account");
        rig.clock.advance(60s);
        CHECK(rig.take().is_probe());
    }
}

TEST_CASE("E6: no probe is sent to a suspended, disabled or signed-out account, nor before Retry-After") {
    PoolRig rig(4);
    rig.records[0].enabled = false;
    rig.pool.load(rig.records);
    rig.fail("a1", FailureClass::suspended);
    rig.fail("a2", FailureClass::login_lost);
    auto throttled = test::pool_failure(FailureClass::throttled);
    throttled.retry_after = 1h;
    rig.pool.report_failure("a3", "m", throttled);
    for (int minute = 0; minute < 59; ++minute) {
        rig.clock.advance(1min);
        CHECK(rig.pick() == "none: no_account");
    }
    rig.clock.advance(1min);
    CHECK(rig.pick() == "a3");
}

TEST_CASE("F2: requests that were under way when an account went out do not prolong its pause") {
    PoolRig rig(1);
    const auto began = rig.clock.steady();
    std::vector<account::Lease> under_way;
    for (int i = 0; i < 20; ++i) under_way.push_back(rig.take());
    rig.clock.advance(1s);
    for (auto& lease : under_way)
        rig.pool.report_failure(lease, began, "m", test::pool_failure(FailureClass::throttled));
    rig.pool.report_success(under_way[0], began);  // it began before, and says nothing about now
    CHECK(rig.view("a0").state == State::cooling);
    rig.clock.advance(30s);
    CHECK(rig.view("a0").usable);
}

TEST_CASE("the account's circuit opens by rate: five failures among many successes open nothing") {
    PoolRig rig(1);
    for (int i = 0; i < 20; ++i) {
        rig.pool.report_success("a0");
        if (i % 4 == 0) rig.fail("a0", FailureClass::transient);
    }
    CHECK(rig.view("a0").circuit == Circuit::closed);
    rig.fail("a0", FailureClass::transient, 20);
    CHECK(rig.view("a0").circuit == Circuit::open);
    auto reset = rig.records;
    reset[0].state_since_ms = to_ms(rig.clock.wall()) + 1;  // account edit --reset
    rig.pool.load(reset);
    CHECK(rig.view("a0").circuit == Circuit::closed);
    CHECK(rig.view("a0").health == 80);
}

TEST_CASE("the lease of a removed account ends without touching a new one of the same id") {
    PoolRig rig(1);
    auto old = rig.take();
    rig.pool.load({});
    rig.pool.load(rig.records);
    auto fresh = rig.take();
    rig.pool.report_failure(old, rig.clock.steady(), "m", test::pool_failure(FailureClass::suspended));
    old = {};
    CHECK(rig.view("a0").in_flight == 1);
    CHECK(rig.view("a0").usable);
}

TEST_CASE("E9: a key that fills the queue gives its last places up to keys that wait less") {
    PoolRig rig(1, {.concurrency_max = 1, .queue_max = 4});
    auto held = rig.take();
    Line line{rig, {}, {}, {}, {}};
    for (const auto* name : {"greedy1", "greedy2", "greedy3", "greedy4"}) line.join(name, "greedy");
    CHECK_FALSE(line.error);
    line.join("modest1", "modest");
    rig.run();
    CHECK(line.order == std::vector<std::string>{"greedy4"});
    REQUIRE(line.error);
    CHECK(line.error->kind == ErrorKind::overloaded);
    CHECK(line.error->retry_after);
    line.join("modest2", "modest");
    rig.run();
    CHECK(line.order == std::vector<std::string>{"greedy4", "greedy3"});
    // Now both wait for the same: neither pushes the other out, nor itself.
    for (const auto* key : {"modest", "greedy"}) {
        line.error.reset();
        line.join("more", key);
        REQUIRE(line.error);
        CHECK(line.error->kind == ErrorKind::overloaded);
    }
    CHECK(rig.pool.waiting() == 4);
    line.order.clear();
    held = {};
    for (int i = 0; i < 4; ++i) {
        rig.run();
        line.leases.clear();
    }
    CHECK(line.order == std::vector<std::string>{"greedy1", "modest1", "greedy2", "modest2"});
    CHECK(rig.view("a0").in_flight == 0);
}
