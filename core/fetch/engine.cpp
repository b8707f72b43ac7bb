#include "core/fetch/engine.hpp"

#include <algorithm>
#include <cassert>

#include "core/base/log.hpp"

namespace kg::fetch {

namespace {

/// Timeouts strike at most this much late; in return thousands of transfers cost one scan.
constexpr milliseconds kDeadlineGrain{20};

}  // namespace

CurlFetcher::Impl::Impl(loop::Loop& loop, CurlFetcherOptions options)
    : loop_(loop),
      options_(std::move(options)),
      sockets_(
          loop,
          [this](int socket, loop::Poll::Events events) {
              const int mask = (events.readable ? CURL_CSELECT_IN : 0) |
                               (events.writable ? CURL_CSELECT_OUT : 0) |
                               (events.error ? CURL_CSELECT_ERR | CURL_CSELECT_IN : 0);
              serve_socket(socket, mask);
              settle();
          },
          options_.admits),
      drive_(loop, [this] { drive(); }),
      curl_timer_(loop,
                  [this] {
                      curl_timer_due_ = true;
                      drive_.schedule();
                  }),
      deadline_timer_(loop, [this] { on_deadlines(); }) {
    ensure_curl();
    multi_.reset(curl_multi_init());
    if (multi_ == nullptr) throw std::bad_alloc();
    set_multi_options();
}

CurlFetcher::Impl::~Impl() {
    for (const auto& transfer : active_) {
        assert(transfer->front == nullptr && "a Fetch outlived its fetcher");
        if (transfer->front != nullptr) *transfer->front = nullptr;
        transfer->handler = nullptr;
        if (transfer->state == Transfer::State::running)
            curl_multi_remove_handle(multi_.get(), transfer->easy());
    }
    active_.clear();
    idle_.clear();
    multi_.reset();  // closes its connections through sockets_
}

Transfer& CurlFetcher::Impl::start(Request request, Handler& handler, Transfer** front) {
    loop_.assert_inside();
    std::unique_ptr<Transfer> owned;
    if (idle_.empty()) {
        TransferHost& host = *this;
        owned = std::make_unique<Transfer>(host, sockets_, options_.ca_file, options_.http2);
    } else {
        owned = std::move(idle_.back());
        idle_.pop_back();
    }
    Transfer& transfer = *owned;
    transfer.index = active_.size();
    active_.push_back(std::move(owned));
    transfer.front = front;
    transfer.state = Transfer::State::queued;
    transfer.prepare(std::move(request), handler);
    mark(transfer);
    deadline_moved(transfer.deadline());
    return transfer;
}

void CurlFetcher::Impl::cancel(Transfer& transfer) {
    transfer.handler = nullptr;
    transfer.front = nullptr;
    mark(transfer);
}

void CurlFetcher::Impl::resume(Transfer& transfer) {
    if (!transfer.paused) return;
    transfer.paused = false;
    transfer.touch();
    deadline_moved(transfer.deadline());
    if (transfer.curl_paused) mark(transfer);
}

void CurlFetcher::Impl::mark(Transfer& transfer) {
    if (transfer.marked) return;
    transfer.marked = true;
    marked_.push_back(&transfer);
    drive_.schedule();
}

void CurlFetcher::Impl::got_body(Transfer& transfer, std::size_t bytes) {
    read_bytes_ += bytes;
    if (std::exchange(transfer.got_body, true)) return;
    got_body_.push_back(&transfer);
}

void CurlFetcher::Impl::deadline_moved(SteadyTime deadline) {
    if (deadline >= deadline_) return;
    deadline_ = deadline;
    const auto span = std::chrono::ceil<milliseconds>(deadline - loop_.now());
    deadline_timer_.start(std::max(span, kDeadlineGrain));
}

void CurlFetcher::Impl::on_deadlines() {
    deadline_ = SteadyTime::max();
    const SteadyTime moment = loop_.now();
    SteadyTime next = SteadyTime::max();
    for (const auto& transfer : active_) {
        const bool open =
            transfer->handler != nullptr && !transfer->failure && transfer->state != Transfer::State::ended;
        if (!open) continue;
        const SteadyTime deadline = transfer->deadline();
        if (deadline <= moment) {
            const FailureKind kind = transfer->timeout_kind(moment);
            transfer->failure = Failure{kind, "the upstream took too long"};
            mark(*transfer);
        } else {
            next = std::min(next, deadline);
        }
    }
    if (next != SteadyTime::max()) deadline_moved(next);
}

void CurlFetcher::Impl::on_curl_timer(long delay_ms) {
    if (delay_ms < 0) {
        curl_timer_.stop();
    } else if (delay_ms == 0 && !running_curl_timer_) {
        curl_timer_.stop();
        curl_timer_due_ = true;
        drive_.schedule();
    } else {
        // Asked for again while it runs: next turn, so that one fast transfer leaves room for
        // others.
        curl_timer_.start(milliseconds{delay_ms});
    }
}

void CurlFetcher::Impl::drive() {
    assert(got_body_.empty() && ended_.empty());
    work_.swap(marked_);
    for (Transfer* const transfer : work_) {
        transfer->marked = false;
        attend(*transfer);
    }
    work_.clear();
    // After the removals: unpausing delivers before it returns, and handlers may cancel others.
    for (Transfer* const transfer : unpausing_) unpause(*transfer);
    unpausing_.clear();
    if (std::exchange(curl_timer_due_, false)) {
        running_curl_timer_ = true;
        run_curl(CURL_SOCKET_TIMEOUT, 0);
        running_curl_timer_ = false;
    }
    settle();
}

void CurlFetcher::Impl::attend(Transfer& transfer) {
    using State = Transfer::State;
    if (transfer.handler == nullptr || transfer.state == State::ended) {
        release(transfer);
    } else if (transfer.failure) {
        end(transfer, std::move(transfer.failure));
    } else if (transfer.state == State::queued) {
        transfer.state = State::running;
        if (const CURLMcode code = curl_multi_add_handle(multi_.get(), transfer.easy()); code != CURLM_OK) {
            transfer.state = State::queued;
            end(transfer, Failure{FailureKind::other, curl_multi_strerror(code)});
        }
    } else {
        unpausing_.push_back(&transfer);
    }
}

void CurlFetcher::Impl::unpause(Transfer& transfer) {
    if (transfer.handler == nullptr || !transfer.curl_paused || transfer.paused) return;
    transfer.curl_paused = false;
    const CURLcode code = curl_easy_pause(transfer.easy(), CURLPAUSE_CONT);
    if (code != CURLE_OK && transfer.handler != nullptr) end(transfer, transfer.describe(code));
}

void CurlFetcher::Impl::run_curl(curl_socket_t socket, int events) {
    int running = 0;
    const CURLMcode code = curl_multi_socket_action(multi_.get(), socket, events, &running);
    if (code != CURLM_OK)
        log::error("fetch", "curl could not handle a socket event", {{"reason", curl_multi_strerror(code)}});
}

/// curl reads one buffer for each call. One that came back nearly full means that more is waiting: it
/// is fetched now, so that a burst is one batch, a few times at most, so that others get their turn.
void CurlFetcher::Impl::serve_socket(curl_socket_t socket, int events) {
    constexpr int kReadsMax = 8;
    constexpr std::size_t kNearlyFull = kReceiveBufferBytes * 3 / 4;
    for (int reads = 0; reads < kReadsMax; ++reads) {
        read_bytes_ = 0;
        run_curl(socket, events);
        if (read_bytes_ < kNearlyFull || !sockets_.wants_reading(socket)) break;
        events = CURL_CSELECT_IN;
    }
}

void CurlFetcher::Impl::settle() {
    read_completions();
    for (std::size_t i = 0; i < got_body_.size(); ++i) {
        Transfer& transfer = *got_body_[i];
        transfer.got_body = false;
        // A transfer that ended in the same event is flushed by its ending.
        if (transfer.handler != nullptr && transfer.state == Transfer::State::running)
            transfer.handler->on_batch();
    }
    got_body_.clear();
    for (std::size_t i = 0; i < ended_.size(); ++i) tell_ending(*ended_[i]);
    ended_.clear();
}

void CurlFetcher::Impl::read_completions() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        char* self = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
        Transfer& transfer = *static_cast<Transfer*>(static_cast<void*>(self));
        if (code != CURLE_OK) {
            end(transfer, transfer.describe(code));
        } else if (!transfer.head_complete()) {
            end(transfer, Failure{FailureKind::protocol, "the answer has no head"});
        } else {
            end(transfer, std::nullopt);
        }
    }
}

void CurlFetcher::Impl::end(Transfer& transfer, std::optional<Failure> failure) {
    if (transfer.state == Transfer::State::running) curl_multi_remove_handle(multi_.get(), transfer.easy());
    transfer.state = Transfer::State::ended;
    transfer.failure = std::move(failure);
    ended_.push_back(&transfer);
}

void CurlFetcher::Impl::tell_ending(Transfer& transfer) {
    Handler* const handler = transfer.handler;
    const std::optional<Failure> failure = std::move(transfer.failure);
    if (transfer.front != nullptr) *std::exchange(transfer.front, nullptr) = nullptr;
    transfer.handler = nullptr;
    if (!transfer.marked) release(transfer);  // otherwise drive() does
    if (handler == nullptr) return;
    failure ? handler->on_failure(*failure) : handler->on_done();
}

void CurlFetcher::Impl::release(Transfer& transfer) {
    if (transfer.state == Transfer::State::running) curl_multi_remove_handle(multi_.get(), transfer.easy());
    std::unique_ptr<Transfer> owned = std::move(active_[transfer.index]);
    if (transfer.index + 1 != active_.size()) {
        active_[transfer.index] = std::move(active_.back());
        active_[transfer.index]->index = transfer.index;
    }
    active_.pop_back();
    if (active_.empty()) {
        deadline_timer_.stop();
        deadline_ = SteadyTime::max();
    }
    if (idle_.size() >= options_.idle_handles_max) return;
    transfer.recycle();
    idle_.push_back(std::move(owned));
}

void CurlFetcher::Impl::set_multi_options() {
    CURLM* const multi = multi_.get();
    constexpr curl_socket_callback on_socket = [](CURL*, curl_socket_t socket, int what, void* self,
                                                  void*) noexcept {
        auto& sockets = static_cast<Impl*>(self)->sockets_;
        if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) {
            sockets.forget(socket);
        } else {
            sockets.want(socket, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
        }
        return 0;
    };
    constexpr curl_multi_timer_callback on_timer = [](CURLM*, long delay_ms, void* self) noexcept {
        static_cast<Impl*>(self)->on_curl_timer(delay_ms);
        return 0;
    };
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, static_cast<void*>(this));
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.idle_connections_max));
}

}  // namespace kg::fetch
