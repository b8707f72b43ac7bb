#include "tests/contract/httpd/fixture.hpp"

#include <algorithm>
#include <chrono>

namespace kg::httpd {
namespace {

class Counted : public Handler {
  public:
    explicit Counted(TestServer& server) : server_(server) {
        ++server_.alive;
        ++server_.made;
    }
    ~Counted() override { --server_.alive; }

  protected:
    TestServer& server_;
};

/// Answers at once with what it got.
class Echo final : public Counted {
  public:
    Echo(TestServer& server, std::string_view parameter) : Counted(server), parameter_(parameter) {}
    void on_request(Exchange& exchange, std::string body) override {
        http::Response response;
        response.headers.add("x-method", exchange.head().method_text);
        response.headers.add("x-path", exchange.head().path);
        response.headers.add("x-query", exchange.head().query);
        response.headers.add("x-parameter", std::string(parameter_));
        response.headers.add("x-peer", exchange.head().peer);
        server_.bodies.push_back(body);
        response.body = std::move(body);
        exchange.respond(std::move(response));
    }

  private:
    std::string_view parameter_;
};

class Refuse final : public Counted {
  public:
    using Counted::Counted;
    void on_head(Exchange& exchange) override { exchange.respond({401, {}, "no"}); }
    void on_request(Exchange&, std::string body) override { server_.bodies.push_back(std::move(body)); }
};

/// Leaves the answer to the test, which finds the exchange in `held`.
class Hold final : public Counted {
  public:
    Hold(TestServer& server, Exchange& exchange) : Counted(server), exchange_(exchange) {}
    ~Hold() override {
        auto& held = server_.held;
        held.erase(std::remove(held.begin(), held.end(), &exchange_), held.end());
    }
    void on_request(Exchange& exchange, std::string body) override {
        server_.bodies.push_back(std::move(body));
        server_.held.push_back(&exchange);
        if (server_.on_stream) server_.on_stream(exchange);
    }
    void on_drained() override { ++server_.drained; }

  private:
    Exchange& exchange_;
};

/// Streams ?N bytes of a known pattern, obeying pause and drained.
class Flood final : public Counted {
  public:
    using Counted::Counted;
    void on_request(Exchange& exchange, std::string body) override {
        server_.bodies.push_back(std::move(body));
        exchange_ = &exchange;
        total_ = std::stoul(exchange.head().query);
        exchange.begin_stream(200, {});
        produce();
    }
    void on_drained() override {
        ++server_.drained;
        produce();
    }

  private:
    void produce() {
        while (sent_ < total_) {
            const std::string_view alphabet = "abcdefghijklmnopqrstuvw";
            static const std::string pattern = [&] {
                std::string text;
                while (text.size() < 2300) text += alphabet;
                return text;
            }();
            const std::size_t count = std::min<std::size_t>(1000, total_ - sent_);
            exchange_->out().append(pattern, sent_ % alphabet.size(), count);
            sent_ += count;
            server_.backlog_most = std::max(server_.backlog_most, exchange_->backlog_bytes());
            if (exchange_->commit() == Flow::pause) {
                ++server_.pauses;
                return;
            }
        }
        exchange_->end_stream();
    }
    Exchange* exchange_ = nullptr;
    std::size_t total_ = 0;
    std::size_t sent_ = 0;
};

class Upgrade final : public Counted {
  public:
    using Counted::Counted;
    void on_head(Exchange& exchange) override {
        http::Response response{426, {}, ""};
        response.headers.add("connection", "close");
        response.headers.add("upgrade", std::string(exchange.head().headers.get("upgrade")));
        exchange.respond(std::move(response));
    }
    void on_request(Exchange&, std::string) override {}
};

}  // namespace

TestServer::TestServer(ServerOptions options, const std::string& address) {
    using http::Method;
    const auto echo = [this](Exchange&, std::string_view parameter) {
        return std::make_unique<Echo>(*this, parameter);
    };
    const auto hold = [this](Exchange& exchange, std::string_view) {
        return std::make_unique<Hold>(*this, exchange);
    };
    const auto refuse = [this](Exchange&, std::string_view) { return std::make_unique<Refuse>(*this); };
    router.emplace(std::vector<Route>{
        {Method::get, "/", echo, true},
        {Method::get, "/hello", echo, true},
        {Method::get, "/v1/models/*", echo, true},
        {Method::post, "/echo", echo, true},
        {Method::put, "/echo", echo, true},
        {Method::post, "/refuse", refuse, true},
        {Method::get, "/hold", hold, true},
        {Method::post, "/hold", hold, true},
        {Method::get, "/flood",
         [this](Exchange&, std::string_view) { return std::make_unique<Flood>(*this); }, true},
        {Method::get, "/ws", [this](Exchange&, std::string_view) { return std::make_unique<Upgrade>(*this); },
         true},
        {Method::get, "/admin/page", echo, false},
    });
    server.emplace(loop, *router, errors, random, gauges, std::move(options));
    const auto listening = server->listen(address, false);
    if (!listening) throw std::runtime_error("cannot listen");
}

bool TestServer::until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        loop.run_once(false);
    }
    return true;
}

}  // namespace kg::httpd
