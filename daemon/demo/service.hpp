#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/json/document.hpp"
#include "daemon/demo/scenario.hpp"
#include "daemon/demo/token_book.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::demo {

struct RecordedRequest {
    std::string method, path, query;
    http::Headers headers;
    std::string body;
    Operation operation = Operation::unknown;
};

struct Stats {
    std::uint64_t requests = 0;
    std::size_t live_streams = 0, peak_streams = 0;
    std::uint64_t streams = 0, aborted_streams = 0;  // aborted: the caller left before the end
    std::uint64_t refreshes = 0;                     // that gave out tokens
    std::uint64_t violations = 0;                    // bodies refused by the checks
    std::string last_violation;
    std::size_t connections = 0;
    std::map<std::string, std::uint64_t> paths;
};

/// What the fake knows and counts. Thread-safe: handlers on the loop and whoever scripts the fake
/// share it under one mutex, held for microseconds.
class Service {
  public:
    Service(Random& random, const Clock& clock) : random_(random), clock_(clock), tokens_(random, clock) {}
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void set_scenario(Scenario scenario);
    void push(Action action);
    std::vector<RecordedRequest> requests() const;
    void forget_requests();
    Stats stats() const;
    std::string add_login(std::string name, std::string provider, std::string profile_arn);
    void set_token(const std::string& token, TokenState state);

    // For the handlers.
    void note(const httpd::RequestHead& head, const std::string& body, Operation operation);
    std::optional<Action> next_action(Operation operation);
    /// The answer to a bearer that is not good, or nothing.
    std::optional<http::Response> check_bearer(const httpd::RequestHead& head, Operation operation);
    /// The answer of every operation but chat; nothing: cut the connection.
    std::optional<http::Response> answer(Operation operation, const httpd::RequestHead& head,
                                         const std::string& body);
    struct ChatAnswer {
        std::optional<http::Response> refusal;
        std::shared_ptr<const Writes> writes;
    };
    ChatAnswer chat(const httpd::RequestHead& head, const std::string& body, const Action& action);
    void stream_began();
    void stream_ended(bool aborted);
    std::chrono::milliseconds pace() const;

  private:
    http::Response usage_limits(const httpd::RequestHead& head, json::Node body);
    http::Response profiles(const httpd::RequestHead& head);
    std::optional<http::Response> social_refresh(json::Node body);
    std::optional<http::Response> oidc_token(const httpd::RequestHead& head, json::Node body);
    std::optional<http::Response> idp_token(const httpd::RequestHead& head, const std::string& body);
    http::Response client_registration() const;
    http::Response device_authorization();
    TokenBook::Login* login_of(const httpd::RequestHead& head);
    /// Counts a refresh; true when its answer is to be lost.
    bool refreshed();

    Random& random_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    Scenario scenario_;
    TokenBook tokens_;
    std::array<std::deque<Action>, kOperations> pushed_, scripted_;
    std::mt19937_64 fault_random_;
    std::deque<RecordedRequest> recorded_;
    std::size_t recorded_bytes_ = 0;
    std::map<std::string, bool> devices_;  // device code: has been polled once
    Stats stats_;
};

}  // namespace kg::demo
