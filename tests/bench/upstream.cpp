// The far side of the benchmark: speaks Kiro's event stream to the gateway, and the finished SSE of
// both client APIs to a proxy that translates nothing. Loopback only; one thread.
//   bench_upstream [--events N] [--bytes N] [--delay MS] [--seconds N]
// Prints `port N`. GET /set?events=N&bytes=N&delay=MS changes the answers to come. Ends by itself
// after --seconds.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/kiro/frame_encoder.hpp"
#include "tests/bench/text.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using kg::bench::escaped;
using kg::bench::event_text;

constexpr std::size_t kRequestMax = 4u << 20;
constexpr unsigned kEventsMax = 100'000, kBytesMax = 65'536, kDelayMax = 60'000;

struct Options {
    unsigned events = 64, bytes = 24, delay_ms = 0;
};

/// An answer as the pieces that are written at one go: head and events, one HTTP chunk per event.
using Pieces = std::vector<std::string>;

std::string chunk(std::string_view data) {
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    return std::string(size).append(data).append("\r\n");
}

Pieces pieces_of(const std::string& type, const std::string& opening, const Pieces& events,
                 const std::string& ending, bool at_once) {
    Pieces out{"HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nTransfer-Encoding: chunked\r\n\r\n"};
    if (!opening.empty()) out.back() += chunk(opening);
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (i > 0 && !at_once) out.emplace_back();
        out.back() += chunk(events[i]);
    }
    out.back() += chunk(ending) + "0\r\n\r\n";
    return out;
}

Pieces kiro_answer(const Options& options) {
    Pieces events;
    for (unsigned i = 0; i < options.events; ++i) {
        events.push_back(kg::kiro::event_frame("assistantResponseEvent",
                                               R"({"content":")" + escaped(event_text(i, options.bytes)) +
                                                   R"(","modelId":"claude-sonnet-4.5"})"));
    }
    const std::string ending =
        kg::kiro::event_frame("meteringEvent", R"({"unit":"credit","unitPlural":"credits","usage":0.01})") +
        kg::kiro::event_frame("contextUsageEvent", R"({"contextUsagePercentage":1.5})");
    return pieces_of("application/vnd.amazon.eventstream", "", events, ending, options.delay_ms == 0);
}

Pieces openai_answer(const Options& options) {
    const auto event = [](const std::string& delta, const char* finish) {
        return R"(data: {"id":"chatcmpl-AvszY1Boq1Tx0UqH949FzWqZ","object":"chat.completion.chunk",)"
               R"("created":1795446412,"model":"claude-sonnet-4-5","choices":[{"index":0,"delta":{)" +
               delta + R"(},"logprobs":null,"finish_reason":)" + finish + "}]}\n\n";
    };
    Pieces events;
    for (unsigned i = 0; i < options.events; ++i) {
        events.push_back(event(R"("content":")" + escaped(event_text(i, options.bytes)) + '"', "null"));
    }
    return pieces_of("text/event-stream", event(R"("role":"assistant","content":"")", "null"), events,
                     event("", R"("stop")") + "data: [DONE]\n\n", options.delay_ms == 0);
}

Pieces anthropic_answer(const Options& options) {
    const auto event = [](const std::string& type, const std::string& rest) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + '"' + rest + "}\n\n";
    };
    Pieces events;
    for (unsigned i = 0; i < options.events; ++i) {
        events.push_back(event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":")" +
                                                          escaped(event_text(i, options.bytes)) + "\"}"));
    }
    const std::string opening =
        event("message_start",
              R"(,"message":{"id":"msg_pFFQZkllR1xzWHFAsgndnUpa","type":"message","role":"assistant",)"
              R"("model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,)"
              R"("usage":{"input_tokens":6,"output_tokens":1}})") +
        event("content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})");
    const std::string ending =
        event("content_block_stop", R"(,"index":0)") +
        event("message_delta",
              R"(,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":20})") +
        event("message_stop", "");
    return pieces_of("text/event-stream", opening, events, ending, options.delay_ms == 0);
}

std::shared_ptr<const Pieces> single(std::string_view status, std::string_view body) {
    std::string out = "HTTP/1.1 ";
    out.append(status).append("\r\nContent-Type: application/json\r\nContent-Length: ");
    out.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return std::make_shared<const Pieces>(Pieces{std::move(out)});
}

/// What the gateway asks for besides chats, in the backend's shapes.
std::string_view control_answer(std::string_view path, std::string_view head) {
    const auto asks = [&](std::string_view word) {
        return path.find(word) != path.npos || head.find(word) != head.npos;
    };
    if (asks("refreshToken") || asks("/token")) {
        return R"({"accessToken":"aoaAAAAAGbenchbenchbenchbench","expiresIn":3600,"profileArn":)"
               R"("arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK","refreshToken":)"
               R"("aorAAAAAGbenchbenchbenchbenchbenchbenchbenchbenchbenchbenchbench:MGQCMbenchbenchbenchbench"})";
    }
    if (asks("ListAvailableModels") || asks("List-Available-Models")) {
        return R"({"models":[{"modelId":"claude-sonnet-4.5","modelName":"Claude Sonnet 4.5","tokenLimits":)"
               R"({"maxInputTokens":200000,"maxOutputTokens":64000},"supportedInputTypes":["TEXT","IMAGE"]}]})";
    }
    if (asks("sageLimits") || asks("sage-Limits")) return R"({"usageBreakdownList":[],"limits":[]})";
    if (asks("ListAvailableProfiles")) return R"({"profiles":[]})";
    return {};
}

std::size_t content_length(const std::string& head) {
    const char* const field = strcasestr(head.c_str(), "\r\ncontent-length:");
    return field == nullptr ? 0 : std::min<std::size_t>(std::strtoul(field + 17, nullptr, 10), kRequestMax);
}

struct Connection {
    std::string in, out;
    std::size_t written = 0, next = 0;
    std::shared_ptr<const Pieces> answer;
    std::uint64_t id = 0;
    bool wants_write = false;
};

class Upstream {
  public:
    explicit Upstream(Options options) : options_(options) { render(); }

    /// Serves until `end`.
    int run(Clock::time_point end) {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const name = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, name, length) != 0 || listen(listener_, 4096) != 0 ||
            getsockname(listener_, name, &length) != 0) {
            return std::perror("bench_upstream"), 1;
        }
        watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
        std::printf("port %d\n", ntohs(address.sin_port));
        std::fflush(stdout);
        epoll_event ready[256];
        for (auto now = Clock::now(); now < end; now = Clock::now()) {
            release_due(now);
            const auto until = due_.empty() ? end : std::min(end, due_.front().at);
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
            const int count = epoll_wait(epoll_, ready, 256, static_cast<int>(std::max<long>(0, wait)));
            for (int i = 0; i < count; ++i) {
                const int fd = ready[i].data.fd;
                if (fd == listener_)
                    accept_all();
                else if ((ready[i].events & EPOLLOUT) != 0)
                    flush(fd);
                else
                    read_from(fd);
            }
        }
        return 0;
    }

  private:
    struct Due {
        Clock::time_point at;
        int fd;
        std::uint64_t id;
    };

    void render() {
        kiro_ = std::make_shared<const Pieces>(kiro_answer(options_));
        openai_ = std::make_shared<const Pieces>(openai_answer(options_));
        anthropic_ = std::make_shared<const Pieces>(anthropic_answer(options_));
    }

    void watch(int fd, std::uint32_t events, int operation) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        epoll_ctl(epoll_, operation, fd, &event);
    }

    void accept_all() {
        for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            connections_[fd].id = ++ids_;
            watch(fd, EPOLLIN, EPOLL_CTL_ADD);
        }
    }

    void drop(int fd) {
        close(fd);
        connections_.erase(fd);
    }

    void read_from(int fd) {
        Connection& connection = connections_[fd];
        char buffer[65'536];
        const ssize_t count = read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return drop(fd);
        connection.in.append(buffer, static_cast<std::size_t>(count));
        if (connection.in.size() > kRequestMax) return drop(fd);
        if (!connection.answer) serve(fd, connection);
    }

    void serve(int fd, Connection& connection) {
        const auto head_end = connection.in.find("\r\n\r\n");
        if (head_end == std::string::npos) return;
        const std::string_view head = std::string_view(connection.in).substr(0, head_end);
        const std::size_t total = head_end + 4 + content_length(std::string(head));
        if (connection.in.size() < total) return;
        connection.answer = answer_to(head);
        connection.next = 0;
        connection.in.erase(0, total);
        advance(fd, connection);
    }

    std::shared_ptr<const Pieces> answer_to(std::string_view head) {
        const auto from = std::min(head.find(' ') + 1, head.size());
        const std::string_view path = head.substr(from, head.find(' ', from) - from);
        if (path == "/v1/chat/completions") return openai_;
        if (path == "/v1/messages") return anthropic_;
        if (path.starts_with("/set?")) return set(std::string(path));
        if (const auto body = control_answer(path, head); !body.empty()) return single("200 OK", body);
        if (path == "/" || path == "/generateAssistantResponse") return kiro_;
        return single("404 Not Found", "{}");
    }

    std::shared_ptr<const Pieces> set(const std::string& path) {
        Options wanted;
        if (std::sscanf(path.c_str(), "/set?events=%u&bytes=%u&delay=%u", &wanted.events, &wanted.bytes,
                        &wanted.delay_ms) != 3 ||
            wanted.events == 0 || wanted.events > kEventsMax || wanted.bytes > kBytesMax ||
            wanted.delay_ms > kDelayMax) {
            return single("400 Bad Request", "{}");
        }
        options_ = wanted;
        due_.clear();  // its order rests on one delay for all
        render();
        return single("200 OK", "{}");
    }

    /// Writes the next piece, then waits for the delay or for the next request.
    void advance(int fd, Connection& connection) {
        connection.out += (*connection.answer)[connection.next++];
        if (connection.next < connection.answer->size()) {
            due_.push_back({Clock::now() + std::chrono::milliseconds(options_.delay_ms), fd, connection.id});
        } else {
            connection.answer.reset();
        }
        flush(fd);
    }

    void release_due(Clock::time_point now) {
        while (!due_.empty() && due_.front().at <= now) {
            const Due due = due_.front();
            due_.pop_front();
            const auto found = connections_.find(due.fd);
            if (found != connections_.end() && found->second.id == due.id) advance(due.fd, found->second);
        }
    }

    void flush(int fd) {
        Connection& connection = connections_[fd];
        while (connection.written < connection.out.size()) {
            const ssize_t count = write(fd, connection.out.data() + connection.written,
                                        connection.out.size() - connection.written);
            if (count < 0 && errno != EAGAIN) return drop(fd);
            if (count < 0) break;
            connection.written += static_cast<std::size_t>(count);
        }
        const bool more = connection.written < connection.out.size();
        if (!more) {
            connection.out.clear();
            connection.written = 0;
        }
        if (more != connection.wants_write) watch(fd, more ? EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
        connection.wants_write = more;
        if (!more && !connection.answer && !connection.in.empty()) serve(fd, connection);
    }

    Options options_;
    std::shared_ptr<const Pieces> kiro_, openai_, anthropic_;
    int epoll_ = epoll_create1(0), listener_ = -1;
    std::unordered_map<int, Connection> connections_;
    std::deque<Due> due_;
    std::uint64_t ids_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Options options;
    unsigned seconds = 600;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const auto value = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
        if (name == "--events" && value > 0)
            options.events = std::min(value, kEventsMax);
        else if (name == "--bytes")
            options.bytes = std::min(value, kBytesMax);
        else if (name == "--delay")
            options.delay_ms = std::min(value, kDelayMax);
        else if (name == "--seconds")
            seconds = value;
        else
            return std::fprintf(stderr, "bench_upstream: no option %s\n", argv[i]), 2;
    }
    return Upstream(options).run(Clock::now() + std::chrono::seconds(seconds));
}
