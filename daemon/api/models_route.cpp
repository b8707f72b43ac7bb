#include "daemon/api/models_route.hpp"

#include <algorithm>

#include "core/http/url.hpp"
#include "core/json/document.hpp"
#include "daemon/api/doorway.hpp"

namespace kg::api {
namespace {

http::Response json_response(std::string body) {
    http::Response response;
    response.headers.add("content-type", "application/json");
    response.body = std::move(body);
    return response;
}

/// Listed under the name that clients send; the wire id stays reachable through resolution.
std::vector<chat::ModelInfo> visible(const account::ModelList& list, const access::Principal& principal) {
    std::vector<chat::ModelInfo> out;
    for (const auto& model : list.models) {
        auto info = model.info;
        info.id = kiro::public_name(model.info.id);
        if (principal.may_use_model(model.info.id, info.id)) out.push_back(std::move(info));
    }
    return out;
}

class ModelsHandler final : public httpd::Handler {
  public:
    ModelsHandler(Context& context, std::string id) : context_(context), id_(std::move(id)) {}

    void on_head(httpd::Exchange& exchange) override {
        auto visitor = let_in_light(context_, exchange.head());
        if (visitor)
            principal_ = std::move(visitor->principal);
        else
            exchange.respond(render(visitor.error(), dialect_of(exchange.head(), context_.dialects),
                                    exchange.request_id()));
    }

    void on_request(httpd::Exchange& exchange, std::string) override {
        const auto& dialect = dialect_of(exchange.head(), context_.dialects);
        const auto refuse = [&](const Error& error) {
            exchange.respond(dialect.encode_error(error, exchange.request_id()));
        };
        const auto list = context_.service.catalog.current();
        if (id_.empty()) {
            auto response =
                json_response(dialect.encode_models(visible(*list, principal_), exchange.head().query));
            if (!list->live)
                response.headers.add("x-kirogate-warnings",
                                     "built-in model list: no account has answered yet");
            return exchange.respond(std::move(response));
        }
        const auto name = http::percent_decode(id_).value_or(id_);
        const auto resolved =
            kiro::resolve_model(name, list->models, context_.service.settings.get()->aliases);
        if (!resolved) return refuse(resolved.error());
        if (!principal_.may_use_model(resolved->model->info.id,
                                      kiro::public_name(resolved->model->info.id))) {
            return refuse({.kind = ErrorKind::model_not_found,
                           .message = "the model `" + name + "` does not exist",
                           .param = "model"});
        }
        auto info = resolved->model->info;
        info.id = name;
        exchange.respond(json_response(dialect.encode_model(info)));
    }

  private:
    Context& context_;
    const std::string id_;
    access::Principal principal_;
};

class CountTokensHandler final : public httpd::Handler {
  public:
    CountTokensHandler(Context& context, const chat::Dialect& dialect)
        : context_(context), dialect_(dialect) {}

    void on_head(httpd::Exchange& exchange) override {
        if (auto visitor = let_in_light(context_, exchange.head()); !visitor)
            exchange.respond(render(visitor.error(), dialect_, exchange.request_id()));
    }
    void on_request(httpd::Exchange& exchange, std::string body) override {
        auto document = json::Document::parse(std::move(body));
        if (!document) return refuse(exchange, document.error());
        auto count = dialect_.count_tokens(
            *document,
            [this](std::string_view model, std::uint64_t estimated) { return calibrated(model, estimated); });
        if (!count) return refuse(exchange, count.error());
        exchange.respond(json_response(std::move(*count)));
    }

  private:
    /// The number that thresholds and usage go by.
    std::uint64_t calibrated(std::string_view model, std::uint64_t estimated) const {
        const auto& service = context_.service;
        const auto list = service.catalog.current();
        const auto resolved = kiro::resolve_model(model, list->models, service.settings.get()->aliases);
        if (!resolved || !service.calibration) return estimated;
        return service.calibration->tokens(resolved->model->info.id, estimated);
    }
    void refuse(httpd::Exchange& exchange, const Error& error) {
        exchange.respond(dialect_.encode_error(error, exchange.request_id()));
    }
    Context& context_;
    const chat::Dialect& dialect_;
};

}  // namespace

std::unique_ptr<httpd::Handler> make_models_handler(Context& context, httpd::Exchange&, std::string_view id) {
    return std::make_unique<ModelsHandler>(context, std::string(id));
}

std::unique_ptr<httpd::Handler> make_count_tokens_handler(Context& context, const chat::Dialect& dialect) {
    return std::make_unique<CountTokensHandler>(context, dialect);
}

}  // namespace kg::api
