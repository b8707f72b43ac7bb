#include <algorithm>
#include <memory>

#include "core/base/ascii.hpp"
#include "core/base/digest.hpp"
#include "daemon/web/assets.hpp"
#include "daemon/web/site.hpp"

namespace kg::web {
namespace {

/// No inline script or style, no other host, no frame around it, and no text that becomes markup: Trusted
/// Types without a policy refuse it in the browser too. Swagger UI sanitises and inserts markup of its own.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr std::string_view kTrustedTypes = "; require-trusted-types-for 'script'; trusted-types 'none'";

void add_security(http::Headers& headers) {
    headers.add("x-content-type-options", "nosniff");
    headers.add("referrer-policy", "no-referrer");
    headers.add("cross-origin-resource-policy", "same-origin");
}

void add_page_security(http::Headers& headers, const Page& page) {
    add_security(headers);
    std::string policy(kPolicy);
    if (page.name != "swagger") policy += kTrustedTypes;
    headers.add("content-security-policy", std::move(policy));
    headers.add("x-frame-options", "DENY");
    headers.add("cross-origin-opener-policy", "same-origin");
    headers.add("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
}

bool lists(std::string_view header, std::string_view wanted) {
    while (!header.empty()) {
        const auto comma = header.find(',');
        const auto item = ascii::trim(header.substr(0, comma));
        const auto name = ascii::trim(item.substr(0, item.find(';')));
        const bool refused = item.ends_with("q=0") || item.ends_with("q=0.0");
        if (ascii::equals_ignoring_case(name, wanted)) return !refused;
        header.remove_prefix(comma == header.npos ? header.size() : comma + 1);
    }
    return false;
}

/// If-None-Match compares weakly (RFC 9110, 13.1.2).
bool is_known(std::string_view if_none_match, std::string_view tag) {
    while (!if_none_match.empty()) {
        const auto comma = if_none_match.find(',');
        auto item = ascii::trim(if_none_match.substr(0, comma));
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item == tag || item == "*") return true;
        if_none_match.remove_prefix(comma == if_none_match.npos ? if_none_match.size() : comma + 1);
    }
    return false;
}

http::Response missing() {
    http::Response out{.status = 404, .headers = {}, .body = "no such file\n"};
    out.headers.add("content-type", "text/plain; charset=utf-8");
    add_security(out.headers);
    return out;
}

http::Response seal(const httpd::RequestHead& head, http::Response out, const std::string& hash) {
    const auto tag = '"' + hash + '"';
    out.headers.add("etag", tag);
    if (is_known(head.headers.get("if-none-match"), tag)) {
        out.status = 304;
        out.body.clear();
    }
    return out;
}

http::Response asset(const Site& site, const httpd::RequestHead& head, std::string_view parameter) {
    const auto slash = std::min(parameter.find('/'), parameter.size());
    const auto version = parameter.substr(0, slash);
    const auto path = parameter.substr(std::min(slash + 1, parameter.size()));
    const bool packed = lists(head.headers.get("accept-encoding"), "gzip");
    auto file = site.read(path, packed);
    if (!file || path.ends_with(".html")) return missing();
    http::Response out;
    out.headers.add("content-type", std::string(*content_type(path)));
    const bool kept = site.embedded() && version == site.version();
    out.headers.add("cache-control", kept ? "public, max-age=31536000, immutable" : "no-cache");
    out.headers.add("vary", "Accept-Encoding");
    add_security(out.headers);
    const bool gzip = !file->gzip.empty();
    if (gzip) out.headers.add("content-encoding", "gzip");
    out.body = gzip ? std::move(file->gzip) : std::move(file->plain);
    return seal(head, std::move(out), gzip ? file->hash + "-gz" : file->hash);
}

http::Response page(const Site& site, const httpd::RequestHead& head, const Page& what, Beside beside) {
    auto shell = site.read("page.html", false);
    if (!shell) return missing();
    http::Response out;
    out.headers.add("content-type", "text/html; charset=utf-8");
    out.headers.add("cache-control", "no-cache");
    out.headers.add("vary", what.path == "/" ? "Accept, Accept-Language" : "Accept-Language");
    add_page_security(out.headers, what);
    out.body = fill_shell(std::move(shell->plain), what,
                          preferred_language(head.headers.get("accept-language")), beside, site.version());
    const auto hash = sha256_hex(out.body).substr(0, 16);
    return seal(head, std::move(out), hash);
}

using Answer = UniqueFunction<http::Response(const httpd::RequestHead&)>;

/// Embedded files are answered at once, those of a directory from its thread.
class FileHandler final : public httpd::Handler {
  public:
    FileHandler(const Site& site, loop::Wakeup::Door door, Answer answer)
        : site_(site), door_(std::move(door)), answer_(std::move(answer)) {}
    ~FileHandler() override { *alive_ = false; }

    void on_request(httpd::Exchange& exchange, std::string) override {
        if (site_.embedded()) return exchange.respond(answer_(exchange.head()));
        auto shared = std::make_shared<Answer>(std::move(answer_));
        const bool queued =
            site_.post([this, &exchange, alive = alive_, door = door_, shared, head = exchange.head()] {
                auto response = std::make_shared<http::Response>((*shared)(head));
                door.post([&exchange, alive, response] {
                    if (*alive) exchange.respond(std::move(*response));
                });
            });
        if (queued) return;
        http::Response busy{.status = 503, .headers = {}, .body = "busy\n"};
        busy.headers.add("content-type", "text/plain; charset=utf-8");
        exchange.respond(std::move(busy));
    }

  private:
    const Site& site_;
    const loop::Wakeup::Door door_;
    Answer answer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // read and written on the loop
};

class Redirect final : public httpd::Handler {
  public:
    explicit Redirect(std::string_view to) : to_(to) {}
    void on_request(httpd::Exchange& exchange, std::string) override {
        http::Response out{.status = 303, .headers = {}, .body = {}};
        out.headers.add("location", std::string(to_));
        add_security(out.headers);
        exchange.respond(std::move(out));
    }

  private:
    const std::string_view to_;  // a literal
};

}  // namespace

std::vector<httpd::Route> routes(const Site& site, loop::Wakeup::Door door, Beside beside,
                                 httpd::HandlerFactory otherwise) {
    using enum http::Method;
    std::vector<httpd::Route> out;
    const auto redirect = [](std::string_view to) -> httpd::HandlerFactory {
        return [to](httpd::Exchange&, std::string_view) { return std::make_unique<Redirect>(to); };
    };
    for (const auto& what : pages()) {
        if (!what.shown(beside)) continue;
        const bool root = what.path == "/";
        out.push_back(
            {get, std::string(what.path),
             [&site, door, &what, beside, root, otherwise](
                 httpd::Exchange& exchange, std::string_view rest) -> std::unique_ptr<httpd::Handler> {
                 if (root && otherwise && !wants_html(exchange.head().headers.get("accept")))
                     return otherwise(exchange, rest);
                 return std::make_unique<FileHandler>(site, door,
                                                      [&site, &what, beside](const httpd::RequestHead& head) {
                                                          return page(site, head, what, beside);
                                                      });
             },
             false});
    }
    if (beside == Beside::admin) out.push_back({get, "/", redirect("/dashboard"), false});
    if (beside != Beside::api) out.push_back({get, "/admin", redirect("/dashboard"), false});
    out.push_back({get, "/assets/*",
                   [&site, door](httpd::Exchange&, std::string_view path) {
                       return std::make_unique<FileHandler>(
                           site, door, [&site, path = std::string(path)](const httpd::RequestHead& head) {
                               return asset(site, head, path);
                           });
                   },
                   false});
    return out;
}

}  // namespace kg::web
