#include <map>
#include <optional>

#include "cmd/commands.hpp"
#include "cmd/http_call.hpp"
#include "cmd/output.hpp"
#include "core/http/url.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"
#include "daemon/secrets.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kListedMax = 20;         // accounts out of service, in the text
constexpr std::size_t kAccountsMax = 100'000;  // read from a daemon

/// What the daemon says of itself.
struct Daemon {
    std::string url, state, version, reason;
    std::vector<json::Document> pool;  // pages of /api/pool; empty: not told
};

Result<std::string> daemon_url(const StatusOptions& options, Context& context) {
    if (options.server) return without_slash(*options.server);
    KG_TRY(loaded, context.config());
    const auto& listen = loaded->config.server.listen;
    if (listen.starts_with("unix:")) return std::string();
    return "http://" + listen;
}

/// Where the pool tells its state: beside the API, or at the admin API's own address; "" for a Unix socket.
Result<std::string> pool_url(const StatusOptions& options, const Daemon& daemon, Context& context) {
    if (options.server) return daemon.url;
    KG_TRY(loaded, context.config());
    const auto& listen = loaded->config.server.admin_listen;
    if (listen.empty()) return daemon.url;
    return listen.starts_with("unix:") ? std::string() : "http://" + listen;
}

/// The operator's token goes to the gateway of this machine and configuration, never elsewhere.
bool may_show_token(const StatusOptions& options) {
    if (!options.server) return true;
    const auto url = http::parse_url(*options.server);
    return url && http::is_loopback_host(url->host);
}

void ask_pool(Daemon& daemon, const std::string& url, store::Stores& stores) {
    if (url.empty()) return;
    auto token = stores.settings().get(daemon::kOperatorToken);
    if (!token || !*token) return;
    for (std::int64_t from = 0; from < static_cast<std::int64_t>(kAccountsMax);) {
        auto answer = http_get(url + "/api/pool?from=" + std::to_string(from), **token);
        if (!answer || answer->status != 200) return;
        auto page = json::Document::parse(std::move(answer->body));
        if (!page) return;
        const auto next = page->root()["next"].as_int();
        daemon.pool.push_back(std::move(*page));
        if (!next) return;
        from = *next;
    }
}

Result<Daemon> ask(const StatusOptions& options, Context& context) {
    Daemon out;
    KG_TRY(url, daemon_url(options, context));
    out.url = url;
    // A Unix socket cannot be asked over HTTP from here.
    out.state = url.empty() ? "not asked: it listens on a Unix socket" : "not running";
    if (url.empty()) return out;
    auto health = http_get(url + "/health");
    if (!health && health.error().kind == ErrorKind::cancelled) return Err(std::move(health).error());
    if (!health || health->status != 200) return out;
    out.state = "running";
    if (auto body = json::Document::parse(health->body)) out.version = body->root()["version"].text();
    if (auto ready = http_get(url + "/ready"); ready && ready->status != 200) {
        out.state = "not ready";
        if (auto body = json::Document::parse(ready->body)) out.reason = body->root()["reason"].text();
    }
    return out;
}

void write_pool(json::Writer& w, const Daemon& daemon) {
    w.key("endpoints");
    if (daemon.pool.empty()) {
        w.null().key("pool").null();
        return;
    }
    w.raw(daemon.pool.front().root()["endpoints"].raw()).key("pool").begin_object();
    w.key("waiting").raw(daemon.pool.front().root()["waiting"].raw()).key("accounts").begin_array();
    for (const auto& page : daemon.pool) {
        for (const auto account : page.root()["accounts"].children()) w.raw(account.raw());
    }
    w.end_array().end_object();
}

std::string in_time(json::Node ms) {
    const auto seconds = (ms.as_int().value_or(0) + 999) / 1000;
    return seconds > 0 ? ", in " + std::to_string(seconds) + " s" : "";
}

std::string label(json::Node account) {
    std::string out(account["id"].text());
    if (const auto name = account["name"].text(); !name.empty()) out.append(" (").append(name).append(")");
    return out;
}

/// What is out of service, a line each.
void print_pool(const Daemon& daemon) {
    if (daemon.pool.empty()) return;
    for (const auto e : daemon.pool.front().root()["endpoints"].children()) {
        if (e["circuit"].text() == "closed") continue;
        print_line("endpoint  " + std::string(e["endpoint"].text()) + " " + std::string(e["region"].text()) +
                   ": circuit " + std::string(e["circuit"].text()) + in_time(e["next_probe_in_ms"]));
    }
    std::size_t out = 0, full = 0;
    for (const auto& page : daemon.pool) {
        for (const auto a : page.root()["accounts"].children()) {
            if (!a["enabled"].as_bool().value_or(true)) continue;
            if (a["usable"].as_bool().value_or(true)) {
                if (a["refills_in_ms"].as_int().value_or(0) > 0 && ++full <= kListedMax)
                    print_line("full      " + label(a) + ": its limit a minute is reached" +
                               in_time(a["refills_in_ms"]));
                continue;
            }
            if (++out > kListedMax) continue;
            std::string line = "out       " + label(a);
            line.append(": ").append(a["state"].text());
            if (const auto reason = a["reason"].text(); !reason.empty()) line.append(", ").append(reason);
            print_line(line + in_time(a["recovers_in_ms"]));
        }
    }
    if (out > kListedMax) print_line("out       and " + std::to_string(out - kListedMax) + " more");
    if (full > kListedMax) print_line("full      and " + std::to_string(full - kListedMax) + " more");
    if (const auto waiting = daemon.pool.front().root()["waiting"].as_int().value_or(0); waiting > 0)
        print_line("waiting   " + std::to_string(waiting) + " requests for an account");
}

}  // namespace

Result<ExitCode> run_status(const StatusOptions& options, Context& context) {
    KG_TRY(daemon, ask(options, context));
    KG_TRY(stores, context.stores());
    if (daemon.state == "running" || daemon.state == "not ready") {
        KG_TRY(url, pool_url(options, daemon, context));
        if (may_show_token(options)) ask_pool(daemon, url, *stores);
    }
    KG_TRY(accounts, stores->accounts().list());
    KG_TRY(keys, stores->keys().list());
    KG_TRY(totals, stores->usage().totals());
    std::map<std::string, std::size_t> states;
    for (const auto& a : accounts) ++states[a.enabled ? a.state : "disabled"];
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object()
            .member("daemon", daemon.state)
            .member("url", daemon.url)
            .member("version", daemon.version)
            .member("reason", daemon.reason);
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
            .member("cut_tool_calls", totals.cut_tools)
            .member("repairs", totals.repairs)
            .member("web_searches", totals.web_searches);
        w.key("compression")
            .begin_object()
            .member("conversations", totals.compressed)
            .member("summaries", totals.summaries)
            .member("cached", totals.summaries_cached)
            .member("failed", totals.summaries_failed)
            .member("tokens_saved", totals.tokens_saved)
            .end_object();
        write_pool(w, daemon);
        w.end_object();
        print_line(out);
    } else {
        print_line("daemon    " + daemon.state + (daemon.url.empty() ? "" : " at " + daemon.url) +
                   (daemon.version.empty() ? "" : ", version " + daemon.version) +
                   (daemon.reason.empty() ? "" : ": " + daemon.reason));
        std::string line = "accounts  " + std::to_string(accounts.size());
        for (const auto& [state, n] : states) line += ", " + std::to_string(n) + " " + state;
        print_line(line);
        print_line("keys      " + std::to_string(keys.size()));
        print_pool(daemon);
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
        if (totals.repairs > 0)
            print_line("repaired  " + std::to_string(totals.repairs) +
                       " answers asked for once more, because they were not what was demanded");
        if (totals.web_searches > 0)
            print_line("searched  " + std::to_string(totals.web_searches) + " times");
    }
    return daemon.state == "running" || daemon.url.empty() ? ExitCode::ok : ExitCode::failure;
}

}  // namespace kg::cmd
