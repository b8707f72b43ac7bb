#include "daemon/demo/fake_kiro.hpp"

#include <functional>
#include <future>
#include <utility>

#include "daemon/demo/handler.hpp"
#include "daemon/demo/replies.hpp"
#include "daemon/http/server.hpp"

namespace kg::demo {
namespace {

/// What the server itself refuses (bad HTTP, too large), in the service's shape.
class Errors final : public httpd::ErrorRenderer {
  public:
    http::Response render(const httpd::RequestHead*, const Error& error, std::string_view) const override {
        http::Response out =
            refuse(error.kind == ErrorKind::route_not_found || error.kind == ErrorKind::method_not_allowed
                       ? Refusal::unknown_operation
                       : Refusal::improperly_formed);
        out.status = error_row(error.kind).openai_status;
        return out;
    }
};

httpd::ServerOptions server_options() {
    httpd::ServerOptions options;
    options.cors_origins = "";
    options.limits.body_max_bytes = 160u << 20;
    options.limits.send_timeout =
        std::chrono::hours(1);  // a caller under test may read as slowly as it likes
    return options;
}

}  // namespace

struct FakeKiro::Impl {
    Impl(loop::Loop& loop, Random& random, const Clock& clock)
        : service(random, clock),
          router(fake_routes(service)),
          server(loop, router, errors, random, gauges, server_options()) {}

    Service service;
    Errors errors;
    httpd::ServerGauges gauges;
    httpd::Router router;
    httpd::Server server;
};

FakeKiro::FakeKiro(loop::Loop& loop, Random& random, const Clock& clock)
    : impl_(std::make_unique<Impl>(loop, random, clock)) {}
FakeKiro::~FakeKiro() = default;

Result<void> FakeKiro::listen() {
    return impl_->server.listen("127.0.0.1:0", false);
}
int FakeKiro::port() const {
    return impl_->server.port();
}
Service& FakeKiro::service() {
    return impl_->service;
}

Stats FakeKiro::stats() const {
    Stats stats = impl_->service.stats();
    stats.connections = impl_->gauges.connections.load();
    return stats;
}

Result<std::unique_ptr<FakeKiroThread>> FakeKiroThread::start(Random& random, const Clock& clock) {
    std::unique_ptr<FakeKiroThread> self(new FakeKiroThread);
    std::promise<Result<void>> ready;
    auto listening = ready.get_future();
    self->thread_ = std::thread([raw = self.get(), &random, &clock, &ready] {
        raw->run(random, clock, [&ready](Result<void> result) { ready.set_value(std::move(result)); });
    });
    if (auto result = listening.get(); !result) return Err(std::move(result).error());
    return self;
}

void FakeKiroThread::run(Random& random, const Clock& clock, const std::function<void(Result<void>)>& ready) {
    loop::Loop loop;
    loop::Wakeup wakeup(loop);
    FakeKiro fake(loop, random, clock);
    auto listening = fake.listen();
    const bool ok = listening.has_value();
    fake_ = &fake;
    port_ = ok ? fake.port() : 0;
    door_ = wakeup.door();
    stop_ = [&loop] { loop.stop(); };
    ready(std::move(listening));
    if (ok) loop.run();
}

FakeKiroThread::~FakeKiroThread() {
    door_.post(std::exchange(stop_, {}));
    if (thread_.joinable()) thread_.join();
}

}  // namespace kg::demo
