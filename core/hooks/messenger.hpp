#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/secret.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/hooks/event.hpp"
#include "core/loop/program.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::hooks {

struct MessengerOptions {
    std::string url{};                   // a webhook; "": none
    Secret secret{};                     // signs what the webhook is sent; empty: nothing is signed
    std::vector<std::string> command{};  // a program and its arguments; empty: none
    std::chrono::milliseconds quiet{std::chrono::hours(1)};  // the same is not told again so soon
};

/// Tells events to a webhook and to a program of the operator's, one after the other, far from any request.
///
/// The webhook gets a POST with the event as JSON and the headers x-kirogate-event, x-kirogate-delivery (the
/// event's id, the same at every attempt) and x-kirogate-timestamp (seconds since 1970); with a secret also
/// x-kirogate-signature: "sha256=" and the HMAC-SHA-256, in hexadecimal, of "TIMESTAMP.BODY". Any 2xx is
/// good. The program gets the JSON on its standard input and the event's name as its last argument, without a
/// shell, within the limits of loop::Program; status 0 is good. Where the URL leads is the operator's own
/// choice: local addresses are allowed, redirects are not followed.
///
/// Bounds: 256 deliveries wait, what comes then is dropped and logged; four attempts each (after 2 s, 10 s
/// and 60 s), none after an answer 4xx but 408 and 429; 10 s each; 4,096 events are remembered as told.
///
/// Lives on one loop, tell() is for any thread. Destroying cancels what is under way.
class Messenger final : private fetch::Handler {
  public:
    Messenger(loop::Loop& loop, fetch::Fetcher& fetcher, const Clock& clock, Random& random,
              MessengerOptions options);
    Messenger(const Messenger&) = delete;
    Messenger& operator=(const Messenger&) = delete;
    ~Messenger();

    /// Any thread. Nothing happens when the same was told less than `quiet` ago, or nobody wants to know.
    void tell(Event event);
    /// Begins what is due by now; call it from a timer.
    void tick() { go_on(); }

    std::size_t waiting() const { return queue_.size() + (running_ ? 1 : 0); }
    std::uint64_t delivered() const { return delivered_; }
    std::uint64_t given_up() const { return given_up_; }  // dropped ones, too

    static constexpr std::size_t kWaitingMax = 256, kToldMax = 4'096;

  private:
    struct Delivery {
        enum class Way : std::uint8_t { webhook, command };
        Way way = Way::webhook;
        std::string id, event, body;
        unsigned attempts = 0;
        SteadyTime due{};
    };
    void take(const Event& event);
    bool told_lately(const Event& event, SteadyTime now);
    void put(Delivery delivery);
    void go_on();
    void post();
    void run();
    enum class Outcome : std::uint8_t { good, again, never };
    void ended(Outcome outcome, const std::string& why);

    // fetch::Handler
    void on_head(const fetch::Head& head) override { status_ = head.status; }
    Flow on_body(std::string_view) override { return Flow::more; }
    void on_done() override;
    void on_failure(const fetch::Failure& failure) override;

    loop::Loop& loop_;
    fetch::Fetcher& fetcher_;
    const Clock& clock_;
    Random& random_;
    const MessengerOptions options_;
    loop::Wakeup wakeup_;
    loop::Deferred next_;
    std::deque<Delivery> queue_;
    std::map<std::pair<EventKind, std::string>, SteadyTime> told_;
    std::optional<Delivery> running_;
    std::unique_ptr<fetch::Fetch> fetch_;     // of running_
    std::unique_ptr<loop::Program> program_;  // likewise
    int status_ = 0;
    std::uint64_t delivered_ = 0, given_up_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::hooks
