// The near side of the benchmark: keeps a number of connections busy with streamed requests, checks
// every answer in full and prints one JSON line. Exit status 1 when any answer was wrong.
//   bench_load --port N [--dialect openai|anthropic] [--key KEY] [--connections N]
//              [--requests N | --seconds S] [--events N] [--bytes N] [--open 1] [--limit S]
// --events and --bytes are what the upstream was told. --open 1 prints `open` once every connection
// has had its first event and none its last. --limit bounds the whole run.

#include <arpa/inet.h>
#include <fcntl.h>
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
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/text.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBufferMax = 8u << 20, kSamplesMax = 4'000'000;

struct Dialect {
    std::string_view path, key_header, text_field, stop, end;
};
constexpr Dialect kOpenai{"/v1/chat/completions", "Authorization: Bearer ", R"("content":")",
                          R"("finish_reason":"stop")", "data: [DONE]"};
constexpr Dialect kAnthropic{"/v1/messages", "x-api-key: ", R"("text_delta","text":")",
                             R"("stop_reason":"end_turn")", R"(data: {"type":"message_stop"})"};

struct Options {
    std::map<std::string, std::string, std::less<>> values{
        {"--port", "0"},     {"--dialect", "openai"}, {"--key", "none"},  {"--connections", "1"},
        {"--requests", "0"}, {"--seconds", "0"},      {"--events", "64"}, {"--bytes", "24"},
        {"--open", "0"},     {"--limit", "120"}};

    unsigned number(std::string_view name) const {
        return static_cast<unsigned>(std::strtoul(values.find(name)->second.c_str(), nullptr, 10));
    }
};

/// Compares the text of the events, as it comes, with what the upstream sent.
class AnswerCheck {
  public:
    AnswerCheck(const Dialect& dialect, const std::string& expected)
        : dialect_(&dialect), expected_(&expected) {}

    void line(std::string_view line) {
        if (line.empty()) return;
        if (ended_) wrong_ = "data after the end marker";
        if (line == dialect_->end) ended_ = true;
        if (line.find(dialect_->stop) != line.npos) stopped_ = true;
        if (line.find("\"error\"") != line.npos) wrong_ = "an error event";
        const auto at = line.find(dialect_->text_field);
        if (at != line.npos) text(line.substr(at + dialect_->text_field.size()));
    }

    unsigned events() const { return events_; }
    /// What was wrong with the whole answer, or null.
    const char* verdict() const {
        if (wrong_ != nullptr) return wrong_;
        if (at_ != expected_->size()) return "text is missing";
        if (!stopped_) return "no stop reason";
        return ended_ ? nullptr : "no end marker";
    }

  private:
    void text(std::string_view json) {
        bool any = false;
        for (std::size_t i = 0; i < json.size() && json[i] != '"'; ++i, any = true) {
            if (json[i] != '\\') {
                expect(json[i]);
            } else if (++i < json.size() && json[i] == 'u') {
                expect(
                    static_cast<char>(std::strtoul(std::string(json.substr(i + 1, 4)).c_str(), nullptr, 16)));
                i += 4;
            } else if (i < json.size()) {
                expect(json[i] == 'n' ? '\n' : json[i] == 't' ? '\t' : json[i]);
            }
        }
        if (any) ++events_;
    }

    void expect(char c) {
        if (at_ >= expected_->size() || (*expected_)[at_] != c) wrong_ = "the text differs";
        ++at_;
    }

    const Dialect* dialect_;
    const std::string* expected_;
    std::size_t at_ = 0;
    unsigned events_ = 0;
    bool stopped_ = false, ended_ = false;
    const char* wrong_ = nullptr;
};

/// Status line, chunked framing and lines of one answer; lines go to the check as they complete.
class Reader {
  public:
    enum class State { head, size, data, done, broken };

    void feed(std::string_view bytes, AnswerCheck& check) {
        buffer_.append(bytes);
        std::size_t at = 0;
        while (step(at, check)) {
        }
        buffer_.erase(0, at);
        if (buffer_.size() > kBufferMax || (state_ == State::done && !buffer_.empty()))
            state_ = State::broken;
    }
    State state() const { return state_; }

  private:
    bool step(std::size_t& at, AnswerCheck& check) {
        if (state_ == State::head) {
            const auto end = buffer_.find("\r\n\r\n", at);
            if (end == buffer_.npos) return false;
            const auto head = std::string_view(buffer_).substr(0, end);
            const bool good = head.starts_with("HTTP/1.1 200 ") && head.find("chunked") != head.npos;
            state_ = good ? State::size : State::broken;
            at = end + 4;
        } else if (state_ == State::size) {
            const auto end = buffer_.find("\r\n", at);
            if (end == buffer_.npos) return false;
            left_ = std::strtoul(buffer_.c_str() + at, nullptr, 16);
            if (left_ > 0) {
                state_ = State::data;
            } else if (buffer_.size() >= end + 4) {
                state_ =
                    buffer_.compare(end, 4, "\r\n\r\n") == 0 && line_.empty() ? State::done : State::broken;
                at = end + 4;
                return false;
            } else {
                return false;
            }
            at = end + 2;
        } else if (state_ == State::data) {
            if (buffer_.size() < at + left_ + 2) return false;
            lines(std::string_view(buffer_).substr(at, left_), check);
            at += left_ + 2;
            state_ = State::size;
        } else {
            return false;
        }
        return true;
    }

    void lines(std::string_view data, AnswerCheck& check) {
        for (std::size_t end; (end = data.find('\n')) != data.npos; data.remove_prefix(end + 1)) {
            line_.append(data.substr(0, end));
            check.line(line_);
            line_.clear();
        }
        line_.append(data);
    }

    State state_ = State::head;
    std::string buffer_, line_;
    std::size_t left_ = 0;
};

struct Connection {
    int fd = -1;
    Reader reader;
    AnswerCheck check;
    Clock::time_point sent{};
    bool waiting_first = true;
};

class Load {
  public:
    explicit Load(const Options& options)
        : options_(options), dialect_(options.values.at("--dialect") == "anthropic" ? kAnthropic : kOpenai) {
        const std::string body =
            R"({"model":"claude-sonnet-4-5","stream":true,"max_tokens":60000,"messages":[{"role":"user","content":)"
            R"("Write a function that adds two numbers, and say what it does."}]})";
        request_.append("POST ").append(dialect_.path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        request_.append(dialect_.key_header).append(options.values.at("--key"));
        request_ += "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
        request_ += "\r\n\r\n" + body;
        for (unsigned i = 0; i < options.number("--events"); ++i) {
            expected_ += kg::bench::event_text(i, options.number("--bytes"));
        }
    }

    int run() {
        const auto start = Clock::now();
        const unsigned seconds = options_.number("--seconds");
        const auto limit = start + std::chrono::seconds(options_.number("--limit"));
        stop_at_ = seconds > 0 ? start + std::chrono::seconds(seconds) : limit;
        budget_ =
            seconds > 0 ? kSamplesMax : std::min<std::size_t>(options_.number("--requests"), kSamplesMax);
        connections_.resize(options_.number("--connections"),
                            Connection{-1, {}, {dialect_, expected_}, {}, true});
        for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
        while (busy_ > 0 && Clock::now() < limit) poll();
        if (busy_ > 0) note("not answered within the limit", busy_);
        report(std::chrono::duration<double>(Clock::now() - start).count());
        return wrong_ == 0 && done_ > 0 ? 0 : 1;
    }

  private:
    void open(std::size_t at) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(options_.number("--port")));
        const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
        if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            return note("cannot connect", 1);
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = at;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
        connections_[at].fd = fd;
        ask(connections_[at]);
    }

    void ask(Connection& connection) {
        if (asked_ >= budget_ || Clock::now() >= stop_at_) return;
        ++asked_;
        ++busy_;
        connection = Connection{connection.fd, {}, {dialect_, expected_}, Clock::now(), true};
        // Far smaller than an empty socket buffer.
        if (write(connection.fd, request_.data(), request_.size()) != static_cast<ssize_t>(request_.size())) {
            finish(connection, "cannot send");
        }
    }

    void poll() {
        epoll_event ready[256];
        const int count = epoll_wait(epoll_, ready, 256, 100);
        for (int i = 0; i < count; ++i) read_from(connections_[ready[i].data.u64]);
    }

    void read_from(Connection& connection) {
        static char buffer[131'072];
        const ssize_t count = read(connection.fd, buffer, sizeof buffer);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return finish(connection, "the connection ended early");
        connection.reader.feed({buffer, static_cast<std::size_t>(count)}, connection.check);
        if (connection.waiting_first && connection.check.events() > 0) first_event(connection);
        if (connection.reader.state() == Reader::State::broken) finish(connection, "status or framing");
        if (connection.reader.state() == Reader::State::done) finish(connection, connection.check.verdict());
    }

    void first_event(Connection& connection) {
        connection.waiting_first = false;
        first_us_.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - connection.sent).count());
        if (options_.number("--open") == 1 && done_ == 0 && first_us_.size() == connections_.size()) {
            std::puts("open");
            std::fflush(stdout);
        }
    }

    void finish(Connection& connection, const char* trouble) {
        if (connection.fd < 0) return;
        const bool in_answer = connection.sent != Clock::time_point{};
        events_ += connection.check.events();
        if (in_answer) --busy_;
        if (trouble == nullptr) {
            ++done_;
            connection.sent = {};
            return ask(connection);
        }
        if (in_answer) note(trouble, 1);
        close(connection.fd);
        connection.fd = -1;
    }

    void note(const char* trouble, std::size_t count) {
        if (wrong_ == 0) std::fprintf(stderr, "bench_load: %s\n", trouble);
        wrong_ += count;
    }

    double quantile(double q) {
        if (first_us_.empty()) return 0;
        const auto at = static_cast<std::size_t>(q * static_cast<double>(first_us_.size() - 1) + 0.5);
        return first_us_[at];
    }

    void report(double seconds) {
        std::sort(first_us_.begin(), first_us_.end());
        std::printf(R"({"requests":%zu,"wrong":%zu,"seconds":%.3f,"events":%llu,)", done_, wrong_, seconds,
                    static_cast<unsigned long long>(events_));
        std::printf(R"("first_p50_us":%.1f,"first_p99_us":%.1f})", quantile(.5), quantile(.99));
        std::puts("");
    }

    const Options& options_;
    const Dialect& dialect_;
    std::string request_, expected_;
    std::vector<Connection> connections_;
    std::vector<double> first_us_;
    Clock::time_point stop_at_{};
    std::size_t budget_ = 0, asked_ = 0, busy_ = 0, done_ = 0, wrong_ = 0;
    std::uint64_t events_ = 0;
    int epoll_ = epoll_create1(0);
};

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const auto found = options.values.find(std::string_view(argv[i]));
        if (found == options.values.end() || i + 1 == argc) {
            return std::fprintf(stderr, "bench_load: no option %s, or no value\n", argv[i]), 2;
        }
        found->second = argv[i + 1];
    }
    return Load(options).run();
}
