#include "daemon/admin/account_fields.hpp"

#include "core/http/url.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/account.hpp"
#include "core/store/ids.hpp"

namespace kg::admin {
namespace {

constexpr std::size_t kTokenMaxBytes = 16u << 10, kNoteMaxBytes = 4u << 10;
constexpr std::int64_t kRateMax = 1'000'000'000;

bool is_secure_url(std::string_view url) {
    const auto parsed = http::parse_url(url);
    return parsed && (parsed->scheme == "https" || http::is_loopback_host(parsed->host));
}

bool is_proxy(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://", "socks5://", "socks5h://"}) {
        if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
    }
    return false;
}

/// One that was cut or copied with something around it: upstream refuses those late and cryptically.
void check_secret(Fields& fields, std::string_view name, const std::optional<std::string>& secret) {
    if (!secret) return;
    if (secret->empty()) fields.refuse(name, "must not be empty");
    if (secret->find("...") != secret->npos)
        fields.refuse(name, "contains `...`: it was cut when it was copied");
    if (secret->find_first_of(" \t\r\n") != secret->npos) fields.refuse(name, "contains white space");
}

}  // namespace

void check_labels(Fields& fields, std::string_view field,
                  const std::optional<std::vector<std::string>>& labels) {
    if (!labels) return;
    for (std::size_t i = 0; i < labels->size(); ++i) {
        if (store::valid_account_name((*labels)[i]) && (*labels)[i] != "none") continue;
        fields.refuse(std::string(field) + "[" + std::to_string(i) + "]",
                      "use letters, digits, . _ - (at most 64, the first a letter or digit)");
    }
}

Result<AccountEdit, Failure> AccountEdit::read(json::Node body, bool fresh) {
    AccountEdit e;
    Fields f(body);
    if (fresh) e.id_ = f.text("id", 64);
    if (e.id_ && !store::valid_account_name(*e.id_))
        f.refuse("id", "use letters, digits, . _ - (at most 64)");
    e.name_ = f.text("name", 64);
    if (e.name_ && !e.name_->empty() && !store::valid_account_name(*e.name_))
        f.refuse("name", "use letters, digits, . _ - (at most 64, the first a letter or digit)");
    e.email_ = f.text("email", 320);
    e.provider_ = f.text("provider", 64);
    e.auth_method_ = f.text("authMethod", 32);
    if (e.auth_method_) {
        const auto method = kiro::parse_auth_method(*e.auth_method_);
        if (method)
            e.auth_method_ = kiro::auth_method_name(*method);
        else
            f.refuse("authMethod", "use social, idc, api-key or external-idp");
    }
    e.region_ = f.text("region", 32);
    e.api_region_ = f.text("apiRegion", 32);
    for (const auto& [name, region] :
         {std::pair{"region", &e.region_}, std::pair{"apiRegion", &e.api_region_}}) {
        if (*region && !(*region)->empty() && !kiro::valid_region(**region))
            f.refuse(name, "not an AWS region");
    }
    e.profile_arn_ = f.text("profileArn", 256);
    if (e.profile_arn_ && !e.profile_arn_->empty() && !kiro::valid_profile_arn(*e.profile_arn_))
        f.refuse("profileArn", "not a profile ARN");
    e.start_url_ = f.text("startUrl", 512);
    if (e.start_url_ && !e.start_url_->empty() && !e.start_url_->starts_with("https://"))
        f.refuse("startUrl", "must begin with https://");
    e.token_endpoint_ = f.text("tokenEndpoint", 512);
    if (e.token_endpoint_ && !e.token_endpoint_->empty() && !is_secure_url(*e.token_endpoint_))
        f.refuse("tokenEndpoint", "must begin with https://");
    e.client_id_ = f.text("clientId", 512);
    e.scopes_ = f.text("scopes", 1'024);
    e.note_ = f.text("note", kNoteMaxBytes);
    e.machine_id_ = f.text("machineId", 128);
    e.proxy_ = f.text("proxy", 1'024);
    if (e.proxy_ && !e.proxy_->empty() && !is_proxy(*e.proxy_))
        f.refuse("proxy", "use http://, https:// or socks5h://");
    e.refresh_token_ = f.text("refreshToken", kTokenMaxBytes);
    e.api_key_ = f.text("apiKey", kTokenMaxBytes);
    e.client_secret_ = f.text("clientSecret", kTokenMaxBytes);
    check_secret(f, "refreshToken", e.refresh_token_);
    check_secret(f, "apiKey", e.api_key_);
    e.groups_ = f.texts("groups", kLabelsMax, 64);
    check_labels(f, "groups", e.groups_);
    e.tags_ = f.texts("tags", kLabelsMax, 64);
    check_labels(f, "tags", e.tags_);
    e.priority_ = f.integer("priority", 0, 1'000'000);
    e.weight_ = f.integer("weight", 1, 1'000);
    e.max_concurrency_ = f.integer("maxConcurrency", 0, 10'000);
    e.requests_per_minute_ = f.integer_or_null("requestsPerMinute", 0, kRateMax);
    e.request_burst_ = f.integer_or_null("requestBurst", 1, kRateMax);
    e.tokens_per_minute_ = f.integer_or_null("tokensPerMinute", 0, kRateMax);
    if (const auto disabled = f.flag("disabled")) e.enabled_ = !*disabled;
    KG_CHECK(f.finish());

    json::Writer w(e.summary_);
    w.begin_object();
    for (const auto member : body.children()) {
        const auto name = member.key();
        // What no answer of this API shows, nor does the log.
        const bool secret = name == "refreshToken" || name == "apiKey" || name == "clientSecret" ||
                            name == "proxy" || name == "machineId" || name == "profileArn";
        if (secret)
            w.member(name, "(set)");
        else
            w.key(name).raw(member.raw());
    }
    w.end_object();
    return e;
}

void AccountEdit::apply(store::Account& a) const {
    const auto set = [](const std::optional<std::string>& from, std::string& to) {
        if (from) to = *from;
    };
    set(name_, a.name);
    set(email_, a.email);
    set(provider_, a.provider);
    set(auth_method_, a.auth_method);
    set(region_, a.auth_region);
    set(api_region_, a.api_region);
    set(profile_arn_, a.profile_arn);
    set(client_id_, a.client_id);
    set(start_url_, a.start_url);
    set(token_endpoint_, a.token_endpoint);
    set(scopes_, a.scopes);
    set(note_, a.note);
    set(machine_id_, a.machine_id);
    set(proxy_, a.proxy);
    if (groups_) a.groups = *groups_;
    if (tags_) a.tags = *tags_;
    if (priority_) a.priority = *priority_;
    if (weight_) a.weight = *weight_;
    if (max_concurrency_) a.max_concurrency = *max_concurrency_;
    if (requests_per_minute_) a.requests_per_minute = *requests_per_minute_;
    if (a.requests_per_minute.value_or(0) == 0 && !request_burst_) a.request_burst.reset();
    if (request_burst_) a.request_burst = *request_burst_;
    if (tokens_per_minute_) a.tokens_per_minute = *tokens_per_minute_;
    if (enabled_) a.enabled = *enabled_;
    if (client_secret_) a.client_secret = Secret(*client_secret_);
    if (!new_login()) return;
    if (refresh_token_) a.refresh_token = Secret(*refresh_token_);
    if (api_key_) a.api_key = Secret(*api_key_);
    a.access_token = Secret();
    a.expires_at_ms = 0;
    a.follow_path.clear();  // a login of its own
}

}  // namespace kg::admin
