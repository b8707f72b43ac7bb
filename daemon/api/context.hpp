#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_set>

#include "core/access/authenticator.hpp"
#include "core/access/trusted_proxies.hpp"
#include "core/chat/dialect.hpp"
#include "core/files/preparation.hpp"
#include "core/gateway/chat_service.hpp"
#include "core/gateway/meter.hpp"
#include "core/gateway/request_tail.hpp"
#include "core/store/async_store.hpp"
#include "daemon/api/dialects.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::api {

/// An answer in progress that can be ended early, in-band, when draining takes too long.
class Cuttable {
  public:
    virtual void cut() = 0;

  protected:
    ~Cuttable() = default;
};

/// What the API routes of one loop work with. Owns nothing; outlives the loop's server.
struct Context {
    gateway::ChatService& service;
    access::Authenticator& access;
    const access::TrustedProxies& proxies;
    store::AsyncStore& store;
    const Dialects& dialects;
    const std::atomic<bool>& draining;
    files::Workshop& workshop;
    std::unordered_set<Cuttable*> in_progress{};
    gateway::Meter* meter = nullptr;       // this loop's; null: nothing is measured
    gateway::RequestTail* tail = nullptr;  // null: nobody can watch
};

/// Which family answers on a path that both share, and before routing (client-apis 3).
const chat::Dialect& dialect_of(const httpd::RequestHead& head, const Dialects& dialects);

/// Answers in the dialect of the request; also for trouble below the routes.
class ErrorRenderer final : public httpd::ErrorRenderer {
  public:
    explicit ErrorRenderer(const Dialects& dialects) : dialects_(dialects) {}
    http::Response render(const httpd::RequestHead* head, const Error& error,
                          std::string_view request_id) const override;

  private:
    const Dialects& dialects_;
};

}  // namespace kg::api
