#include "core/hooks/messenger.hpp"

#include <algorithm>
#include <array>

#include "core/base/base64.hpp"
#include "core/base/digest.hpp"
#include "core/base/log.hpp"

namespace kg::hooks {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::seconds, 3> kPauses{2s, 10s, 60s};
constexpr std::chrono::milliseconds kTimeMax = 10s;
/// Interpreters reserve far more than they use.
constexpr std::uint64_t kMemoryMaxBytes = std::uint64_t{64} << 30;
constexpr std::size_t kOutputMaxBytes = 64u << 10;

std::string signature(const Secret& secret, const std::string& timestamp, const std::string& body) {
    const auto hash = hmac_sha256(secret.reveal(), timestamp + "." + body);
    return "sha256=" + hex_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

std::string_view ending_name(loop::ProgramResult::Ending ending) {
    using Ending = loop::ProgramResult::Ending;
    switch (ending) {
        case Ending::killed: return "killed";
        case Ending::out_of_time: return "took too long";
        case Ending::output_full: return "said too much";
        case Ending::not_started: return "could not be started";
        case Ending::exited: break;
    }
    return "exited";
}

}  // namespace

Messenger::Messenger(loop::Loop& loop, fetch::Fetcher& fetcher, const Clock& clock, Random& random,
                     MessengerOptions options)
    : loop_(loop),
      fetcher_(fetcher),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      wakeup_(loop),
      next_(loop, [this] { go_on(); }) {
    wakeup_.set_keeps_alive(false);
}

Messenger::~Messenger() {
    *alive_ = false;
}

void Messenger::tell(Event event) {
    if (options_.url.empty() && options_.command.empty()) return;
    wakeup_.door().post([this, alive = alive_, event = std::move(event)] {
        if (*alive) take(event);
    });
}

void Messenger::take(const Event& event) {
    const auto now = clock_.steady();
    if (told_lately(event, now)) return;
    const auto id = "evt_" + random_.base62(22);
    const auto body = event_json(event, id);
    using Way = Delivery::Way;
    for (const auto way : {Way::webhook, Way::command}) {
        if (way == Way::webhook ? options_.url.empty() : options_.command.empty()) continue;
        put({.way = way, .id = id, .event = std::string(event_name(event.kind)), .body = body, .due = now});
    }
    next_.schedule();
}

bool Messenger::told_lately(const Event& event, SteadyTime now) {
    std::erase_if(told_, [&](const auto& told) { return now - told.second >= options_.quiet; });
    const auto [known, fresh] = told_.try_emplace({event.kind, event.subject}, now);
    if (fresh && told_.size() > kToldMax)
        told_.erase(std::ranges::min_element(told_, {}, [](const auto& told) { return told.second; }));
    return !fresh;
}

void Messenger::put(Delivery delivery) {
    if (waiting() < kWaitingMax) return queue_.push_back(std::move(delivery));
    ++given_up_;
    log::error("hooks", "an event is not told: too many wait already", {{"event", delivery.event}});
}

void Messenger::go_on() {
    if (running_) return;
    const auto due = std::ranges::find_if(
        queue_, [now = clock_.steady()](const Delivery& delivery) { return delivery.due <= now; });
    if (due == queue_.end()) return;
    running_ = std::move(*due);
    queue_.erase(due);
    ++running_->attempts;
    running_->way == Delivery::Way::webhook ? post() : run();
}

void Messenger::post() {
    const auto timestamp = std::to_string(to_ms(clock_.wall()) / 1000);
    fetch::Request request;
    request.method = http::Method::post;
    request.url = options_.url;
    request.headers = {"Content-Type: application/json", "User-Agent: kirogate",
                       "X-Kirogate-Event: " + running_->event, "X-Kirogate-Delivery: " + running_->id,
                       "X-Kirogate-Timestamp: " + timestamp};
    if (!options_.secret.empty())
        request.headers.push_back("X-Kirogate-Signature: " +
                                  signature(options_.secret, timestamp, running_->body));
    request.body = running_->body;
    request.connect_timeout = request.first_byte_timeout = kTimeMax;
    request.idle_timeout = request.total_timeout = kTimeMax;
    status_ = 0;
    fetch_ = fetcher_.start(std::move(request), *this);
}

void Messenger::on_done() {
    const bool good = status_ >= 200 && status_ < 300;
    const bool refused = status_ >= 300 && status_ < 500 && status_ != 408 && status_ != 429;
    ended(good      ? Outcome::good
          : refused ? Outcome::never
                    : Outcome::again,
          "status " + std::to_string(status_));
}

void Messenger::on_failure(const fetch::Failure& failure) {
    ended(Outcome::again, std::string(fetch::failure_name(failure.kind)));
}

void Messenger::run() {
    auto arguments = options_.command;
    arguments.push_back(running_->event);
    program_ = std::make_unique<loop::Program>(
        loop_, std::move(arguments), [input = running_->body]() mutable { return std::exchange(input, {}); },
        loop::ProgramLimits{.time_max = kTimeMax,
                            .cpu_max = std::chrono::duration_cast<std::chrono::seconds>(kTimeMax),
                            .memory_max_bytes = kMemoryMaxBytes,
                            .output_max_bytes = kOutputMaxBytes},
        [this](loop::ProgramResult result) {
            const bool exited = result.ending == loop::ProgramResult::Ending::exited;
            ended(exited && result.exit_status == 0 ? Outcome::good : Outcome::again,
                  exited ? "exit status " + std::to_string(result.exit_status)
                         : std::string(ending_name(result.ending)));
        });
}

void Messenger::ended(Outcome outcome, const std::string& why) {
    auto delivery = std::move(*running_);
    running_.reset();
    fetch_.reset();
    program_.reset();
    next_.schedule();
    if (outcome == Outcome::good) {
        ++delivered_;
        return;
    }
    const bool again = outcome == Outcome::again && delivery.attempts <= kPauses.size();
    log::warn("hooks", again ? "an event could not be told; it is tried again" : "an event could not be told",
              {{"event", delivery.event},
               {"id", delivery.id},
               {"way", delivery.way == Delivery::Way::webhook ? "webhook" : "command"},
               {"attempt", delivery.attempts},
               {"why", why}});
    if (!again) {
        ++given_up_;
        return;
    }
    delivery.due = clock_.steady() + kPauses[delivery.attempts - 1];
    queue_.push_back(std::move(delivery));  // it had its place
}

}  // namespace kg::hooks
