#include "daemon/api/routes.hpp"

#include "core/base/ascii.hpp"
#include "core/json/writer.hpp"
#include "daemon/api/chat_route.hpp"
#include "daemon/api/doorway.hpp"
#include "daemon/api/models_route.hpp"
#include "daemon/api/pool_route.hpp"
#include "daemon/api/responses_route.hpp"
#include "daemon/api/usage_route.hpp"
#include "kirogate_version.hpp"

namespace kg::api {
namespace {

/// A route whose answer needs nothing but the head.
class SimpleHandler final : public httpd::Handler {
  public:
    using Answer = http::Response (*)(Context&, httpd::Exchange&);
    SimpleHandler(Context& context, Answer answer) : context_(context), answer_(answer) {}
    void on_head(httpd::Exchange& exchange) override {
        if (auto let_in = let_in_stranger(context_, exchange.head()); !let_in)
            exchange.respond(render(let_in.error(), dialect_of(exchange.head(), context_.dialects),
                                    exchange.request_id()));
    }
    void on_request(httpd::Exchange& exchange, std::string) override {
        exchange.respond(answer_(context_, exchange));
    }

  private:
    Context& context_;
    Answer answer_;
};

http::Response json(int status, std::string body) {
    http::Response response{.status = status, .headers = {}, .body = std::move(body)};
    response.headers.add("content-type", "application/json");
    return response;
}

/// Liveness: the process answers. Readiness is /ready.
http::Response health(Context&, httpd::Exchange&) {
    std::string body;
    json::Writer(body).begin_object().member("status", "healthy").member("version", kVersion).end_object();
    return json(200, std::move(body));
}

http::Response ready(Context& context, httpd::Exchange&) {
    const bool draining = context.draining.load(std::memory_order_relaxed);
    const bool usable = context.service.pool.any_usable();
    std::string body;
    json::Writer w(body);
    w.begin_object().member("ready", usable && !draining);
    if (draining)
        w.member("reason", "draining");
    else if (!usable)
        w.member("reason", "no usable account");
    w.end_object();
    auto response = json(usable && !draining ? 200 : 503, std::move(body));
    if (response.status == 503) response.headers.add("retry-after", "5");
    return response;
}

http::Response root(Context&, httpd::Exchange&) {
    std::string body;
    json::Writer(body).begin_object().member("service", "kirogate").member("version", kVersion).end_object();
    return json(200, std::move(body));
}

/// Codex tries a WebSocket first: only 426 makes it fall back to HTTP at once (client-apis 1).
http::Response responses_get(Context& context, httpd::Exchange& exchange) {
    if (ascii::equals_ignoring_case(exchange.head().headers.get("upgrade"), "websocket")) {
        http::Response response{.status = 426, .headers = {}, .body = {}};
        response.headers.add("connection", "close");
        return response;
    }
    auto response = context.dialects.responses->encode_error(
        {.kind = ErrorKind::method_not_allowed, .message = "GET is not allowed on this path"},
        exchange.request_id());
    response.headers.add("allow", "OPTIONS, POST");
    return response;
}

/// Below /responses only answers have paths of their own; a wrong path is no wrong method.
http::Response no_such_path(Context& context, httpd::Exchange& exchange) {
    return context.dialects.responses->encode_error(
        {.kind = ErrorKind::route_not_found, .message = "no such path"}, exchange.request_id());
}

httpd::HandlerFactory simple(Context& context, SimpleHandler::Answer answer) {
    return [&context, answer](httpd::Exchange&, std::string_view) {
        return std::make_unique<SimpleHandler>(context, answer);
    };
}

}  // namespace

std::vector<httpd::Route> public_routes(Context& context) {
    using enum http::Method;
    const auto chat = [&context](const chat::Dialect& dialect) -> httpd::HandlerFactory {
        return [&context, &dialect](httpd::Exchange& exchange, std::string_view) {
            return make_chat_handler(context, dialect, exchange);
        };
    };
    const httpd::HandlerFactory models = [&context](httpd::Exchange& exchange, std::string_view id) {
        return make_models_handler(context, exchange, id);
    };
    const auto count = [&context](const chat::Dialect& dialect) -> httpd::HandlerFactory {
        return [&context, &dialect](httpd::Exchange&, std::string_view) {
            return make_count_tokens_handler(context, dialect);
        };
    };
    const httpd::HandlerFactory usage = [&context](httpd::Exchange& exchange, std::string_view) {
        return make_usage_handler(context, exchange);
    };

    const httpd::HandlerFactory responses = [&context](httpd::Exchange& exchange, std::string_view) {
        return make_responses_handler(context, exchange);
    };
    const httpd::HandlerFactory kept = [&context](httpd::Exchange&, std::string_view id) {
        return make_kept_response_handler(context, id);
    };
    const Dialects& dialects = context.dialects;
    std::vector<httpd::Route> routes;
    // Base URLs are configured with and without /v1.
    for (const std::string prefix : {"/v1", ""}) {
        routes.push_back({post, prefix + "/chat/completions", chat(*dialects.openai)});
        routes.push_back({post, prefix + "/completions", chat(*dialects.completions)});
        routes.push_back({post, prefix + "/messages", chat(*dialects.anthropic)});
        routes.push_back({post, prefix + "/responses", responses});
        routes.push_back({post, prefix + "/responses/*", simple(context, no_such_path)});
        routes.push_back({get, prefix + "/responses/*", kept});
        routes.push_back({delete_, prefix + "/responses/*", kept});
        routes.push_back({post, prefix + "/responses/input_tokens", count(*dialects.responses)});
        routes.push_back({post, prefix + "/messages/count_tokens", count(*dialects.anthropic)});
        routes.push_back({get, prefix + "/models", models});
        routes.push_back({get, prefix + "/models/*", models});
        routes.push_back({get, prefix + "/usage", usage});
        routes.push_back({get, prefix + "/responses", simple(context, responses_get)});
    }
    routes.push_back({get, "/api/pool",
                      [&context](httpd::Exchange& exchange, std::string_view) {
                          return make_pool_handler(context, exchange);
                      },
                      false});
    routes.push_back({get, "/health", simple(context, health)});
    routes.push_back({get, "/ready", simple(context, ready)});
    routes.push_back({get, "/", simple(context, root)});
    routes.push_back({get, "/api/hello", simple(context, root)});  // Claude Code warms its connection with it
    return routes;
}

}  // namespace kg::api
