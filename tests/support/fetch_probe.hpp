#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fetch/fetcher.hpp"
#include "core/loop/loop.hpp"
#include "core/loop/timer.hpp"

namespace kg::test {

/// Turns the loop until `done`, which may also hang on what another thread does; false when that takes
/// absurdly long.
template <class Done>
bool run_until(loop::Loop& loop, Done done) {
    bool late = false;
    loop::Timer guard(loop, [&late] { late = true; });
    guard.start(std::chrono::seconds(30));
    loop::Timer look_again(loop, [] {});
    look_again.start(std::chrono::milliseconds(5), std::chrono::milliseconds(5));
    while (!done() && !late) loop.run_once();
    return done();
}

/// Turns the loop often without waiting: whatever could happen now, happens.
inline void spin(loop::Loop& loop, int turns = 200) {
    for (int i = 0; i < turns; ++i) loop.run_once(false);
}

/// A Handler that writes down what it hears and does what the test asks at each call.
class FetchProbe final : public fetch::Handler {
  public:
    void on_head(const fetch::Head& heard) override {
        calls += 'h';
        head = heard;
        if (at_head) at_head();
    }
    Flow on_body(std::string_view bytes) override {
        calls += 'b';
        body_bytes += bytes.size();
        if (keep_body) body += bytes;
        return at_body ? at_body() : Flow::more;
    }
    void on_batch() override {
        calls += '|';
        if (at_batch) at_batch();
    }
    void on_done() override {
        calls += '.';
        done = true;
        if (at_end) at_end();
    }
    void on_failure(const fetch::Failure& heard) override {
        calls += '!';
        failure = heard;
        if (at_end) at_end();
    }
    bool ended() const { return done || failure.has_value(); }
    std::size_t count(char call) const {
        std::size_t n = 0;
        for (const char c : calls) n += c == call;
        return n;
    }

    std::string calls;  // h head, b body, | batch, . done, ! failure
    fetch::Head head;
    std::string body;
    std::size_t body_bytes = 0;
    bool keep_body = true;
    bool done = false;
    std::optional<fetch::Failure> failure;
    std::unique_ptr<fetch::Fetch> fetch;

    std::function<void()> at_head;
    std::function<Flow()> at_body;
    std::function<void()> at_batch;
    std::function<void()> at_end;
};

inline fetch::Request get(std::string url) {
    fetch::Request request;
    request.url = std::move(url);
    return request;
}

inline fetch::Request post(std::string url, std::string body) {
    fetch::Request request = get(std::move(url));
    request.method = http::Method::post;
    request.body = std::move(body);
    return request;
}

}  // namespace kg::test
