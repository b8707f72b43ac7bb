#include <chrono>
#include <map>

#include "cmd/commands.hpp"
#include "cmd/http_call.hpp"
#include "cmd/local_engine.hpp"
#include "cmd/output.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

using namespace std::chrono_literals;

Result<HttpAnswer> get(const std::string& url, const std::string& key = {}) {
    fetch::Request request;
    request.url = url;
    request.connect_timeout = 2s;
    request.first_byte_timeout = request.total_timeout = 10s;
    if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
    return http_call(std::move(request));
}

std::string trimmed(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

Result<std::string> daemon_url(const StatusOptions& options, Context& context) {
    if (options.server) return trimmed(*options.server);
    KG_TRY(loaded, context.config());
    const auto& listen = loaded->config.server.listen;
    if (listen.starts_with("unix:")) return std::string();
    return "http://" + listen;
}

}  // namespace

Result<ExitCode> run_status(const StatusOptions& options, Context& context) {
    KG_TRY(url, daemon_url(options, context));
    // A Unix socket cannot be asked over HTTP from here.
    std::string daemon = url.empty() ? "not asked: it listens on a Unix socket" : "not running";
    std::string version, reason;
    if (!url.empty()) {
        if (auto health = get(url + "/health"); health && health->status == 200) {
            daemon = "running";
            if (auto body = json::Document::parse(health->body)) version = body->root()["version"].text();
            if (auto ready = get(url + "/ready"); ready && ready->status != 200) {
                daemon = "not ready";
                if (auto body = json::Document::parse(ready->body)) reason = body->root()["reason"].text();
            }
        } else if (!health && health.error().kind == ErrorKind::cancelled) {
            return Err(std::move(health).error());
        }
    }
    KG_TRY(stores, context.stores());
    KG_TRY(accounts, stores->accounts().list());
    KG_TRY(keys, stores->keys().list());
    KG_TRY(totals, stores->usage().totals());
    std::map<std::string, std::size_t> states;
    for (const auto& a : accounts) ++states[a.enabled ? a.state : "disabled"];
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object()
            .member("daemon", daemon)
            .member("url", url)
            .member("version", version)
            .member("reason", reason);
        w.key("accounts").begin_object().member("total", accounts.size());
        for (const auto& [state, n] : states) w.member(state, n);
        w.end_object()
            .member("keys", keys.size())
            .member("requests", totals.requests)
            .member("errors", totals.errors);
        w.member("input_tokens", totals.input_tokens)
            .member("output_tokens", totals.output_tokens)
            .member("credits", totals.credits)
            .member("continuations", totals.continuations)
            .member("cut_tool_calls", totals.cut_tools);
        w.key("compression")
            .begin_object()
            .member("conversations", totals.compressed)
            .member("summaries", totals.summaries)
            .member("cached", totals.summaries_cached)
            .member("failed", totals.summaries_failed)
            .member("tokens_saved", totals.tokens_saved)
            .end_object()
            .end_object();
        print_line(out);
    } else {
        print_line("daemon    " + daemon + (url.empty() ? "" : " at " + url) +
                   (version.empty() ? "" : ", version " + version) + (reason.empty() ? "" : ": " + reason));
        std::string line = "accounts  " + std::to_string(accounts.size());
        for (const auto& [state, n] : states) line += ", " + std::to_string(n) + " " + state;
        print_line(line);
        print_line("keys      " + std::to_string(keys.size()));
        std::string credits;
        json::append_double(credits, totals.credits);
        print_line("used      " + std::to_string(totals.requests) + " requests (" +
                   std::to_string(totals.errors) + " failed), " + std::to_string(totals.input_tokens) +
                   " tokens in, " + std::to_string(totals.output_tokens) + " out, " + credits + " credits");
        if (totals.compressed > 0)
            print_line("shrunk    " + std::to_string(totals.compressed) + " conversations, " +
                       std::to_string(totals.tokens_saved) + " tokens saved by " +
                       std::to_string(totals.summaries) + " summaries (" +
                       std::to_string(totals.summaries_cached) + " known, " +
                       std::to_string(totals.summaries_failed) + " failed)");
        if (totals.continuations + totals.cut_tools > 0)
            print_line("cut off   " + std::to_string(totals.continuations) + " texts continued, " +
                       std::to_string(totals.cut_tools) + " tool calls lost");
    }
    return daemon == "running" || url.empty() ? ExitCode::ok : ExitCode::failure;
}

Result<ExitCode> run_models(const StatusOptions& options, Context& context) {
    std::shared_ptr<const account::ModelList> list;
    std::string body;
    if (options.server) {
        const auto key = context.environment()("KIROGATE_API_KEY").value_or("");
        KG_TRY(answer, get(trimmed(*options.server) + "/v1/models", key));
        if (answer.status == 401)
            return Err(Error{.kind = ErrorKind::unauthenticated,
                             .message = "the gateway refused the key; set KIROGATE_API_KEY"});
        if (answer.status != 200)
            return Err(Error{.kind = ErrorKind::upstream_failed,
                             .message = "the gateway answered " + std::to_string(answer.status)});
        if (options.json) {
            print_line(answer.body);
            return ExitCode::ok;
        }
        KG_TRY(parsed, json::Document::parse(answer.body));
        for (const auto item : parsed.root()["data"].children()) print_line(item["id"].text());
        return ExitCode::ok;
    }
    KG_TRY(local, LocalEngine::open(context));
    auto& catalog = local->engine().catalog();
    if (local->engine().pool().any_usable()) {
        catalog.poll();
        loop::Timer look(local->loop(), [&] {
            if (catalog.current()->live) local->stop();
        });
        look.start(20ms, 20ms);
        local->run_for(15s);
    }
    list = catalog.current();
    if (!list->live) note("no account has answered: this is the built-in list");
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object().member("live", list->live).key("models").begin_array();
        for (const auto& m : list->models) {
            w.begin_object()
                .member("id", kiro::public_name(m.info.id))
                .member("wire_id", m.info.id)
                .member("context_tokens", m.info.context_tokens);
            w.member("output_tokens", m.info.output_tokens).member("rate", m.info.rate).end_object();
        }
        w.end_array().end_object();
        print_line(out);
        return ExitCode::ok;
    }
    Table table({"MODEL", "UPSTREAM ID", "CONTEXT", "RATE"});
    for (const auto& m : list->models) {
        std::string rate;
        json::append_double(rate, m.info.rate);
        table.row({kiro::public_name(m.info.id), m.info.id, std::to_string(m.info.context_tokens), rate});
    }
    print(table.text());
    return ExitCode::ok;
}

}  // namespace kg::cmd
