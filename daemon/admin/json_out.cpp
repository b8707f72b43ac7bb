#include "daemon/admin/json_out.hpp"

#include "core/base/digest.hpp"
#include "core/base/secret.hpp"

namespace kg::admin {
namespace {

void write_quota(json::Writer& w, const store::Account& a, const AccountLive& live) {
    w.key("quota");
    std::optional<store::AccountQuota> quota = a.quota;
    if (live.view && live.view->quota) {
        const auto& q = *live.view->quota;
        quota = {.limit = q.limit,
                 .used = q.used,
                 .resets_at_ms = to_ms(q.resets_at),
                 .told_at_ms = to_ms(q.told_at),
                 .plan = q.plan};
    }
    if (!quota) {
        w.null();
        return;
    }
    w.begin_object().member("limit", quota->limit).member("used", quota->used);
    w.member("remaining", quota->limit > quota->used ? quota->limit - quota->used : 0.0);
    write_time(w, "resetsAt", quota->resets_at_ms);
    write_time(w, "toldAt", quota->told_at_ms);
    w.end_object();
}

template <class T>
void write_limit(json::Writer& w, std::string_view name, const std::optional<T>& value) {
    w.key(name);
    if (!value)
        w.null();
    else if constexpr (std::is_same_v<T, double>)
        w.number(*value);
    else
        w.integer(*value);
}

std::string tag_of(const std::string& text) {
    return "\"" + sha256_hex(text).substr(0, 24) + "\"";
}

/// What people edit.
void write_account_settings(json::Writer& w, const store::Account& a) {
    w.member("id", a.id).member("name", a.name).member("email", a.email);
    w.member("provider", a.provider).member("authMethod", a.auth_method);
    w.member("region",
             a.auth_region.empty() ? std::string_view("us-east-1") : std::string_view(a.auth_region));
    write_text(w, "apiRegion", a.api_region);
    w.member("disabled", !a.enabled);
    write_texts(w, "groups", a.groups);
    write_texts(w, "tags", a.tags);
    w.member("note", a.note).member("priority", a.priority).member("weight", a.weight);
    w.member("maxConcurrency", a.max_concurrency);
    write_limit(w, "requestsPerMinute", a.requests_per_minute);
    write_limit(w, "requestBurst", a.request_burst);
    write_limit(w, "tokensPerMinute", a.tokens_per_minute);
    w.member("hasProxy", !a.proxy.empty());
    write_text(w, "startUrl", a.start_url);
    write_text(w, "tokenEndpoint", a.token_endpoint);
    write_text(w, "clientId", a.client_id);
    write_text(w, "scopes", a.scopes);
    write_text(w, "machineId", a.machine_id.empty() ? "" : masked(a.machine_id));
    write_text(w, "profileArn", a.profile_arn.empty() ? "" : masked(a.profile_arn));
    w.member("source", a.source).member("follows", !a.follow_path.empty());
}

void write_key_settings(json::Writer& w, const store::Key& k) {
    w.member("id", k.id).member("name", k.name).member("key", k.prefix + "..." + k.suffix);
    w.member("enabled", k.enabled);
    write_limit(w, "creditLimit", k.credit_limit);
    write_limit(w, "tokenLimit", k.token_limit);
    write_texts(w, "allowedModels", k.allowed_models);
    write_texts(w, "deniedModels", k.denied_models);
    write_texts(w, "allowedAccountIds", k.allowed_accounts);
    write_texts(w, "allowedGroups", k.allowed_groups);
    write_texts(w, "allowedNetworks", k.allowed_networks);
    for (const auto& [name, period] : {std::pair{"PerDay", Period::day}, std::pair{"PerWeek", Period::week},
                                       std::pair{"PerMonth", Period::month}}) {
        write_limit(w, std::string("credits") + name, k.quota(period).credits);
        write_limit(w, std::string("tokens") + name, k.quota(period).tokens);
    }
    w.member("timeZone", k.time_zone.empty() ? std::string_view("UTC") : std::string_view(k.time_zone));
    write_limit(w, "expiresAt", k.expires_at_ms);
    write_limit(w, "requestsPerMinute", k.requests_per_minute);
    write_limit(w, "requestBurst", k.request_burst);
    write_limit(w, "tokensPerMinute", k.tokens_per_minute);
    write_limit(w, "streamsMax", k.streams_max);
    w.member("systemPrepend", k.system_prepend).member("systemAppend", k.system_append);
    write_text(w, "thinking", k.thinking);
    write_text(w, "compression", k.compression);
    write_text(w, "webSearch", k.web_search);
    w.member("strict", k.strict);
    write_time(w, "oldKeyUntil", k.old_key_until_ms);
}

}  // namespace

void write_texts(json::Writer& w, std::string_view name, const std::vector<std::string>& items) {
    w.key(name).begin_array();
    for (const auto& item : items) w.string(item);
    w.end_array();
}

void write_time(json::Writer& w, std::string_view name, std::int64_t at_ms) {
    w.key(name);
    at_ms == 0 ? w.null() : w.integer(at_ms);
}

void write_text(json::Writer& w, std::string_view name, std::string_view text) {
    w.key(name);
    text.empty() ? w.null() : w.string(text);
}

std::string plan_of(const store::Account& a, const AccountLive& live) {
    if (live.view && live.view->quota && !live.view->quota->plan.empty()) return live.view->quota->plan;
    return a.quota ? a.quota->plan : "";
}

void write_account(json::Writer& w, const store::Account& a, const AccountLive& live) {
    const auto* view = live.view;
    w.begin_object();
    write_account_settings(w, a);
    write_text(w, "subscriptionType", plan_of(a, live));
    w.member("hasRefreshToken", !a.refresh_token.empty()).member("hasAccessToken", !a.access_token.empty());
    w.member("hasApiKey", !a.api_key.empty());
    write_time(w, "expiresAt", a.expires_at_ms);
    w.member("isAvailable", view ? view->usable : false);
    w.member("quotaExhausted", (view ? account::state_name(view->state) : a.state) == "exhausted");
    w.member("state", view ? account::state_name(view->state) : std::string_view(a.state));
    write_text(w, "stateReason", view ? view->reason : a.state_reason);
    write_time(w, "stateSince", view ? view->since_ms : a.state_since_ms);
    w.member("recoversInMs", view ? view->recovers_in.count() : 0);
    w.member("circuit", view ? account::circuit_name(view->circuit) : std::string_view("closed"));
    w.member("health", view ? view->health : static_cast<int>(a.health));
    w.member("inFlight", view ? view->in_flight : 0u);
    write_quota(w, a, live);
    w.member("requestCount", live.day.requests).member("errorCount", live.day.errors);
    w.member("creditsUsed", live.day.credits);
    w.member("lastUsed", a.last_used_at_ms);
    write_time(w, "lastRefreshed", a.last_refreshed_at_ms);
    write_time(w, "createdAt", a.created_at_ms);
    w.member("etag", etag_of(a)).end_object();
}

void write_key(json::Writer& w, const store::Key& k) {
    w.begin_object();
    write_key_settings(w, k);
    write_time(w, "createdAt", k.created_at_ms);
    write_time(w, "lastUsedAt", k.last_used_at_ms);
    w.key("stats").begin_object().member("totalRequests", k.requests);
    w.member("totalCredits", k.credits_used).member("totalTokens", k.tokens_used).end_object();
    w.member("etag", etag_of(k)).end_object();
}

void write_request(json::Writer& w, const store::RequestRecord& r) {
    w.begin_object().member("requestId", r.request_id).member("timestamp", r.started_at_ms);
    w.member("apiType", r.dialect).member("model", r.model);
    write_text(w, "wireModel", r.wire_model);
    write_text(w, "accountId", r.account_id);
    write_text(w, "keyId", r.key_id);
    w.member("stream", r.stream).member("status", r.status);
    write_text(w, "error", r.error);
    w.member("duration", r.total_ms).key("firstEvent");
    r.first_event_ms < 0 ? w.null() : w.integer(r.first_event_ms);
    w.member("attempts", r.attempts).member("inputTokens", r.input_tokens);
    w.member("outputTokens", r.output_tokens).member("cacheReadTokens", r.cache_read_tokens);
    w.member("cacheWriteTokens", r.cache_write_tokens).member("credits", r.credits).end_object();
}

void write_sums(json::Writer& w, const store::UsageSums& s) {
    w.member("requests", s.requests).member("errors", s.errors).member("cancelled", s.cancelled);
    w.member("inputTokens", s.input_tokens).member("outputTokens", s.output_tokens);
    w.member("cacheReadTokens", s.cache_read_tokens).member("cacheWriteTokens", s.cache_write_tokens);
    w.member("credits", s.credits).key("averageMs");
    s.requests > 0 ? w.number(static_cast<double>(s.total_ms) / static_cast<double>(s.requests)) : w.null();
    w.key("averageFirstEventMs");
    s.first_count > 0 ? w.number(static_cast<double>(s.first_ms) / static_cast<double>(s.first_count))
                      : w.null();
}

std::string etag_of(const store::Account& account) {
    std::string text;
    json::Writer w(text);
    w.begin_object();
    write_account_settings(w, account);
    w.end_object();
    return tag_of(text + account.proxy);
}

std::string etag_of(const store::Key& key) {
    std::string text;
    json::Writer w(text);
    w.begin_object();
    write_key_settings(w, key);
    w.end_object();
    return tag_of(text);
}

}  // namespace kg::admin
