#include "core/account/lease_queue.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using kg::account::LeaseQueue;

namespace {

/// Serves whoever wants one of these, and counts how often it was asked.
struct Server {
    std::vector<std::string> stock, served;
    int asked = 0;

    bool operator()(const std::string& waiter) {
        ++asked;
        const auto want = waiter.substr(0, waiter.find(' '));
        const auto at = std::find(stock.begin(), stock.end(), want);
        if (at == stock.end()) return false;
        stock.erase(at);
        served.push_back(waiter);
        return true;
    }
};

}  // namespace

TEST_CASE("an offer asks once for each different want, however many wait") {
    LeaseQueue<std::string> queue;
    std::uint64_t id = 0;
    for (int i = 0; i < 1'000; ++i) {
        const std::string want = i % 2 ? "opus" : "haiku";
        queue.push(++id, "key" + std::to_string(i % 10), want, want + " " + std::to_string(i));
    }
    Server server;
    queue.offer(std::ref(server));
    CHECK(server.asked == 2);
    CHECK(queue.size() == 1'000);

    server = {{"opus", "opus", "opus"}, {}, 0};
    queue.offer(std::ref(server));
    CHECK(server.served == std::vector<std::string>{"opus 1", "opus 3", "opus 5"});
    CHECK(server.asked == 3 + 2);
    CHECK(queue.size() == 997);
}

TEST_CASE("who leaves takes the want along, and others of the same want stay served") {
    LeaseQueue<std::string> queue;
    queue.push(1, "k", "opus", "opus 1");
    queue.push(2, "k", "opus", "opus 2");
    queue.push(3, "k", "haiku", "haiku 3");
    CHECK(queue.erase(1) == "opus 1");
    CHECK_FALSE(queue.erase(1));
    Server server{{"haiku", "opus"}, {}, 0};
    queue.offer(std::ref(server));
    CHECK(server.served == std::vector<std::string>{"opus 2", "haiku 3"});
    CHECK(queue.empty());
    queue.offer(std::ref(server));
    CHECK(server.served.size() == 2);
}
