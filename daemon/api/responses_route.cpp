#include "daemon/api/responses_route.hpp"

#include <optional>
#include <utility>

#include "core/base/log.hpp"
#include "core/json/writer.hpp"
#include "core/responses/storage.hpp"
#include "daemon/api/chat_route.hpp"
#include "daemon/api/doorway.hpp"

namespace kg::api {
namespace {

/// A longer conversation is not kept: 8 MiB is several context windows of text.
constexpr std::size_t kConversationMax = 8u << 20;

std::string owner_of(const access::Principal& principal, Context& context) {
    if (principal.kind != access::Principal::Kind::tenant) return principal.key_id();
    return "tenant/" + context.service.tenants.tenant_id(principal.refresh_token);
}

using Found = Result<std::optional<store::KeptResponse>>;

/// Stands between the connection and the chat handler, to both of which it is the other. Loop only;
/// what the store answers after the handler is gone is dropped.
class KeepingHandler final : public httpd::Handler, private httpd::Exchange {
  public:
    KeepingHandler(Context& context, httpd::Exchange& exchange)
        : context_(context),
          exchange_(exchange),
          inner_(make_chat_handler(context, *context.dialects.kept_responses, *this)) {}
    ~KeepingHandler() override { *alive_ = false; }

    void on_head(httpd::Exchange&) override { inner_->on_head(*this); }
    void on_drained() override { inner_->on_drained(); }

    void on_request(httpd::Exchange&, std::string body) override {
        auto document = json::Document::parse(body);
        auto visitor = identify(context_, exchange_.head());
        if (document && visitor && document->root().is_object()) {
            asked_ = std::move(*document);
            owner_ = owner_of(visitor->principal, context_);
            keeps_ = responses::wants_storage(asked_.root());
            const auto previous = asked_.root()["previous_response_id"].text();
            if (!previous.empty() && fetch(std::string(previous))) return;
        }
        inner_->on_request(*this, std::move(body));
    }

  private:
    bool fetch(std::string id) {
        const auto now = to_ms(context_.service.clock.wall());
        return context_.store.run<Found>(
            context_.service.door,
            [owner = owner_, id = std::move(id), now](store::Stores& stores) {
                return stores.responses().find(owner, id, now);
            },
            [this, alive = alive_](Found found) {
                if (*alive && !answered_) fetched(std::move(found));
            });
    }

    /// Without the earlier items the body goes on as it is, and is refused as naming an unknown
    /// response.
    void fetched(Found found) {
        std::string body = asked_.source();
        if (!found)
            log::error("responses", "a kept response cannot be read", {{"error", found.error().message}});
        if (found && *found) {
            body = responses::continued(asked_.root(), (*found)->conversation);
            if (auto merged = json::Document::parse(body)) asked_ = std::move(*merged);
        }
        inner_->on_request(*this, std::move(body));
    }

    void keep(json::Node response) {
        const auto status = response["status"].text();
        if (!keeps_ || (status != "completed" && status != "incomplete")) return;
        const auto settings = context_.service.settings.get();
        store::KeptResponse kept{.id = std::string(response["id"].text()),
                                 .owner = owner_,
                                 .body = std::string(response.raw()),
                                 .conversation = responses::conversation_of(asked_.root(), response),
                                 .created_at_ms = to_ms(context_.service.clock.wall())};
        kept.expires_at_ms = kept.created_at_ms + settings->responses_kept_for.count();
        if (kept.conversation.size() + kept.body.size() > kConversationMax) {
            log::warn("responses", "a conversation is too long to be kept", {{"id", kept.id}});
            return;
        }
        context_.store.post([kept = std::move(kept), max = settings->responses_kept](store::Stores& stores) {
            if (auto put = stores.responses().put(kept, max); !put)
                log::error("responses", "an answer was not kept", {{"error", put.error().message}});
        });
    }

    // The connection, as the chat handler sees it.
    const httpd::RequestHead& head() const override { return exchange_.head(); }
    const std::string& request_id() const override { return exchange_.request_id(); }
    loop::Loop& loop() override { return exchange_.loop(); }
    void respond(http::Response response) override {
        answered_ = true;
        if (response.status == 200) {
            if (const auto answer = json::Document::parse(response.body)) keep(answer->root());
        }
        exchange_.respond(std::move(response));
    }
    void begin_stream(int status, http::Headers headers) override {
        answered_ = true;
        exchange_.begin_stream(status, std::move(headers));
    }
    std::string& out() override { return exchange_.out(); }
    Flow commit() override { return exchange_.commit(); }
    void flush() override { exchange_.flush(); }
    void end_stream() override {
        keep_last_event();
        exchange_.end_stream();
    }
    void abort_stream() override { exchange_.abort_stream(); }
    std::size_t backlog_bytes() const override { return exchange_.backlog_bytes(); }

    /// The frame that ends a stream repeats the whole answer. Frames hold no empty line inside.
    void keep_last_event() {
        std::string_view frames = exchange_.out();
        if (!frames.ends_with("\n\n")) return;
        frames.remove_suffix(2);
        const auto before = frames.rfind("\n\n");
        const auto frame = before == frames.npos ? frames : frames.substr(before + 2);
        constexpr std::string_view data = "\ndata: ";
        const auto at = frame.find(data);
        if (at == frame.npos) return;
        if (const auto event = json::Document::parse(std::string(frame.substr(at + data.size()))))
            keep(event->root()["response"]);
    }

    Context& context_;
    httpd::Exchange& exchange_;
    json::Document asked_;
    std::string owner_;
    bool keeps_ = false;
    bool answered_ = false;  // a second answer must not follow, whatever the store still says
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::unique_ptr<httpd::Handler> inner_;  // destroyed first: it calls into the rest
};

class KeptResponseHandler final : public httpd::Handler {
  public:
    KeptResponseHandler(Context& context, std::string id) : context_(context), id_(std::move(id)) {}
    ~KeptResponseHandler() override { *alive_ = false; }

    void on_head(httpd::Exchange& exchange) override {
        auto visitor = let_in_light(context_, exchange.head());
        if (!visitor)
            return exchange.respond(
                render(visitor.error(), *context_.dialects.responses, exchange.request_id()));
        owner_ = owner_of(visitor->principal, context_);
    }

    void on_request(httpd::Exchange& exchange, std::string) override {
        const bool removes = exchange.head().method == http::Method::delete_;
        const auto now = to_ms(context_.service.clock.wall());
        const bool queued = context_.service.settings.get()->responses_kept > 0 &&
                            context_.store.run<Found>(
                                context_.service.door,
                                [owner = owner_, id = id_, now, removes](store::Stores& stores) -> Found {
                                    KG_TRY(found, stores.responses().find(owner, id, now));
                                    if (found && removes) KG_CHECK(stores.responses().remove(owner, id));
                                    return std::move(found);
                                },
                                [this, &exchange, removes, alive = alive_](Found found) {
                                    if (*alive) answer(exchange, std::move(found), removes);
                                });
        if (!queued) answer(exchange, std::optional<store::KeptResponse>{}, removes);
    }

  private:
    void answer(httpd::Exchange& exchange, Found found, bool removed) {
        if (!found || !*found) {
            Error error{.kind = ErrorKind::route_not_found, .message = "no response with this id is kept"};
            if (!found) error = found.error();
            return exchange.respond(context_.dialects.responses->encode_error(error, exchange.request_id()));
        }
        http::Response response;
        response.headers.add("content-type", "application/json");
        response.body = std::move((*found)->body);
        if (removed) {
            response.body.clear();
            json::Writer writer(response.body);
            writer.begin_object().member("id", id_).member("object", "response");
            writer.member("deleted", true).end_object();
        }
        exchange.respond(std::move(response));
    }

    Context& context_;
    const std::string id_;
    std::string owner_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<httpd::Handler> make_responses_handler(Context& context, httpd::Exchange& exchange) {
    if (context.service.settings.get()->responses_kept == 0)
        return make_chat_handler(context, *context.dialects.responses, exchange);
    return std::make_unique<KeepingHandler>(context, exchange);
}

std::unique_ptr<httpd::Handler> make_kept_response_handler(Context& context, std::string_view id) {
    return std::make_unique<KeptResponseHandler>(context, std::string(id));
}

}  // namespace kg::api
