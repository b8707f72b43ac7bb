#include "core/kiro/auth.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/http/url.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/collect.hpp"
#include "core/kiro/refresh_answer.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kAnswerBytesMax = 256u << 10;

/// The endpoint comes from an imported file and is sent the refresh token: a public https host
/// only. Plain http is for this machine, where tests and local proxies live.
bool trusted_token_endpoint(std::string_view text) {
    const auto url = http::parse_url(text);
    if (!url) return false;
    if (http::is_loopback_host(url->host)) return true;
    const bool is_name = std::any_of(url->host.begin(), url->host.end(), ascii::is_alpha) &&
                         url->host.find('.') != std::string::npos && url->host.find(':') == std::string::npos;
    return url->scheme == "https" && is_name;
}

std::string product(const UpstreamOptions& options, const RefreshInput& input) {
    std::string out = "KiroIDE-" + options.kiro_version;
    if (!input.machine_id.empty()) out += "-" + input.machine_id;
    out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c < 0x20 || c == 0x7f; }),
              out.end());
    return out;
}

std::string form_encoded(const RefreshInput& input) {
    std::string body = "grant_type=refresh_token&client_id=" + http::percent_encode(input.client_id) +
                       "&refresh_token=" + http::percent_encode(input.refresh_token.reveal());
    if (!input.scopes.empty()) body += "&scope=" + http::percent_encode(input.scopes);
    return body;
}

std::string json_body(const RefreshInput& input) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    if (input.auth_method == AuthMethod::idc) {
        writer.member("clientId", input.client_id).member("clientSecret", input.client_secret.reveal());
    }
    writer.member("refreshToken", input.refresh_token.reveal());
    if (input.auth_method == AuthMethod::idc) writer.member("grantType", "refresh_token");
    writer.end_object();
    return body;
}

fetch::Request make_request(const UpstreamOptions& options, const RefreshInput& input) {
    fetch::Request request;
    request.method = http::Method::post;
    request.connect_timeout = std::chrono::seconds{10};
    request.first_byte_timeout = std::chrono::seconds{30};
    request.idle_timeout = std::chrono::seconds{30};
    request.total_timeout = std::chrono::seconds{30};
    // An empty URL is refused by the fetcher itself: nothing is sent, and `done` still runs on the
    // loop in a later turn, as it does for every other input.
    if (refresh_obstacle(input)) return request;
    request.proxy = input.proxy.empty() ? options.proxy : input.proxy;
    request.headers = {"accept: application/json, text/plain, */*", "user-agent: " + product(options, input)};
    const bool form = input.auth_method == AuthMethod::external_idp;
    request.headers.emplace_back(form ? "content-type: application/x-www-form-urlencoded"
                                      : "content-type: application/json");
    request.body = form ? form_encoded(input) : json_body(input);
    switch (input.auth_method) {
        case AuthMethod::social: request.url = social_refresh_url(options); break;
        case AuthMethod::idc: request.url = oidc_token_url(input.auth_region, options); break;
        case AuthMethod::external_idp: request.url = input.token_endpoint; break;
        case AuthMethod::api_key: break;
    }
    return request;
}

RefreshFailure lost(std::string reason) {
    RefreshFailure failure;
    failure.login_lost = true;
    failure.reason = std::move(reason);
    return failure;
}

}  // namespace

std::optional<RefreshFailure> refresh_obstacle(const RefreshInput& input) {
    if (input.auth_method == AuthMethod::api_key) return lost("an API key cannot be refreshed");
    if (input.refresh_token.empty()) return lost("there is no refresh token");
    if (input.auth_method == AuthMethod::idc && (input.client_id.empty() || input.client_secret.empty())) {
        return lost("the client registration is missing");
    }
    if (input.auth_method == AuthMethod::external_idp) {
        if (input.client_id.empty()) return lost("the client id is missing");
        if (!trusted_token_endpoint(input.token_endpoint))
            return lost("the token endpoint is not a public https address");
    }
    return std::nullopt;
}

struct Refresh::Impl {
    Impl(fetch::Fetcher& fetcher, const UpstreamOptions& options, const RefreshInput& input,
         Done done_function)
        : method(input.auth_method),
          obstacle(refresh_obstacle(input)),
          done(std::move(done_function)),
          call(fetcher, make_request(options, input), kAnswerBytesMax,
               [this](Collect::Answer answer) { finish(std::move(answer)); }) {}

    void finish(Collect::Answer answer) {
        Done tell = std::move(done);  // may destroy this
        if (obstacle) return tell(Err(*std::exchange(obstacle, std::nullopt)));
        if (answer) return tell(read_refresh_answer(method, *answer));
        RefreshFailure failure;
        failure.reason = fetch::failure_name(answer.error().kind);
        tell(Err(std::move(failure)));
    }

    const AuthMethod method;
    std::optional<RefreshFailure> obstacle;
    Done done;
    Collect call;
};

Refresh::Refresh(fetch::Fetcher& fetcher, const UpstreamOptions& options, RefreshInput input, Done done)
    : impl_(std::make_unique<Impl>(fetcher, options, input, std::move(done))) {}

Refresh::~Refresh() = default;

}  // namespace kg::kiro
