// Pool against a model of it that is too simple to be wrong: random operations, a manual clock.
#include <algorithm>
#include <random>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Lease;
using account::Scheduling;
using account::State;
using kiro::FailureClass;

namespace {

/// What must be true of one account.
struct Model {
    store::Account record;
    State state = State::unknown;
    SteadyTime cooling_until{}, cooled_at{};
    WallTime exhausted_until{};
    unsigned throttles = 0, in_flight = 0, probes = 0;
    bool opus = true;
    // Of its bucket, in thousandths of a request.
    std::int64_t rate = 0, burst = 0, level = 0;
    SteadyTime level_at{};

    /// The level at this moment; buckets fill by rate / 60 a second.
    std::int64_t filled(const Clock& clock) const {
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - level_at);
        return std::min(burst * 60'000, level + passed.count() * rate);
    }
    void fill(const Clock& clock) {
        level = filled(clock);
        level_at = clock.steady();
    }
    bool empty(const Clock& clock) const { return rate > 0 && filled(clock) < 60'000; }
    bool out() const { return !record.enabled || state == State::suspended || state == State::needs_sign_in; }
    bool usable(const Clock& clock) const {
        if (out()) return false;
        if (state == State::cooling) return clock.steady() >= cooling_until;
        if (state == State::exhausted) return clock.wall() >= exhausted_until;
        return true;
    }
    bool recovering() const { return state == State::cooling || state == State::exhausted; }
    bool room() const {
        if (recovering() && probes > 0) return false;
        return record.max_concurrency == 0 || in_flight < static_cast<unsigned>(record.max_concurrency);
    }
};

struct Held {
    Lease lease;
    std::size_t account;
    bool early = false, sent = false;
};

class Game {
  public:
    Game(unsigned seed, Scheduling mode, std::size_t accounts)
        : random_(seed), pool_(clock_, {.scheduling = mode, .seed = seed}) {
        for (std::size_t i = 0; i < accounts; ++i) {
            Model m;
            m.record = test::pool_account("a" + std::to_string(i), clock_);
            m.record.priority = below(3);
            m.record.weight = 1 + below(3);
            m.record.max_concurrency = below(4);
            if (below(3) == 0) {
                m.rate = 1 + below(120);
                m.burst = 1 + below(5);
                m.level = m.burst * 60'000;
                m.level_at = clock_.steady();
                m.record.requests_per_minute = m.rate;
                m.record.request_burst = m.burst;
            }
            models_.push_back(std::move(m));
        }
        // The store keeps what the pool wants kept, and hands it back with the next load.
        pool_.on_change([this](const account::StateChange& change) {
            auto& record = models_[number(change.id)].record;
            record.state = account::state_name(change.state);
            record.state_since_ms = change.since_ms;
            record.state_until_ms = change.until_ms;
        });
        load();
    }

    void step() {
        switch (below(16)) {
            case 0: return clock_.advance(std::chrono::milliseconds(below(20'000)));
            case 1: return clock_.advance(std::chrono::seconds(below(200)));
            case 2: return clock_.step_wall(std::chrono::minutes(below(100)));
            case 3: return toggle();
            case 4: return reset();
            case 5: return change_models();
            case 6:
            case 7: return fail();
            case 8: return succeed();
            case 11: return send();
            case 9:
            case 10: return release();
            default: return lease();
        }
    }
    void check() {
        const auto views = pool_.view();
        REQUIRE(views.size() == models_.size());
        for (std::size_t i = 0; i < models_.size(); ++i) {
            const auto& m = models_[i];
            INFO("account " << i << " " << account::state_name(m.state));
            REQUIRE(views[i].state == m.state);
            REQUIRE(views[i].in_flight == m.in_flight);
            REQUIRE(views[i].usable == m.usable(clock_));
            REQUIRE(views[i].requests.has_value() == (m.rate > 0));
            if (m.rate > 0)
                REQUIRE(views[i].requests->available == std::max<std::int64_t>(0, m.filled(clock_)) / 60'000);
        }
    }

  private:
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
    static std::size_t number(const std::string& id) {
        return static_cast<std::size_t>(std::stoi(id.substr(1)));
    }
    std::size_t any() { return random_() % models_.size(); }
    Model& sample() { return models_[any()]; }

    void load() {
        std::vector<store::Account> records;
        for (const auto& m : models_) records.push_back(m.record);
        pool_.load(records);
    }
    void toggle() {
        auto& m = sample();
        m.record.enabled = !m.record.enabled;
        load();
    }
    void reset() {
        auto& m = sample();
        m.state = State::unknown;
        m.throttles = 0;
        m.record.state = "unknown";
        m.record.state_since_ms = std::max(m.record.state_since_ms, to_ms(clock_.wall())) + 1;
        load();
    }
    void change_models() {
        auto& m = sample();
        m.opus = !m.opus;
        pool_.set_models(m.record.id, m.opus ? std::unordered_set<std::string>{"haiku", "opus"}
                                             : std::unordered_set<std::string>{"haiku"});
    }
    void fail() {
        if (held_.empty()) return;
        auto& held = held_[random_() % held_.size()];
        auto& m = models_[held.account];
        const FailureClass classes[] = {FailureClass::throttled,       FailureClass::throttled,
                                        FailureClass::quota_exhausted, FailureClass::suspended,
                                        FailureClass::malformed,       FailureClass::login_lost};
        const auto cls = classes[below(6)];
        pool_.report_failure(m.record.id, "m", test::pool_failure(cls));
        switch (cls) {
            case FailureClass::throttled:
                if (m.out()) break;
                m.cooling_until = clock_.steady() + std::min(300s, 30s * (1 << std::min(m.throttles, 5u)));
                m.cooled_at = clock_.steady();
                ++m.throttles;
                m.state = State::cooling;
                break;
            case FailureClass::quota_exhausted: {
                if (m.state == State::suspended || m.state == State::needs_sign_in) break;
                using namespace std::chrono;
                const year_month_day day{floor<days>(clock_.wall())};
                m.exhausted_until = sys_days{(day.year() / day.month() + months(1)) / 1};
                m.state = State::exhausted;
                break;
            }
            case FailureClass::suspended: m.state = State::suspended; break;
            case FailureClass::login_lost: m.state = State::needs_sign_in; break;
            default: break;
        }
    }
    void succeed() {
        if (held_.empty()) return;
        auto& m = models_[held_[random_() % held_.size()].account];
        pool_.report_success(m.record.id);
        if (m.state == State::suspended || m.state == State::needs_sign_in) return;
        m.state = State::ok;
        m.throttles = 0;
    }
    /// A call of a lease: the first is paid for already.
    void send() {
        if (held_.empty()) return;
        auto& held = held_[random_() % held_.size()];
        auto& m = models_[held.account];
        held.lease.sending();
        if (!std::exchange(held.sent, true) || m.rate == 0) return;
        m.fill(clock_);
        m.level -= 60'000;
    }
    void release() {
        if (held_.empty()) return;
        const auto i = random_() % held_.size();
        auto& m = models_[held_[i].account];
        --m.in_flight;
        if (held_[i].lease.is_probe()) --m.probes;
        if (m.rate > 0 && !held_[i].sent) {
            m.fill(clock_);
            m.level = std::min(m.level + 60'000, m.burst * 60'000);
        }
        held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    void lease() {
        const bool opus = below(3) == 0;
        const auto serves = [&](const Model& m) { return m.opus || !opus; };
        const auto leasable = [&](const Model& m) {
            return serves(m) && m.usable(clock_) && m.room() && !m.empty(clock_);
        };
        const bool possible = std::ranges::any_of(models_, leasable);
        const bool busy =
            std::ranges::any_of(models_, [&](const Model& m) { return serves(m) && m.usable(clock_); });
        auto lease = pool_.lease({.wire_model = opus ? "opus" : "haiku"});
        if (!lease) {
            REQUIRE_FALSE(possible);
            REQUIRE((lease.error().kind == ErrorKind::overloaded) == busy);
            return;
        }
        const auto i = number(lease->account_id());
        auto& m = models_[i];
        REQUIRE(serves(m));
        const bool early = !possible;
        if (early) {
            REQUIRE_FALSE(busy);
            REQUIRE(lease->is_probe());
            REQUIRE_FALSE(m.out());
            REQUIRE(m.state == State::cooling);
            REQUIRE_FALSE(m.empty(clock_));
            REQUIRE(clock_.steady() >= m.cooled_at + 30s);
            REQUIRE(std::ranges::none_of(held_, &Held::early));
        } else {
            REQUIRE(leasable(m));
            REQUIRE(lease->is_probe() == m.recovering());
            for (const auto& other : models_)
                REQUIRE((!leasable(other) || other.record.priority >= m.record.priority));
        }
        if (m.rate > 0) {
            m.fill(clock_);
            m.level -= 60'000;
        }
        ++m.in_flight;
        if (lease->is_probe()) ++m.probes;
        held_.push_back({std::move(*lease), i, early});
    }

    std::mt19937 random_;
    test::ManualClock clock_;
    account::Pool pool_;
    std::vector<Model> models_;
    std::vector<Held> held_;
};

}  // namespace

TEST_CASE("random operations: the pool does what a simple model of it says") {
    const auto seed = static_cast<unsigned>(std::random_device{}());
    for (const auto mode : {Scheduling::smart, Scheduling::priority, Scheduling::balanced}) {
        for (const std::size_t accounts : {1u, 5u, 90u}) {
            INFO("seed " << seed << ", mode " << account::scheduling_name(mode) << ", accounts " << accounts);
            Game game(seed, mode, accounts);
            for (int i = 0; i < 3000; ++i) {
                INFO("step " << i);
                game.step();
                if (i % 10 == 0 || accounts < 10) game.check();
            }
        }
    }
}
