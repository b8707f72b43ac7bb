// Random operations on the limiter against an oracle that keeps a ledger and counts everything anew.
#include <random>

#include "core/access/authenticator.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kTickMs = 10,
                       kToken = 60'000;  // the clock moves in ticks; levels in 1/60000 of a token

struct OracleBucket {
    std::int64_t rate = 0, burst = 0, level = 0;
    OracleBucket() = default;
    OracleBucket(std::int64_t r, std::int64_t b) : rate(r), burst(b), level(b * kToken) {}
    void pass(std::int64_t ticks) { level = std::min(level + rate * kTickMs * ticks, burst * kToken); }
    bool has(std::int64_t n) const { return rate == 0 || level >= std::min(n, burst) * kToken; }
    void take(std::int64_t n) { level = std::min(level - n * kToken, burst * kToken); }
};

struct Entry {
    std::int64_t day = 0, week = 0;
    std::int64_t micro = 0, tokens = 0;
};

struct OracleKey {
    store::Key record;
    OracleBucket requests, tokens;
    std::vector<Entry> settled;
    std::vector<Entry> running;
    std::int64_t expected = 1'000'000;
};

std::int64_t day_of(WallTime t) {
    return to_ms(t) / 86'400'000;
}
std::int64_t week_of(WallTime t) {
    return (day_of(t) + 3) / 7;  // 1970-01-01 was a Thursday
}

bool room(std::int64_t limit, std::int64_t used, std::int64_t reserved, std::int64_t wanted) {
    if (used >= limit) return false;
    return reserved == 0 || used + reserved + std::max<std::int64_t>(wanted, 1) <= limit;
}

struct Oracle {
    OracleBucket gateway, address[2];
    std::vector<OracleKey> keys;

    void pass(std::int64_t ticks) {
        gateway.pass(ticks);
        for (auto& a : address) a.pass(ticks);
        for (auto& k : keys) {
            k.requests.pass(ticks);
            k.tokens.pass(ticks);
        }
    }
    static bool budget_has_room(const OracleKey& k, std::int64_t micro, std::int64_t tokens, WallTime now) {
        const auto sum = [&](const std::vector<Entry>& entries, bool week, auto member) {
            std::int64_t out = 0;
            for (const auto& e : entries)
                out += (week ? e.week == week_of(now) : e.day == day_of(now)) ? e.*member : 0;
            return out;
        };
        const auto& day = k.record.quota(Period::day).credits;
        const auto& week = k.record.quota(Period::week).tokens;
        if (micro >= 0 && day &&
            !room(static_cast<std::int64_t>(*day * 1e6), sum(k.settled, false, &Entry::micro),
                  sum(k.running, false, &Entry::micro), micro))
            return false;
        return !week || room(*week, sum(k.settled, true, &Entry::tokens),
                             sum(k.running, true, &Entry::tokens), tokens);
    }
    bool admit(OracleKey& k, int from, WallTime now) {
        if (!gateway.has(1) || !address[from].has(1) || !k.requests.has(1) || !k.tokens.has(1)) return false;
        if (k.record.streams_max && static_cast<std::int64_t>(k.running.size()) >= *k.record.streams_max)
            return false;
        if (!budget_has_room(k, k.expected, 0, now)) return false;
        gateway.take(1);
        address[from].take(1);
        if (k.requests.rate) k.requests.take(1);
        k.running.push_back({day_of(now), week_of(now), k.expected, 0});
        return true;
    }
    bool reserve(OracleKey& k, std::size_t i, int from, std::int64_t n, WallTime now) {
        if (k.tokens.has(n) && budget_has_room(k, -1, n, now)) {
            k.running[i].tokens = n;
            if (k.tokens.rate) k.tokens.take(n);
            return true;
        }
        gateway.take(-1);
        address[from].take(-1);
        if (k.requests.rate) k.requests.take(-1);
        k.running.erase(k.running.begin() + static_cast<std::ptrdiff_t>(i));
        return false;
    }
    static void settle(OracleKey& k, std::size_t i, std::int64_t micro, std::int64_t tokens) {
        auto entry = k.running[i];
        k.running.erase(k.running.begin() + static_cast<std::ptrdiff_t>(i));
        if (k.tokens.rate) k.tokens.take(tokens - entry.tokens);
        if (micro >= k.expected)
            k.expected = micro;
        else if (micro > 0)
            k.expected -= (k.expected - std::max<std::int64_t>(micro, 1'000'000)) / 8;
        entry.micro = micro;
        entry.tokens = tokens;
        k.settled.push_back(entry);
    }
};

struct Running {
    access::Reservation held;
    int from = 0;
};

}  // namespace

TEST_CASE("F4, F5, F7: the limiter does what a ledger says, for any order of events") {
    const auto seed = GENERATE(range(1u, 31u));
    std::mt19937 random(seed);
    INFO("seed " << seed);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const IpAddress from[2] = {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::1")};

    test::ManualClock clock;
    access::Authenticator access(clock);
    Oracle oracle;
    oracle.gateway = {600, 20};
    for (auto& a : oracle.address) a = {300, 10};
    access.set_rates({.per_minute = 600, .burst = 20}, {.per_minute = 300, .burst = 10});
    std::vector<access::KeyState> states;
    std::vector<access::Principal> principals;
    for (int i = 0; i < 3; ++i) {
        OracleKey k;
        k.record.id = "key_" + std::to_string(i);
        k.record.key_hash = sha256(k.record.id);
        if (pick(2)) {
            k.record.requests_per_minute = 60 + pick(100);
            k.record.request_burst = 1 + pick(8);
            k.requests = {*k.record.requests_per_minute, *k.record.request_burst};
        }
        if (pick(2)) {
            k.record.tokens_per_minute = 1'000;
            k.tokens = {1'000, 1'000};
        }
        if (pick(2)) k.record.streams_max = 1 + pick(4);
        if (pick(3)) k.record.quota(Period::day).credits = 1 + pick(20);
        if (pick(3)) k.record.quota(Period::week).tokens = 1'000 + pick(20'000);
        states.emplace_back(k.record);
        oracle.keys.push_back(std::move(k));
    }
    access.load(states);
    for (const auto& k : oracle.keys) principals.push_back(*access.authenticate(k.record.id, from[0]));
    std::vector<std::vector<Running>> running(3);

    int admitted = 0, refused = 0;
    for (int step = 0; step < 4'000; ++step) {
        const auto key = static_cast<std::size_t>(pick(3));
        auto& k = oracle.keys[key];
        const auto now = clock.wall();
        const int action = pick(10);
        if (action < 5) {
            const int at = pick(2);
            const bool expected = oracle.admit(k, at, now);
            auto real = access.admit(principals[key], from[at]);
            REQUIRE(real.has_value() == expected);
            ++(expected ? admitted : refused);
            if (real) running[key].push_back({std::move(*real), at});
        } else if (action < 6 && !running[key].empty()) {
            const auto i = running[key].size() - 1;
            if (k.running[i].tokens > 0 || !running[key][i].held.counts_tokens()) continue;
            const auto tokens = 1 + pick(1'500);
            const bool expected = oracle.reserve(k, i, running[key][i].from, tokens, now);
            REQUIRE(access.reserve_tokens(running[key][i].held, tokens).has_value() == expected);
            if (!expected) running[key].pop_back();
        } else if (action < 8 && !running[key].empty()) {
            const auto i = static_cast<std::size_t>(pick(static_cast<int>(running[key].size())));
            const auto micro = pick(3) ? pick(2'500'000) : 0, tokens = pick(3) ? pick(2'000) : 0;
            Oracle::settle(k, i, micro, tokens);
            running[key][i].held.settle(micro / 1e6, tokens);
            running[key].erase(running[key].begin() + static_cast<std::ptrdiff_t>(i));
        } else if (action == 8) {
            access.load(states);  // records that know nothing of the spending: nothing is forgotten
        } else {
            const int ticks = pick(50) ? pick(60) : pick(60 * 60 * 100 * 30);  // now and then many hours
            oracle.pass(ticks);
            clock.advance(ticks * kTickMs * 1ms);
        }
    }
    CHECK(admitted > 100);
    CHECK(refused > 100);
}
