#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/server.hpp"
#include "tests/support/http_probe.hpp"

namespace kg::httpd {

/// Renders every error as its name, so that a test sees which one it was and whether a head was
/// known.
class PlainErrors final : public ErrorRenderer {
  public:
    http::Response render(const RequestHead* head, const Error& error, std::string_view id) const override {
        http::Response out;
        out.status = error_row(error.kind).openai_status;
        out.body =
            std::string(error_name(error.kind)) + " " + (head ? head->path : "-") + " " + std::string(id);
        return out;
    }
};

/// A real server on a loop of this thread, with routes that cover every way of answering and
/// record what happened to their handlers.
class TestServer {
  public:
    int alive = 0;  // handlers that exist
    int made = 0;
    int pauses = 0;  // commit() said pause
    int drained = 0;
    std::size_t backlog_most = 0;              // of any /flood
    std::vector<std::string> bodies;           // of every on_request
    std::vector<Exchange*> held;               // of /hold and /stream, while they run
    std::function<void(Exchange&)> on_stream;  // called by /stream

    explicit TestServer(ServerOptions options = {}) : TestServer(std::move(options), "127.0.0.1:0") {}
    TestServer(ServerOptions options, const std::string& address);

    test::HttpProbe connect() { return test::HttpProbe::tcp(server->port(), pump()); }
    test::HttpProbe::Pump pump() {
        return [this] { loop.run_once(false); };
    }
    /// Runs the loop until `done`, at most 90 s: a guard for a hang, sized for sanitizers on a busy
    /// machine.
    bool until(const std::function<bool()>& done);
    void turns(int count) {
        for (int i = 0; i < count; ++i) loop.run_once(false);
    }

    loop::Loop loop;
    SystemRandom random;
    ServerGauges gauges;
    PlainErrors errors;
    std::optional<Router> router;
    std::optional<Server> server;
};

inline std::string get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view fields = {}) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace kg::httpd
