#include "core/exchange/export.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "core/json/writer.hpp"

namespace kg::exchange {
namespace {

using store::Account;

constexpr std::array<std::string_view, 8> kNames{"kirogate", "kam", "kiro-rs", "minimal",
                                                 "csv",      "txt", "dash",    "summary"};

/// A member that says something.
void member(json::Writer& w, std::string_view key, std::string_view value) {
    if (!value.empty()) w.member(key, value);
}

void labels(json::Writer& w, std::string_view key, const std::vector<std::string>& names) {
    if (names.empty()) return;
    w.key(key).begin_array();
    for (const auto& name : names) w.string(name);
    w.end_array();
}

std::string time_text(std::int64_t ms) {
    return ms > 0 ? rfc3339(wall_from_ms(ms)) : std::string();
}

// --- JSON -------------------------------------------------------------------------------------------

void write_kirogate(json::Writer& w, const Account& a, bool secrets) {
    w.begin_object();
    member(w, "name", a.name);
    member(w, "email", a.email);
    w.member("authMethod", a.auth_method);
    member(w, "provider", a.provider);
    member(w, "region", a.auth_region);
    member(w, "apiRegion", a.api_region);
    member(w, "profileArn", a.profile_arn);
    member(w, "startUrl", a.start_url);
    member(w, "tokenEndpoint", a.token_endpoint);
    member(w, "scopes", a.scopes);
    member(w, "clientId", a.client_id);
    member(w, "machineId", a.machine_id);
    member(w, "note", a.note);
    labels(w, "groups", a.groups);
    labels(w, "tags", a.tags);
    w.member("priority", a.priority).member("weight", a.weight).member("maxConcurrency", a.max_concurrency);
    for (const auto& [name, rate] :
         {std::pair("requestsPerMinute", a.requests_per_minute), std::pair("requestBurst", a.request_burst),
          std::pair("tokensPerMinute", a.tokens_per_minute)}) {
        if (rate) w.member(name, *rate);
    }
    w.member("disabled", !a.enabled).member("state", a.state);
    if (a.expires_at_ms > 0) w.member("expiresAt", a.expires_at_ms);
    if (secrets) {
        member(w, "accessToken", a.access_token.reveal());
        member(w, "refreshToken", a.refresh_token.reveal());
        member(w, "clientSecret", a.client_secret.reveal());
        member(w, "kiroApiKey", a.api_key.reveal());
        member(w, "proxyUrl", a.proxy);
    }
    w.end_object();
}

/// The managers' spelling of a provider.
std::string_view kam_provider(const Account& a) {
    if (!a.provider.empty()) return a.provider;
    return a.auth_method == "idc" ? "BuilderId" : "Google";
}

void write_kam(json::Writer& w, const Account& a, bool secrets) {
    w.begin_object().member("id", a.id).member("email", a.email);
    member(w, "nickname", a.name);
    w.member("idp", kam_provider(a)).key("credentials").begin_object();
    const auto secret = [&](std::string_view key, const Secret& value) {
        w.member(key, secrets ? std::string_view(value.reveal()) : std::string_view());
    };
    secret("accessToken", a.access_token);
    w.member("csrfToken", "");
    secret("refreshToken", a.refresh_token);
    if (a.auth_method == "idc") {
        w.member("clientId", a.client_id);
        secret("clientSecret", a.client_secret);
    }
    w.member("region", a.auth_region.empty() ? "us-east-1" : a.auth_region);
    w.member("expiresAt", a.expires_at_ms);
    w.member("authMethod", a.auth_method == "idc" ? "IdC" : a.auth_method);
    w.member("provider", kam_provider(a)).end_object();
    if (a.quota) {
        w.key("usage").begin_object().member("current", a.quota->used).member("limit", a.quota->limit);
        w.member("lastUpdated", a.quota->told_at_ms).end_object();
    }
    w.key("tags").begin_array().end_array();
    w.member("status", a.state == "suspended" || a.state == "needs-sign-in" ? "error" : "active");
    w.member("createdAt", a.created_at_ms).member("lastUsedAt", a.last_used_at_ms).end_object();
}

void write_kiro_rs(json::Writer& w, const Account& a, bool secrets) {
    w.begin_object();
    if (secrets) {
        member(w, "accessToken", a.access_token.reveal());
        member(w, "refreshToken", a.refresh_token.reveal());
        member(w, "clientSecret", a.client_secret.reveal());
        member(w, "kiroApiKey", a.api_key.reveal());
        member(w, "proxyUrl", a.proxy);
    }
    member(w, "expiresAt", time_text(a.expires_at_ms));
    w.member("authMethod", a.auth_method == "api-key" ? "api_key" : a.auth_method);
    member(w, "clientId", a.client_id);
    member(w, "profileArn", a.profile_arn);
    member(w, "region", a.auth_region);
    member(w, "apiRegion", a.api_region);
    member(w, "email", a.email);
    w.member("priority", a.priority).member("disabled", !a.enabled).member("endpoint", "ide").end_object();
}

void write_minimal(json::Writer& w, const Account& a, bool secrets) {
    w.begin_object();
    member(w, "email", a.email);
    member(w, "provider", a.provider);
    if (secrets) {
        member(w, "refreshToken", a.refresh_token.reveal());
        member(w, "clientId", a.client_id);
        member(w, "clientSecret", a.client_secret.reveal());
        member(w, "kiroApiKey", a.api_key.reveal());
        member(w, "region", a.auth_region);
    }
    w.end_object();
}

std::string json_text(std::span<const Account> accounts, Format format, bool secrets, WallTime now) {
    std::string out;
    json::Writer w(out);
    const bool wrapped = format == Format::kirogate || format == Format::kam;
    if (format == Format::kirogate)
        w.begin_object()
            .member("format", "kirogate-accounts")
            .member("version", 1)
            .member("secrets", secrets);
    if (format == Format::kam) w.begin_object().member("version", "1.7.3");
    if (wrapped) w.member("exportedAt", to_ms(now)).key("accounts");
    w.begin_array();
    for (const auto& a : accounts) {
        switch (format) {
            case Format::kam: write_kam(w, a, secrets); break;
            case Format::kiro_rs: write_kiro_rs(w, a, secrets); break;
            case Format::minimal: write_minimal(w, a, secrets); break;
            default: write_kirogate(w, a, secrets); break;
        }
    }
    w.end_array();
    if (format == Format::kam)
        w.key("groups").begin_array().end_array().key("tags").begin_array().end_array();
    if (wrapped) w.end_object();
    return json::pretty(out) + "\n";
}

// --- Text -------------------------------------------------------------------------------------------

std::string_view token_of(const Account& a) {
    return a.api_key.empty() ? a.refresh_token.reveal() : a.api_key.reveal();
}

std::string cell(std::string_view text) {
    std::string out = "\"";
    // What a spreadsheet would take for a formula.
    if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out += '"';
}

std::string csv_line(std::initializer_list<std::string_view> cells) {
    std::string out;
    for (const auto text : cells) out.append(out.empty() ? "" : ",").append(cell(text));
    return out + "\r\n";
}

std::string number(double value) {
    std::string out;
    json::append_double(out, value);
    return out;
}

std::string csv_text(std::span<const Account> accounts, bool secrets) {
    std::string out = "\xef\xbb\xbf";
    out += secrets
               ? csv_line({"邮箱", "昵称", "登录方式", "RefreshToken", "ClientId", "ClientSecret", "Region"})
               : csv_line({"邮箱", "昵称", "登录方式", "状态", "已用量", "总额度"});
    for (const auto& a : accounts) {
        if (secrets)
            out += csv_line({a.email, a.name, a.provider, token_of(a), a.client_id, a.client_secret.reveal(),
                             a.auth_region});
        else
            out += csv_line({a.email, a.name, a.provider, a.enabled ? std::string_view(a.state) : "disabled",
                             a.quota ? number(a.quota->used) : "", a.quota ? number(a.quota->limit) : ""});
    }
    return out;
}

std::string txt_text(std::span<const Account> accounts, bool secrets) {
    std::string out;
    for (const auto& a : accounts) {
        out += a.email;
        if (secrets) {
            out.append(",").append(token_of(a));
            if (!a.name.empty() || !a.provider.empty()) out.append(",").append(a.name);
            if (!a.provider.empty()) out.append(",").append(a.provider);
        }
        out += '\n';
    }
    return out;
}

std::string dash_text(std::span<const Account> accounts, bool secrets) {
    std::string out;
    for (const auto& a : accounts) {
        out += a.email;
        if (secrets) {
            for (const auto field :
                 {std::string_view("no_password"), token_of(a), std::string_view(a.client_id),
                  std::string_view(a.client_secret.reveal()), std::string_view(a.provider)})
                out.append("----").append(field);
        }
        out += '\n';
    }
    return out;
}

std::string summary_text(std::span<const Account> accounts) {
    std::string out;
    for (const auto& a : accounts) {
        if (!out.empty()) out += "---\n";
        const auto line = [&](std::string_view name, std::string_view value) {
            if (!value.empty()) out.append(name).append(": ").append(value) += '\n';
        };
        line("id", a.id);
        line("name", a.name);
        line("e-mail", a.email);
        line("provider", a.provider);
        line("sign-in", a.auth_method);
        line("state", a.enabled ? a.state : "disabled");
        line("reason", a.state_reason);
        if (a.quota) line("credits", number(a.quota->used) + " of " + number(a.quota->limit) + " used");
        if (a.quota) line("renewed", time_text(a.quota->resets_at_ms));
        line("token until", time_text(a.expires_at_ms));
        line("note", a.note);
    }
    return out;
}

}  // namespace

std::string_view format_name(Format format) {
    return kNames[static_cast<std::size_t>(format)];
}

std::optional<Format> parse_format(std::string_view name) {
    const auto it = std::ranges::find(kNames, name);
    if (it == kNames.end()) return std::nullopt;
    return static_cast<Format>(it - kNames.begin());
}

std::string format_names() {
    std::string out;
    for (const auto name : kNames) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

std::string export_accounts(std::span<const Account> accounts, Format format, bool secrets, WallTime now) {
    switch (format) {
        case Format::csv: return csv_text(accounts, secrets);
        case Format::txt: return txt_text(accounts, secrets);
        case Format::dash: return dash_text(accounts, secrets);
        case Format::summary: return summary_text(accounts);
        default: return json_text(accounts, format, secrets, now);
    }
}

}  // namespace kg::exchange
