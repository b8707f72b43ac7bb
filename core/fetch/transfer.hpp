#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/fetch/curl_handle.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/fetch/socket_table.hpp"

namespace kg::fetch {

class Transfer;

/// What curl reads at once, and most of what an open transfer costs.
inline constexpr long kReceiveBufferBytes = 8 << 10;

/// What a transfer asks of the engine that drives it, from inside curl's callbacks: only marks.
class TransferHost {
  public:
    virtual SteadyTime now() const = 0;
    virtual void got_body(Transfer& transfer, std::size_t bytes) = 0;
    virtual void deadline_moved(SteadyTime deadline) = 0;

  protected:
    ~TransferHost() = default;
};

/// The back block of a Fetch: a curl easy handle with everything curl points into while it works.
/// Reused for many requests: options that never change are set once, the rest by prepare().
class Transfer {
  public:
    enum class State : std::uint8_t { idle, queued, running, ended };

    Transfer(TransferHost& host, SocketTable& sockets, const std::string& ca_file, bool http2);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Takes a request; `failure` is set at once when it cannot be sent.
    void prepare(Request request, Handler& handler);
    /// Forgets the request; what is kept serves the next one.
    void recycle();

    CURL* easy() const { return easy_.get(); }
    /// When the next of the fetcher's own timeouts strikes, and which.
    SteadyTime deadline() const;
    FailureKind timeout_kind(SteadyTime now) const;
    Failure describe(CURLcode code) const;

    void touch() { last_activity_ = host_.now(); }
    bool head_complete() const { return phase_ >= Phase::silent; }

    // The engine's bookkeeping.
    State state = State::idle;
    Handler* handler = nullptr;  // null: cancelled, nothing is told any more
    Transfer** front = nullptr;  // the Fetch's pointer to this, cleared when the transfer ends
    std::size_t index = 0;       // in the list of active transfers
    bool marked = false;         // waits for the engine's attention
    bool got_body = false;       // since the last on_batch
    bool paused = false;         // the handler asked for a pause
    bool curl_paused = false;    // and curl was told
    std::optional<Failure> failure;

  private:
    /// silent: the head is complete, no byte of the body yet.
    enum class Phase : std::uint8_t { connecting, waiting, head, silent, body };
    enum class Verb : std::uint8_t { none, get, head, send };

    void set_constant_options(SocketTable& sockets, const std::string& ca_file);
    void set_method();
    bool set_headers();
    bool set_route();
    std::size_t on_header(std::string_view line);
    std::size_t on_write(std::string_view bytes);
    int on_connected();
    static int connected_callback(void* self, char*, char*, int, int) noexcept;
    static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t write_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept;

    TransferHost& host_;
    EasyHandle easy_;
    Request request_;
    std::vector<curl_slist> header_lines_;  // linked in place: no allocation a field
    Head head_;
    std::size_t head_bytes_ = 0;
    Phase phase_ = Phase::waiting;
    bool lost_ = false;  // after it was sent, with no word of an answer
    SteadyTime started_{};
    SteadyTime last_activity_{};
    std::array<char, CURL_ERROR_SIZE> error_text_{};

    // What the handle was last told, so that only changes are set.
    const bool guarded_;
    const bool http2_allowed_;
    Verb verb_ = Verb::none;
    bool custom_method_ = false;
    std::optional<bool> http2_;
    std::string proxy_;
};

}  // namespace kg::fetch
