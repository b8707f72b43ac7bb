#include "daemon/admin/handler.hpp"

#include <charconv>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "core/base/overloaded.hpp"
#include "core/http/url.hpp"
#include "daemon/admin/operation.hpp"

namespace kg::admin {
namespace {

constexpr std::string_view kMetricsPath = "/metrics";
constexpr std::size_t kBodyMaxBytes = 8u << 20;       // an import of thousands of accounts
constexpr std::size_t kStrangersMaxBytes = 4u << 10;  // where nobody needs to be known: a password

bool is_https(const httpd::RequestHead& head, const access::TrustedProxies& proxies) {
    // Only a proxy that may name its client's address may name its client's scheme.
    const bool behind = proxies.client_of(head.peer, head.headers) != proxies.client_of(head.peer, {});
    return behind && ascii::equals_ignoring_case(head.headers.get("x-forwarded-proto"), "https");
}

/// Browsers say where a page that sends something comes from; scripts do not. The newer header holds behind
/// a proxy, too, that puts its own name into Host; no page can set it.
bool same_origin(const httpd::RequestHead& head) {
    if (const auto site = head.headers.get("sec-fetch-site"); !site.empty())
        return site == "same-origin" || site == "none";
    const auto origin = head.headers.get("origin");
    if (origin.empty()) return true;
    const auto scheme_end = origin.find("://");
    return scheme_end != origin.npos &&
           ascii::equals_ignoring_case(origin.substr(scheme_end + 3), head.headers.get("host"));
}

/// Content-Length, which the server has checked; 0 when it is not said.
std::size_t announced_bytes(const http::Headers& headers) {
    const auto text = headers.get("content-length");
    std::size_t bytes = 0;
    std::from_chars(text.data(), text.data() + text.size(), bytes);
    return bytes;
}

Failure forbidden(std::string code, std::string message) {
    return {.status = 403, .code = std::move(code), .message = std::move(message)};
}

Failure unauthenticated() {
    return {.status = 401,
            .code = "unauthenticated",
            .message = "sign in, or send `Authorization: Bearer` with the admin password or an admin token"};
}

/// One request: authorised on the head, run once its body is there. Results come back through the
/// loop's door; `alive_` tells them that the client has left.
class AdminHandler final : public httpd::Handler {
  public:
    AdminHandler(Office& office, loop::Wakeup::Door door, httpd::Exchange& exchange)
        : office_(office), door_(std::move(door)), exchange_(exchange) {}
    ~AdminHandler() override { *alive_ = false; }

    void on_head(httpd::Exchange&) override {
        const auto& head = exchange_.head();
        auto& parts = office_.parts();
        address_ = parts.proxies.client_of(head.peer, head.headers);
        if (auto let_in = parts.access.admit_stranger(address_); !let_in) {
            return refuse({.status = 429,
                           .code = "throttled",
                           .message = let_in.error().error.message,
                           .retry_after = std::chrono::seconds(1)});
        }
        auto found = match(head.method, head.path);
        if (!found.operation) return refuse_path(found.allow);
        operation_ = found.operation;
        id_ = std::move(found.id);
        // Strangers' are not even read. Who is known hears of it when all has been sent: many clients do not
        // look for an answer before.
        if (operation_->right == Right::open && announced_bytes(head.headers) > body_max())
            return refuse(too_large());
        auto who = office_.guard().recognise(head, address_);
        if (auto* failure = std::get_if<Failure>(&who)) return refuse(*failure);
        if (auto* caller = std::get_if<Caller>(&who)) return settle(std::move(*caller));
        office_.guard().check_password(
            door_, std::move(std::get<Guard::Unsure>(who).password), address_,
            [this, alive = alive_](std::optional<Failure> failure) {
                if (!*alive) return;
                if (failure) return refuse(*failure);
                settle({.kind = Caller::Kind::password, .name = {}, .may_change = true});
            });
    }

    void on_request(httpd::Exchange&, std::string body) override {
        if (body.size() > body_max()) return refuse(too_large());  // it came in pieces, or compressed
        body_ = std::move(body);
        if (caller_) run();
    }

    void on_drained() override {
        if (live_) live_->on_drained();
    }

  private:
    std::size_t body_max() const {
        return operation_->right == Right::open ? kStrangersMaxBytes : kBodyMaxBytes;
    }
    Failure too_large() const {
        return {.status = 413,
                .code = "too_large",
                .message = "the body is larger than " + std::to_string(body_max() >> 10) + " KiB"};
    }
    Right right() const {
        const bool open = office_.metrics() == Metrics::everybody && operation_->path == kMetricsPath;
        return open ? Right::open : operation_->right;
    }

    /// Who it is, is known: whether it may do this.
    void settle(Caller caller) {
        const auto& head = exchange_.head();
        const bool reads = head.method == http::Method::get || head.method == http::Method::head;
        if (right() != Right::open) {
            if (caller.kind == Caller::Kind::nobody) return refuse(unauthenticated());
            if (operation_->right == Right::change && !caller.may_change)
                return refuse(forbidden("read_only", "this admin token may only look"));
        }
        if (!reads && !same_origin(head))
            return refuse(forbidden("cross_origin", "the request comes from a page of another origin"));
        // Signing in anew takes nothing from a session that is there already.
        const bool by_cookie = caller.kind == Caller::Kind::session && operation_->right != Right::open;
        if (!reads && by_cookie && !constant_time_equal(head.headers.get("x-csrf-token"), caller.csrf)) {
            return refuse(forbidden("csrf",
                                    "the header x-csrf-token is missing or wrong; "
                                    "GET /api/session tells the right one"));
        }
        caller_ = std::move(caller);
        if (body_) run();
    }

    void run() {
        if (answered_) return;
        const auto& head = exchange_.head();
        auto call = std::make_unique<Call>(Call{.office = office_, .caller = std::move(*caller_)});
        call->ip = address_;
        call->address = head.peer == "unix" ? head.peer : address_.text();
        call->agent = head.headers.get("user-agent");
        call->request_id = exchange_.request_id();
        call->id = std::move(id_);
        call->query = head.query;
        call->if_match = head.headers.get("if-match");
        call->secure = is_https(head, office_.parts().proxies);
        call->door = door_;
        if (operation_->body == Body::text) {
            call->text = std::move(*body_);
        } else if (!body_->empty()) {
            auto document = json::Document::parse(std::move(*body_), {.depth_max = 32, .nodes_max = 500'000});
            if (!document)
                return refuse({.status = 400, .code = "malformed_json", .message = document.error().message});
            call->document = std::move(*document);
        }
        std::visit(overloaded{[&](Answer verb) { answer(verb, std::move(call)); },
                              [&](Work verb) { work(verb, std::move(call)); },
                              [&](Begin verb) { verb(std::move(call), reply_to()); },
                              [&](Live verb) { stream(verb, *call); }},
                   operation_->verb);
    }

    void answer(Answer verb, std::unique_ptr<Call> call) {
        auto reply = verb(*call);
        finish(std::move(call), std::move(reply));
    }

    void work(Work verb, std::unique_ptr<Call> call) {
        // Shared: a full queue gives the job back unrun.
        auto shared = std::make_shared<std::unique_ptr<Call>>(std::move(call));
        const bool queued = office_.work([verb, shared, done = reply_to()](store::Stores& stores) mutable {
            auto reply = verb(**shared, stores);
            done(std::move(*shared), std::move(reply));
        });
        if (!queued) refuse(busy());
    }

    void stream(Live verb, Call& call) {
        auto live = verb(call, exchange_);
        if (!live) return refuse(live.error());
        answered_ = true;
        live_ = std::move(*live);
    }

    /// From any thread, back to the loop.
    Done reply_to() {
        return [this, alive = alive_, door = door_](std::unique_ptr<Call> call, Reply reply) {
            // What was done is written down even when the one who asked has left.
            write_audit(*call, reply.has_value());
            door.post([this, alive, reply = std::move(reply)]() mutable {
                if (*alive) send(std::move(reply));
            });
        };
    }

    void finish(std::unique_ptr<Call> call, Reply reply) {
        write_audit(*call, reply.has_value());
        send(std::move(reply));
    }

    static void write_audit(Call& call, bool succeeded) {
        if (!succeeded || call.audit.empty()) return;
        const auto lost = [action = call.audit.front().action, n = call.audit.size()](std::string_view why) {
            log::error("admin", "what was changed is not in the audit log",
                       {{"action", action}, {"entries", n}, {"error", why}});
        };
        const bool queued =
            call.office.parts().async.post([lost, entries = std::move(call.audit)](store::Stores& s) {
                if (auto written = s.admin().audit(entries); !written) lost(written.error().message);
            });
        if (!queued) lost("too many jobs wait for the store");
    }

    void send(Reply reply) {
        if (!reply) return refuse(reply.error());
        if (std::exchange(answered_, true)) return;
        exchange_.respond(std::move(*reply));
    }

    void refuse(const Failure& failure) {
        if (std::exchange(answered_, true)) return;
        if (failure.status >= 500)
            log::error("admin", "a request failed",
                       {{"id", exchange_.request_id()},
                        {"path", operation_ ? operation_->path : std::string_view()},
                        {"error", failure.message},
                        {"detail", failure.detail}});
        exchange_.respond(render(failure, exchange_.request_id()));
    }

    void refuse_path(const std::string& allow) {
        answered_ = true;
        if (allow.empty()) return exchange_.respond(render(not_found("path"), exchange_.request_id()));
        auto response =
            render({.status = 405, .code = "method_not_allowed", .message = "this path knows " + allow},
                   exchange_.request_id());
        response.headers.add("allow", allow);
        exchange_.respond(std::move(response));
    }

    Office& office_;
    const loop::Wakeup::Door door_;
    httpd::Exchange& exchange_;
    const Operation* operation_ = nullptr;
    IpAddress address_;
    std::string id_;
    std::optional<Caller> caller_;     // once it is known and may do this
    std::optional<std::string> body_;  // once it is complete
    std::unique_ptr<LiveAnswer> live_;
    bool answered_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // read and written on the loop
};

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        out.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return out;
}

}  // namespace

void Call::did(std::string action, std::string target, std::string detail) {
    audit.push_back({.seq = 0,
                     .at_ms = to_ms(office.parts().clock.wall()),
                     .actor = caller.actor(),
                     .address = address,
                     .action = std::move(action),
                     .target = std::move(target),
                     .detail = std::move(detail),
                     .request_id = request_id});
}

Match match(http::Method method, std::string_view path) {
    if (method == http::Method::head) method = http::Method::get;
    const auto asked = segments(path);
    Match out;
    for (const bool exact : {true, false}) {  // "/api/accounts/export" is no account
        for (const auto& operation : operations()) {
            const auto known = segments(operation.path);
            if (known.size() != asked.size()) continue;
            const bool wild = operation.path.find("{id}") != operation.path.npos;
            if (wild == exact) continue;
            std::string id;
            bool fits = true;
            for (std::size_t i = 0; i < known.size() && fits; ++i) {
                if (known[i] != "{id}") {
                    fits = known[i] == asked[i];
                    continue;
                }
                const auto decoded = http::percent_decode(asked[i]);
                fits = decoded && !decoded->empty() && decoded->size() <= 256;
                if (fits) id = *decoded;
            }
            if (!fits) continue;
            if (operation.method == method)
                return {.operation = &operation, .id = std::move(id), .allow = {}};
            if (!out.allow.empty()) out.allow += ", ";
            out.allow += http::method_name(operation.method);
        }
        if (!out.allow.empty()) return out;
    }
    return out;
}

std::vector<httpd::Route> routes(Office& office, loop::Wakeup::Door door) {
    using enum http::Method;
    std::vector<httpd::Route> out;
    const httpd::HandlerFactory make = [&office, door](httpd::Exchange& exchange, std::string_view) {
        return std::make_unique<AdminHandler>(office, door, exchange);
    };
    for (const auto method : {get, post, put, patch, delete_}) out.push_back({method, "/api/*", make, false});
    if (office.metrics() != Metrics::off) out.push_back({get, std::string(kMetricsPath), make, false});
    return out;
}

std::vector<httpd::Route> public_routes(Office& office, loop::Wakeup::Door door) {
    auto out = routes(office, std::move(door));
    std::erase_if(out, [](const auto& route) { return route.path != kMetricsPath; });
    if (office.metrics() != Metrics::everybody) out.clear();
    return out;
}

}  // namespace kg::admin
