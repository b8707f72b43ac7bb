#include "core/loop/timer.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin::verbs {
namespace {

constexpr std::chrono::seconds kKeepAlive{15};
/// A client that does not read: lines wait in the listener's queue, where they are counted when lost.
constexpr std::size_t kBacklogMaxBytes = 256u << 10;

/// Finished requests as server-sent events: `request`, each a JSON object as in the log, and `dropped`
/// with a number when the client did not keep up. Ends when the gateway shuts down, and when a
/// session or token was taken back: before the next line, at the latest after fifteen seconds.
class Tail final : public LiveAnswer {
  public:
    Tail(httpd::Exchange& exchange, const Guard& guard)
        : exchange_(exchange),
          guard_(guard),
          revocations_(guard.revocations()),
          keep_alive_(exchange.loop(), [this] { keep_alive(); }) {}

    bool begin(gateway::RequestTail& tail, const loop::Wakeup::Door& door) {
        listener_ = tail.listen(door, [this] { send(); });
        if (!listener_) return false;
        http::Headers headers;
        headers.add("content-type", "text/event-stream; charset=utf-8");
        headers.add("cache-control", "no-store");
        headers.add("x-accel-buffering", "no");
        exchange_.begin_stream(200, std::move(headers));
        say(": listening\n\n");
        keep_alive_.start(kKeepAlive, kKeepAlive);
        return true;
    }

    void on_drained() override { send(); }

  private:
    void send() {
        if (ended_) return;
        if (revoked()) return end();
        if (exchange_.backlog_bytes() > kBacklogMaxBytes) return;
        const auto batch = listener_->take();
        auto& out = exchange_.out();
        if (batch.dropped > 0)
            out += "event: dropped\ndata: {\"count\":" + std::to_string(batch.dropped) + "}\n\n";
        for (const auto& line : batch.lines) {
            out += "event: request\ndata: ";
            json::Writer w(out);
            write_request(w, *line);
            out += "\n\n";
        }
        exchange_.commit();
        if (batch.closed) end();
    }

    void keep_alive() {
        if (revoked()) return end();
        if (exchange_.backlog_bytes() <= kBacklogMaxBytes) say(": keep-alive\n\n");
    }

    /// Perhaps it was this caller who may not look any more: whoever still may comes back.
    bool revoked() const { return guard_.revocations() != revocations_; }

    void end() {
        if (std::exchange(ended_, true)) return;
        keep_alive_.stop();
        exchange_.end_stream();
    }

    void say(std::string_view text) {
        exchange_.out() += text;
        exchange_.commit();
    }

    httpd::Exchange& exchange_;
    const Guard& guard_;
    const std::uint64_t revocations_;
    loop::Timer keep_alive_;
    std::unique_ptr<gateway::RequestTail::Listener> listener_;
    bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<LiveAnswer>, Failure> tail_logs(Call& call, httpd::Exchange& exchange) {
    auto tail = std::make_unique<Tail>(exchange, call.office.guard());
    if (!tail->begin(call.office.parts().tail, call.door)) {
        return Err(Failure{.status = 503,
                           .code = "busy",
                           .message = "too many listen to the log already",
                           .field = {},
                           .retry_after = std::chrono::seconds(5),
                           .detail = {}});
    }
    return std::unique_ptr<LiveAnswer>(std::move(tail));
}

}  // namespace kg::admin::verbs
