#include "daemon/demo/service.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"
#include "daemon/demo/demo_answer.hpp"
#include "daemon/demo/model_list.hpp"
#include "daemon/demo/replies.hpp"
#include "daemon/demo/request_check.hpp"
#include "daemon/demo/stream_plan.hpp"

namespace kg::demo {
namespace {

constexpr std::size_t kRecordedMax = 10'000;
constexpr std::size_t kRecordedBytesMax = 64u << 20;
constexpr std::size_t kPushedMax = 100'000;
constexpr std::size_t kPathsMax = 1'000;
constexpr std::string_view kBearer = "Bearer ";

std::string bearer_of(const httpd::RequestHead& head) {
    const std::string_view value = head.headers.get("authorization");
    return value.starts_with(kBearer) ? std::string(value.substr(kBearer.size())) : std::string();
}

std::size_t index_of(Operation operation) {
    return static_cast<std::size_t>(operation);
}

std::optional<Action> take(std::deque<Action>& queue) {
    if (queue.empty()) return std::nullopt;
    Action& front = queue.front();
    if (front.times == 0) return front;
    Action action = front;
    if (--front.times == 0) queue.pop_front();
    return action;
}

}  // namespace

void Service::set_scenario(Scenario scenario) {
    const std::lock_guard lock(mutex_);
    for (auto& queue : scripted_) queue.clear();
    for (auto& queue : pushed_) queue.clear();
    for (Action& action : scenario.actions)
        scripted_[index_of(action.operation)].push_back(std::move(action));
    scenario.actions.clear();
    for (const auto& [token, state] : scenario.tokens) tokens_.set_state(token, state);
    fault_random_.seed(scenario.faults.seed);
    scenario_ = std::move(scenario);
}

void Service::push(Action action) {
    const std::lock_guard lock(mutex_);
    auto& queue = pushed_[index_of(action.operation)];
    if (queue.size() < kPushedMax) queue.push_back(std::move(action));
}

std::vector<RecordedRequest> Service::requests() const {
    const std::lock_guard lock(mutex_);
    return {recorded_.begin(), recorded_.end()};
}

void Service::forget_requests() {
    const std::lock_guard lock(mutex_);
    recorded_.clear();
    recorded_bytes_ = 0;
}

Stats Service::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

std::string Service::add_login(std::string name, std::string provider, std::string profile_arn) {
    const std::lock_guard lock(mutex_);
    return tokens_.add_login(std::move(name), std::move(provider), std::move(profile_arn));
}

void Service::set_token(const std::string& token, TokenState state) {
    const std::lock_guard lock(mutex_);
    tokens_.set_state(token, state);
}

std::chrono::milliseconds Service::pace() const {
    const std::lock_guard lock(mutex_);
    return scenario_.pace;
}

void Service::note(const httpd::RequestHead& head, const std::string& body, Operation operation) {
    const std::lock_guard lock(mutex_);
    ++stats_.requests;
    if (stats_.paths.size() < kPathsMax || stats_.paths.contains(head.path)) ++stats_.paths[head.path];
    if (!scenario_.record) return;
    recorded_.push_back({head.method_text, head.path, head.query, head.headers, body, operation});
    recorded_bytes_ += body.size();
    while (recorded_.size() > kRecordedMax || (recorded_bytes_ > kRecordedBytesMax && recorded_.size() > 1)) {
        recorded_bytes_ -= recorded_.front().body.size();
        recorded_.pop_front();
    }
}

std::optional<Action> Service::next_action(Operation operation) {
    const std::lock_guard lock(mutex_);
    if (auto action = take(pushed_[index_of(operation)])) return action;
    if (auto action = take(scripted_[index_of(operation)])) return action;
    if (operation != Operation::chat) return std::nullopt;
    double draw = std::uniform_real_distribution<double>(0, 1)(fault_random_);
    for (std::size_t i = 0; i < kFaults; ++i) {
        draw -= scenario_.faults.rates[i];
        if (draw < 0) return fault_action(static_cast<Fault>(i), fault_random_());
    }
    return std::nullopt;
}

std::optional<http::Response> Service::check_bearer(const httpd::RequestHead& head, Operation operation) {
    const std::lock_guard lock(mutex_);
    const std::string token = bearer_of(head);
    if (token.empty()) return refuse(Refusal::bearer_missing);
    const bool key = token.starts_with("ksk_");
    if (key && !ascii::equals_ignoring_case(head.headers.get("tokentype"), "API_KEY"))
        return refuse(Refusal::bearer_invalid);
    const bool control =
        operation == Operation::models || operation == Operation::usage || operation == Operation::profiles;
    switch (tokens_.standing(token, scenario_.accept_unknown).state) {
        case TokenState::ok: return std::nullopt;
        case TokenState::expired: return refuse(control ? Refusal::token_expired : Refusal::bearer_missing);
        case TokenState::invalid: return refuse(Refusal::bearer_invalid);
        case TokenState::suspended: return refuse(Refusal::suspended);
        case TokenState::quota:
            if (control) return std::nullopt;  // what is left can always be asked
            return refuse(Refusal::quota);
        case TokenState::throttled: return refuse(Refusal::throttled);
    }
    return std::nullopt;
}

TokenBook::Login* Service::login_of(const httpd::RequestHead& head) {
    return tokens_.standing(bearer_of(head), false).login;
}

Service::ChatAnswer Service::chat(const httpd::RequestHead& head, const std::string& body,
                                  const Action& action) {
    const auto document = json::Document::parse(body);
    const std::lock_guard lock(mutex_);
    if (!document) {
        ++stats_.violations;
        stats_.last_violation = document.error().message;
        return {refuse(Refusal::improperly_formed), nullptr};
    }
    if (scenario_.check_bodies) {
        if (auto violation = check_chat(document->root(), scenario_)) {
            ++stats_.violations;
            stats_.last_violation = violation->why;
            return {std::move(violation->answer), nullptr};
        }
    }
    if (action.script) return {std::nullopt, action.script};
    DemoAnswerOptions options;
    options.pace = scenario_.pace;
    options.tail = action.tail;
    options.tool_use_id = "tooluse_" + random_.base62(22);
    DemoAnswer answer = demo_answer(document->root(), options);
    if (TokenBook::Login* login = login_of(head)) login->credits_used += answer.credits;
    return {std::nullopt, std::make_shared<const Writes>(plan_writes(std::move(answer.frames), action))};
}

void Service::stream_began() {
    const std::lock_guard lock(mutex_);
    ++stats_.streams;
    stats_.peak_streams = std::max(stats_.peak_streams, ++stats_.live_streams);
}

void Service::stream_ended(bool aborted) {
    const std::lock_guard lock(mutex_);
    --stats_.live_streams;
    if (aborted) ++stats_.aborted_streams;
}

}  // namespace kg::demo
