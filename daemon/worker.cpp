#include "daemon/worker.hpp"

#include <algorithm>
#include <future>
#include <iterator>

#include "core/base/log.hpp"
#include "core/fetch/curl_fetcher.hpp"
#include "core/fetch/public_address.hpp"
#include "daemon/admin/handler.hpp"
#include "daemon/api/context.hpp"
#include "daemon/api/routes.hpp"

namespace kg::daemon {
namespace {

/// Trouble below the routes, in the shape of whoever is asked.
class Errors final : public httpd::ErrorRenderer {
  public:
    Errors(const api::Dialects& dialects, Serves serves) : api_(dialects), serves_(serves) {}
    http::Response render(const httpd::RequestHead* head, const Error& error,
                          std::string_view request_id) const override {
        const bool admin = serves_ == Serves::admin || (head && head->path.starts_with("/api/"));
        if (!admin) return api_.render(head, error, request_id);
        return admin::render({.status = error_row(error.kind).openai_status,
                              .code = std::string(error_name(error.kind)),
                              .message = error.message},
                             request_id);
    }

  private:
    const api::ErrorRenderer api_;
    const Serves serves_;
};

constexpr std::string_view kPoolPath = "/api/pool";  // the operator's, like the admin API

web::Beside beside_of(Serves serves) {
    return serves == Serves::api     ? web::Beside::api
           : serves == Serves::admin ? web::Beside::admin
                                     : web::Beside::all;
}

std::vector<httpd::Route> routes_of(Serves serves, api::Context& context, admin::Office& office,
                                    const web::Site& site, const loop::Wakeup::Door& door) {
    auto out = api::public_routes(context);
    // Browsers get a page where programs get JSON.
    httpd::HandlerFactory root;
    std::erase_if(out, [&](const auto& route) {
        if (route.path != "/") return false;
        root = route.make;
        return true;
    });
    if (serves == Serves::api) std::erase_if(out, [](const auto& r) { return r.path == kPoolPath; });
    if (serves == Serves::admin) std::erase_if(out, [](const auto& r) { return r.path != kPoolPath; });
    auto more = serves == Serves::api ? admin::public_routes(office, door) : admin::routes(office, door);
    std::move(more.begin(), more.end(), std::back_inserter(out));
    auto pages =
        web::routes(site, door, beside_of(serves), serves == Serves::admin ? nullptr : std::move(root));
    std::move(pages.begin(), pages.end(), std::back_inserter(out));
    return out;
}

/// Its connections are its own: none that may not be opened is found open.
fetch::CurlFetcherOptions public_fetch_options() {
    return {.idle_connections_max = 16,
            .idle_handles_max = 8,
            .http2 = false,
            .admits = &fetch::is_public_elsewhere};
}

}  // namespace

/// Members in the order of their lives: the server goes first, the loop last.
struct Worker::Inside {
    Inside(Worker& w)
        : write_log(loop, [] { log::flush(); }),
          gather_log([this] { write_log.schedule(); }),
          wakeup(loop),
          fetcher(loop, w.engine_.fetch_options()),
          public_fetcher(loop, public_fetch_options()),
          service(w.engine_.service(loop, fetcher, wakeup.door())),
          workshop{loop, public_fetcher, service.clock},
          context{service,
                  w.engine_.access(),
                  w.engine_.proxies(),
                  w.engine_.store(),
                  w.dialects_,
                  w.draining_,
                  workshop,
                  {},
                  &w.engine_.meters().add(),
                  &w.engine_.tail()},
          errors(w.dialects_, w.options_.serves),
          router(routes_of(w.options_.serves, context, w.office_, w.site_, wakeup.door())),
          server(loop, router, errors, w.random_, w.gauges_, w.options_.server) {}

    loop::Loop loop;
    loop::Deferred write_log;     // the lines of a turn, at its end
    log::GatherLines gather_log;  // of this thread
    loop::Wakeup wakeup;
    fetch::CurlFetcher fetcher;
    fetch::CurlFetcher public_fetcher;  // for addresses that clients name
    gateway::ChatService service;
    files::Workshop workshop;
    api::Context context;
    Errors errors;
    httpd::Router router;
    httpd::Server server;
};

Worker::Worker(Engine& engine, admin::Office& office, const web::Site& site, const api::Dialects& dialects,
               Random& random, httpd::ServerGauges& gauges, const std::atomic<bool>& draining,
               WorkerOptions options)
    : engine_(engine),
      office_(office),
      site_(site),
      dialects_(dialects),
      random_(random),
      gauges_(gauges),
      draining_(draining),
      options_(std::move(options)) {}

Worker::~Worker() {
    stop();
    if (thread_.joinable()) thread_.join();
}

Result<int> Worker::start() {
    std::promise<Result<int>> listening;
    auto listened = listening.get_future();
    thread_ = std::thread([this, &listening] {
        run([&listening](Result<int> port) { listening.set_value(std::move(port)); });
    });
    return listened.get();
}

void Worker::run(std::function<void(Result<int>)> listening) {
    Inside inside(*this);
    inside_ = &inside;
    door_ = inside.wakeup.door();
    if (!options_.listen.empty()) {
        if (auto listened = inside.server.listen(options_.listen, options_.share_port); !listened) {
            return listening(Err(std::move(listened).error()));
        }
    }
    listening(inside.server.port());
    inside.loop.run();
    inside_ = nullptr;
}

void Worker::drain(std::function<void()> idle) {
    door_.post([this, idle = std::move(idle)] { inside_->server.drain(idle); });
}

void Worker::cut() {
    door_.post([this] {
        const auto in_progress = inside_->context.in_progress;  // cut() removes from the original
        for (auto* answer : in_progress) {
            if (inside_->context.in_progress.contains(answer)) answer->cut();
        }
    });
}

void Worker::stop() {
    door_.post([this] { inside_->loop.stop(); });
}

}  // namespace kg::daemon
