#include "cmd/account_fields.hpp"

#include <algorithm>
#include <charconv>

#include "cmd/secret_input.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/account.hpp"
#include "core/store/account_query.hpp"
#include "core/store/ids.hpp"
#include "core/store/new_account.hpp"
#include "core/store/rules.hpp"

namespace kg::cmd {
namespace {

Error bad(std::string option, std::string message) {
    return {.kind = ErrorKind::malformed_request, .message = std::move(option) + ": " + std::move(message)};
}

void assign(std::string& field, const std::optional<std::string>& value) {
    if (value) field = *value;
}

Result<void> apply_groups(const std::vector<std::string>& groups, store::Account& a) {
    constexpr std::size_t kGroupsMax = 64;
    if (groups.empty()) return {};
    if (groups.size() > kGroupsMax) return Err(bad("--group", "at most 64 groups"));
    a.groups.clear();
    if (groups.size() == 1 && groups.front() == "none") return {};
    for (const auto& group : groups) {
        if (!store::valid_account_name(group) || group == "none")
            return Err(
                bad("--group", "use letters, digits, . _ - (at most 64, the first a letter or digit)"));
        if (std::ranges::find(a.groups, group) == a.groups.end()) a.groups.push_back(group);
    }
    return {};
}

Result<void> apply_rate(const char* option, const std::optional<std::string>& wanted,
                        std::optional<std::int64_t>& out) {
    if (!wanted) return {};
    if (*wanted == "default") {
        out.reset();
        return {};
    }
    std::int64_t value = 0;
    const auto* end = wanted->data() + wanted->size();
    const auto parsed = std::from_chars(wanted->data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end)
        return Err(bad(option, "use a whole number, or default"));
    out = value;
    return {};
}

Result<void> apply_rates(const AccountFields& f, store::Account& a) {
    KG_CHECK(apply_rate("--rpm", f.rpm, a.requests_per_minute));
    if (a.requests_per_minute.value_or(0) == 0 && !f.burst) a.request_burst.reset();
    KG_CHECK(apply_rate("--burst", f.burst, a.request_burst));
    KG_CHECK(apply_rate("--tpm", f.tpm, a.tokens_per_minute));
    auto sound = store::check_account(a);
    if (sound) return {};
    const auto& error = sound.error();
    const auto* option = error.param == "requests_per_minute" ? "--rpm"
                         : error.param == "request_burst"     ? "--burst"
                                                              : "--tpm";
    return Err(bad(option, error.message.substr(error.param.size() + 2)));
}

}  // namespace

Result<void> apply_fields(const AccountFields& f, store::Account& a) {
    if (f.name) {
        if (!f.name->empty() && !store::valid_account_name(*f.name))
            return Err(bad("--name", "use letters, digits, . _ - (at most 64, the first a letter or digit)"));
        a.name = *f.name;
    }
    if (f.auth_method) {
        const auto method = kiro::parse_auth_method(*f.auth_method);
        if (!method) return Err(bad("--auth-method", "use social, idc, api-key or external-idp"));
        a.auth_method = kiro::auth_method_name(*method);
    }
    for (const auto& [option, value] :
         {std::pair{"--region", &f.region}, std::pair{"--api-region", &f.api_region}}) {
        if (*value && !(*value)->empty() && !kiro::valid_region(**value))
            return Err(bad(option, "not an AWS region: " + **value));
    }
    if (f.profile_arn && !f.profile_arn->empty() && !kiro::valid_profile_arn(*f.profile_arn))
        return Err(bad("--profile-arn", "not a profile ARN"));
    if (f.start_url && !f.start_url->empty() && !f.start_url->starts_with("https://"))
        return Err(bad("--start-url", "must begin with https://"));
    if (f.token_endpoint && !f.token_endpoint->empty() && !f.token_endpoint->starts_with("https://") &&
        !f.token_endpoint->starts_with("http://127.0.0.1")) {
        return Err(bad("--token-endpoint", "must begin with https://"));
    }
    if (f.proxy && !f.proxy->empty()) {
        bool known = false;
        for (const auto* scheme : {"http://", "https://", "socks5://", "socks5h://"})
            known = known || f.proxy->starts_with(scheme);
        if (!known) return Err(bad("--proxy", "use http://, https:// or socks5h://"));
    }
    if (f.weight && (*f.weight < 1 || *f.weight > 1000)) return Err(bad("--weight", "use 1 to 1000"));
    if (f.priority && (*f.priority < 0 || *f.priority > 1'000'000))
        return Err(bad("--priority", "use 0 to 1000000"));
    if (f.max_concurrency && (*f.max_concurrency < 0 || *f.max_concurrency > 10'000))
        return Err(bad("--max-concurrency", "use 0 to 10000"));
    KG_CHECK(apply_groups(f.groups, a));
    KG_CHECK(apply_rates(f, a));
    assign(a.provider, f.provider);
    assign(a.auth_region, f.region);
    assign(a.api_region, f.api_region);
    assign(a.profile_arn, f.profile_arn);
    assign(a.client_id, f.client_id);
    assign(a.start_url, f.start_url);
    assign(a.token_endpoint, f.token_endpoint);
    assign(a.scopes, f.scopes);
    assign(a.proxy, f.proxy);
    assign(a.note, f.note);
    if (f.priority) a.priority = *f.priority;
    if (f.weight) a.weight = *f.weight;
    if (f.max_concurrency) a.max_concurrency = *f.max_concurrency;
    if (f.client_secret_file) {
        KG_TRY(secret, read_secret("client secret", f.client_secret_file));
        a.client_secret = secret;
    }
    return {};
}

void complete_new_account(store::Account& a, Context& context) {
    a.id.clear();
    store::complete_new_account(a, context.random(), to_ms(context.clock().wall()));
}

Result<void> check_token(const store::Account& a) {
    auto sound = store::check_login(a);
    if (sound) return {};
    const auto& param = sound.error().param;
    if (param.starts_with("client_"))
        return Err(bad("--client-id",
                       "an idc account needs --client-id and --client-secret-file to refresh its token"));
    if (param == "token_endpoint")
        return Err(bad("--token-endpoint", "an external-idp account needs --client-id and --token-endpoint"));
    return Err(bad("token", sound.error().message));
}

void forget_failures(store::Account& a, const Clock& clock) {
    store::forget_failures(a, to_ms(clock.wall()));
}

Result<std::vector<std::string>> expand_selectors(store::Stores& stores, std::vector<std::string> selectors,
                                                  const Clock& clock) {
    const auto is_query = [](const std::string& text) {
        return text == "all" || text.find(':') != std::string::npos;  // no id, name or address has a colon
    };
    if (std::ranges::none_of(selectors, is_query)) return selectors;
    KG_TRY(accounts, stores.accounts().list());
    std::vector<std::string> out;
    for (auto& selector : selectors) {
        if (!is_query(selector)) {
            out.push_back(std::move(selector));
            continue;
        }
        KG_TRY(query, store::AccountQuery::parse(selector));
        const auto before = out.size();
        for (const auto& a : accounts) {
            const bool twice = std::ranges::find(out, a.id) != out.end();
            if (!twice && query.matches(a, a.state, to_ms(clock.wall()))) out.push_back(a.id);
        }
        if (out.size() == before)
            return Err(
                Error{.kind = ErrorKind::malformed_request,
                      .message = "no account matches `" + selector + "`; see `kirogate account list`"});
    }
    return out;
}

Result<store::Account> select_account(store::Stores& stores, const std::string& selector) {
    KG_TRY(found, stores.accounts().select(selector));
    if (!found)
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "no account matches `" + selector + "`; see `kirogate account list`"});
    return std::move(*found);
}

std::string account_json(const store::Account& a) {
    std::string out;
    json::Writer w(out);
    w.begin_object()
        .member("id", a.id)
        .member("name", a.name)
        .member("email", a.email)
        .member("auth_method", a.auth_method)
        .member("provider", a.provider)
        .member("auth_region", a.auth_region)
        .member("api_region", a.api_region)
        .member("profile_arn", a.profile_arn)
        .member("client_id", a.client_id)
        .member("start_url", a.start_url)
        .member("token_endpoint", a.token_endpoint)
        .member("proxy", a.proxy.empty() ? "" : "(set)")
        .member("note", a.note)
        .member("source", a.source)
        .member("source_mode", a.follow_path.empty() ? "copy" : "follow")
        .member("source_path", a.follow_path)
        .key("groups")
        .begin_array();
    for (const auto& group : a.groups) w.string(group);
    w.end_array()
        .member("has_refresh_token", !a.refresh_token.empty())
        .member("has_access_token", !a.access_token.empty())
        .member("has_api_key", !a.api_key.empty())
        .member("expires_at_ms", a.expires_at_ms)
        .member("priority", a.priority)
        .member("weight", a.weight)
        .member("max_concurrency", a.max_concurrency);
    for (const auto& [name, rate] :
         {std::pair("requests_per_minute", a.requests_per_minute),
          std::pair("request_burst", a.request_burst), std::pair("tokens_per_minute", a.tokens_per_minute)}) {
        w.key(name);
        rate ? w.integer(*rate) : w.null();  // null: as configured
    }
    w.member("enabled", a.enabled)
        .member("state", a.state)
        .member("state_reason", a.state_reason)
        .member("state_since_ms", a.state_since_ms)
        .member("state_until_ms", a.state_until_ms)
        .member("health", a.health)
        .member("health_at_ms", a.health_at_ms)
        .key("quota");
    if (a.quota) {
        w.begin_object().member("limit", a.quota->limit).member("used", a.quota->used);
        w.member("resets_at_ms", a.quota->resets_at_ms)
            .member("told_at_ms", a.quota->told_at_ms)
            .end_object();
    } else {
        w.null();
    }
    w.member("created_at_ms", a.created_at_ms)
        .member("last_used_at_ms", a.last_used_at_ms)
        .member("last_refreshed_at_ms", a.last_refreshed_at_ms)
        .end_object();
    return out;
}

}  // namespace kg::cmd
