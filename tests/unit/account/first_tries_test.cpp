// Where requests go first while accounts fail: a simulation on a manual clock, always the same.
#include <deque>
#include <queue>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Scheduling;
using kiro::FailureClass;
using std::chrono::milliseconds;
using test::PoolRig;

namespace {

constexpr int kAccounts = 20, kClients = 64, kTriesMax = 9;

/// How calls on an account end: the share that is refused at once, and the share that fails half way.
struct Nature {
    int refused_percent = 0, cut_percent = 0;
};

struct Outcome {
    int requests = 0, attempts = 0, first_tries_on_bad = 0, failed = 0;
    double per_request() const { return static_cast<double>(attempts) / requests; }
};

/// 64 clients that ask again as soon as they are answered, for `requests` in all.
class Simulation {
  public:
    Simulation(Scheduling mode, std::vector<Nature> natures, int requests)
        : rig_(kAccounts, {.scheduling = mode, .seed = 3}),
          natures_(std::move(natures)),
          left_(requests),
          random_(11) {}  // NOLINT: the same run every time

    Outcome run() {
        for (int i = 0; i < kClients; ++i) begin(clients_.emplace_back());
        while (!due_.empty()) {
            auto event = due_.top();
            due_.pop();
            if (event.at > rig_.clock.steady())
                rig_.clock.advance(std::chrono::ceil<milliseconds>(event.at - rig_.clock.steady()));
            step(*event.client);
        }
        return out_;
    }

  private:
    struct Client {
        account::Lease lease;
        std::unordered_set<std::string> excluded;
        SteadyTime began{};
        int tries = 0;
        enum class Fate : std::uint8_t { answer, refusal, cut } fate = Fate::answer;
    };
    struct Event {
        SteadyTime at;
        int order;
        Client* client;
        bool operator<(const Event& other) const {
            return std::pair(at, order) > std::pair(other.at, other.order);
        }
    };

    void begin(Client& client) {
        if (left_-- <= 0) return;
        ++out_.requests;
        client.excluded.clear();
        client.tries = 0;
        attempt(client);
    }
    void attempt(Client& client) {
        auto lease = rig_.pool.lease(
            {.wire_model = "m", .excluded = &client.excluded, .cautious = !client.excluded.empty()});
        if (!lease || ++client.tries > kTriesMax) {
            ++out_.failed;
            client.lease = {};
            return at(rig_.clock.steady() + 1s, client);  // and asks anew
        }
        ++out_.attempts;
        client.lease = std::move(*lease);
        client.began = rig_.clock.steady();
        const auto& nature =
            natures_[static_cast<std::size_t>(std::stoi(client.lease.account_id().substr(1)))];
        if (client.tries == 1 && nature.refused_percent > 50) ++out_.first_tries_on_bad;
        const auto dice = static_cast<int>(random_() % 100);
        client.fate = dice < nature.refused_percent                        ? Client::Fate::refusal
                      : dice < nature.refused_percent + nature.cut_percent ? Client::Fate::cut
                                                                           : Client::Fate::answer;
        at(client.began + (client.fate == Client::Fate::refusal ? 5ms
                           : client.fate == Client::Fate::cut   ? 100ms
                                                                : 200ms),
           client);
    }
    void step(Client& client) {
        if (!client.lease) return begin(client);
        if (client.fate == Client::Fate::answer) {
            rig_.pool.report_first_event(client.lease, client.began + 150ms);
            rig_.pool.report_success(client.lease, client.began);
            client.lease = {};
            return begin(client);
        }
        const auto cls = client.fate == Client::Fate::refusal ? FailureClass::feature_unsupported
                                                              : FailureClass::transient;
        rig_.pool.report_failure(client.lease, client.began, "m", test::pool_failure(cls));
        client.excluded.insert(client.lease.account_id());
        client.lease = {};
        attempt(client);
    }
    void at(SteadyTime time, Client& client) { due_.push({time, ++order_, &client}); }

    PoolRig rig_;
    std::vector<Nature> natures_;
    int left_, order_ = 0;
    std::mt19937 random_;
    std::deque<Client> clients_;
    std::priority_queue<Event> due_;
    Outcome out_;
};

/// Accounts that refuse everything at once among such that fail 30 % in mixed ways.
std::vector<Nature> mixed(int refusing) {
    std::vector<Nature> out(kAccounts, {15, 15});
    for (int i = 0; i < refusing; ++i) out[static_cast<std::size_t>(i * 3 + 1)] = {100, 0};
    return out;
}

}  // namespace

TEST_CASE("an account that refuses quickly does not collect the first tries of all requests") {
    const auto some = Simulation(Scheduling::smart, mixed(6), 6'000).run();
    INFO("attempts per request " << some.per_request() << ", first tries on those that refuse "
                                 << some.first_tries_on_bad << ", failed " << some.failed);
    CHECK(some.failed == 0);
    CHECK(some.first_tries_on_bad < some.requests / 50);
    CHECK(some.per_request() < 1.6);
    const auto none = Simulation(Scheduling::smart, mixed(0), 6'000).run();
    INFO("without such accounts " << none.per_request());
    CHECK(some.per_request() < none.per_request() * 1.1);
}

TEST_CASE("accounts that fail more get less, also when their failures take no time") {
    std::vector<Nature> natures(kAccounts);
    for (int i = 0; i < kAccounts; ++i) natures[static_cast<std::size_t>(i)] = {i < 10 ? 5 : 60, 0};
    const auto out = Simulation(Scheduling::smart, natures, 6'000).run();
    INFO("attempts per request " << out.per_request() << ", first tries on the worse half "
                                 << out.first_tries_on_bad);
    CHECK(out.failed == 0);
    CHECK(out.first_tries_on_bad < out.requests / 5);
}
