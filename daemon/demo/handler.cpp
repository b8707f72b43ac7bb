#include "daemon/demo/handler.hpp"

#include <memory>
#include <string>
#include <utility>

#include "core/loop/timer.hpp"
#include "daemon/demo/replies.hpp"

namespace kg::demo {
namespace {

/// One request to the fake. Its owner destroys it when the caller leaves.
class FakeHandler final : public httpd::Handler {
  public:
    FakeHandler(Service& service, httpd::Exchange& exchange)
        : service_(service),
          exchange_(exchange),
          timer_(exchange.loop(), [this] { go_on(); }),
          next_write_(exchange.loop(), [this] { go_on(); }) {}
    FakeHandler(const FakeHandler&) = delete;
    FakeHandler& operator=(const FakeHandler&) = delete;
    ~FakeHandler() override {
        if (streaming_) service_.stream_ended(true);
    }

    void on_request(httpd::Exchange&, std::string body) override {
        const httpd::RequestHead& head = exchange_.head();
        operation_ = find_operation(head.method, head.path, head.headers.get("x-amz-target"));
        service_.note(head, body, operation_);
        if (auto action = service_.next_action(operation_)) action_ = std::move(*action);
        if (action_.delay.count() == 0) return answer(body);
        body_ = std::move(body);
        timer_.start(action_.delay);
    }

    void on_drained() override {
        if (!std::exchange(paused_, false)) return;
        wait_and_send();
    }

  private:
    void go_on() {
        if (!streaming_) return answer(std::exchange(body_, {}));
        if (send_next()) wait_and_send();
    }

    void answer(const std::string& body) {
        if (action_.cut) return exchange_.abort_stream();
        if (action_.answer) return exchange_.respond(*std::move(action_.answer));
        if (needs_bearer(operation_)) {
            if (auto refusal = service_.check_bearer(exchange_.head(), operation_))
                return exchange_.respond(std::move(*refusal));
        }
        if (operation_ == Operation::chat) return begin_chat(body);
        if (auto response = service_.answer(operation_, exchange_.head(), body))
            return exchange_.respond(std::move(*response));
        exchange_.abort_stream();
    }

    void begin_chat(const std::string& body) {
        auto chat = service_.chat(exchange_.head(), body, action_);
        if (chat.refusal) return exchange_.respond(std::move(*chat.refusal));
        writes_ = std::move(chat.writes);
        http::Headers headers;
        headers.add("content-type", action_.content_type);
        headers.add("x-amzn-requestid", exchange_.request_id());
        exchange_.begin_stream(200, std::move(headers));
        exchange_.commit();
        service_.stream_began();
        streaming_ = true;
        wait_and_send();
    }

    /// Writes with no pause between them still leave one by one when each is to be a write.
    void wait_and_send() {
        while (next_ < writes_->size()) {
            const auto pause = (*writes_)[next_].pause;
            const bool own_turn = next_ > 0 && action_.delivery != Delivery::coalesced;
            if (pause.count() > 0) return timer_.start(pause);
            if (own_turn) return next_write_.schedule();  // behind the connection's own turn, which writes
            if (!send_next()) return;
        }
        finish();
    }

    /// False when the caller must read first; on_drained() goes on.
    bool send_next() {
        exchange_.out() += (*writes_)[next_++].bytes;
        paused_ = exchange_.commit() == Flow::pause;
        return !paused_;
    }

    void finish() {
        if (action_.ending == Ending::stall) return;  // until the caller gives up
        streaming_ = false;
        service_.stream_ended(false);
        if (action_.ending == Ending::abort) return exchange_.abort_stream();
        exchange_.end_stream();
    }

    Service& service_;
    httpd::Exchange& exchange_;
    loop::Timer timer_;
    loop::Deferred next_write_;
    Operation operation_ = Operation::unknown;
    Action action_;
    std::string body_;
    std::shared_ptr<const Writes> writes_;
    std::size_t next_ = 0;
    bool streaming_ = false;
    bool paused_ = false;
};

}  // namespace

std::vector<httpd::Route> fake_routes(Service& service) {
    const auto make = [&service](httpd::Exchange& exchange,
                                 std::string_view) -> std::unique_ptr<httpd::Handler> {
        return std::make_unique<FakeHandler>(service, exchange);
    };
    std::vector<httpd::Route> routes;
    for (const http::Method method : {http::Method::get, http::Method::post, http::Method::delete_}) {
        for (const char* path : {"/", "/*"}) routes.push_back({method, path, make, false});
    }
    return routes;
}

}  // namespace kg::demo
