#pragma once

#include <memory>
#include <vector>

#include "core/fetch/curl_fetcher.hpp"
#include "core/fetch/transfer.hpp"
#include "core/loop/timer.hpp"

namespace kg::fetch {

/// Drives curl's multi handle. Everything curl forbids inside its callbacks (add, remove, unpause)
/// is only marked there and done by drive(), which runs from a Deferred; everything handlers hear
/// besides head and body is told by settle(), after curl has returned.
struct CurlFetcher::Impl final : private TransferHost {
  public:
    Impl(loop::Loop& loop, CurlFetcherOptions options);
    ~Impl();

    Transfer& start(Request request, Handler& handler, Transfer** front);
    void cancel(Transfer& transfer);
    void resume(Transfer& transfer);
    std::size_t active() const { return active_.size(); }

  private:
    // Marks, from anywhere.
    void mark(Transfer& transfer);
    SteadyTime now() const override { return loop_.now(); }
    void got_body(Transfer& transfer, std::size_t bytes) override;
    void deadline_moved(SteadyTime deadline) override;
    void on_curl_timer(long delay_ms);
    void on_deadlines();

    // Work, never inside a curl callback.
    void drive();
    void attend(Transfer& transfer);
    void unpause(Transfer& transfer);
    void run_curl(curl_socket_t socket, int events);
    void serve_socket(curl_socket_t socket, int events);
    void settle();
    void read_completions();
    void end(Transfer& transfer, std::optional<Failure> failure);
    void tell_ending(Transfer& transfer);
    void release(Transfer& transfer);
    void set_multi_options();

    loop::Loop& loop_;
    const CurlFetcherOptions options_;
    SocketTable sockets_;
    MultiHandle multi_;  // before the transfers: their handles go first
    std::vector<std::unique_ptr<Transfer>> active_;
    std::vector<std::unique_ptr<Transfer>> idle_;
    std::vector<Transfer*> marked_;  // to be attended to by drive()
    std::vector<Transfer*> work_;    // marked_ while it is worked through
    std::vector<Transfer*> unpausing_;
    std::vector<Transfer*> got_body_;  // to hear on_batch
    std::vector<Transfer*> ended_;     // to hear their ending
    std::size_t read_bytes_ = 0;       // of bodies, by the last run of curl
    loop::Deferred drive_;
    loop::Timer curl_timer_;
    loop::Timer deadline_timer_;  // one for all transfers: the earliest deadline
    SteadyTime deadline_ = SteadyTime::max();
    bool curl_timer_due_ = false;
    bool running_curl_timer_ = false;
};

}  // namespace kg::fetch
