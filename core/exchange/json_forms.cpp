#include "core/exchange/forms.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/base/ascii.hpp"
#include "core/credentials/cli_database.hpp"
#include "core/credentials/small_file.hpp"
#include "core/json/document.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/auth.hpp"
#include "core/store/ids.hpp"

namespace kg::exchange {
namespace {

/// First of several spellings that is a non-empty string.
std::string text_of(json::Node object, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
        if (const auto text = object[key].text(); !text.empty()) return std::string(text);
    }
    return {};
}

std::int64_t time_of(json::Node object, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
        const auto node = object[key];
        if (node.is_null_or_missing()) continue;
        if (const auto at = kiro::parse_expiry(node.is_string() ? node.text() : node.raw()))
            return to_ms(*at);
    }
    return 0;
}

bool looks_like_credentials(json::Node n) {
    return n.is_object() && (n["refreshToken"] || n["refresh_token"] || n["accessToken"] ||
                             n["access_token"] || n["kiroApiKey"] || n["kiro_api_key"]);
}

bool is_hash_name(std::string_view text) {
    return text.size() == 40 &&
           std::ranges::all_of(text, [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

void read_registration(const std::string& folder, json::Node n, store::Account& a) {
    const auto hash = n["clientIdHash"].text();
    if (folder.empty() || hash.empty() || !a.client_id.empty() || !is_hash_name(hash)) return;
    auto text = credentials::read_small_file(folder + "/" + std::string(hash) + ".json");
    if (!text) return;
    const auto pair = json::Document::parse(std::move(*text));
    if (!pair) return;
    a.client_id = text_of(pair->root(), {"clientId", "client_id"});
    a.client_secret = Secret(text_of(pair->root(), {"clientSecret", "client_secret"}));
}

std::vector<std::string> labels_of(json::Node list) {
    constexpr std::size_t kLabelsMax = 64;
    std::vector<std::string> out;
    if (!list.is_array()) return out;
    for (const auto label : list.children()) {
        const auto name = label.text();
        if (out.size() == kLabelsMax || !store::valid_account_name(name) || name == "none") continue;
        if (std::ranges::find(out, name) == out.end()) out.emplace_back(name);
    }
    return out;
}

/// What a kirogate exported of its own.
void read_settings(json::Node n, store::Account& a) {
    a.groups = labels_of(n["groups"]);
    a.tags = labels_of(n["tags"]);
    a.weight = std::clamp<std::int64_t>(n["weight"].as_int().value_or(1), 1, 1'000);
    a.max_concurrency = std::clamp<std::int64_t>(n["maxConcurrency"].as_int().value_or(0), 0, 10'000);
    a.requests_per_minute = n["requestsPerMinute"].as_int();
    a.request_burst = n["requestBurst"].as_int();
    a.tokens_per_minute = n["tokensPerMinute"].as_int();
}

/// One credential object; `outer` holds the fields beside it in nested forms.
ImportedAccount read_one(json::Node outer, json::Node n, std::size_t index, const std::string& source,
                         const std::string& folder) {
    ImportedAccount out;
    auto& a = out.account;
    const auto either = [&](std::initializer_list<std::string_view> keys) {
        auto text = text_of(n, keys);
        return text.empty() ? text_of(outer, keys) : text;
    };
    a.email = either({"email"});
    a.name = either({"name", "nickname", "label", "customName"});
    out.ref = !a.email.empty() ? a.email : !a.name.empty() ? a.name : "item " + std::to_string(index);
    if (!store::valid_account_name(a.name)) a.name.clear();
    if (!n.is_object()) {
        out.error = "not an object";
        return out;
    }
    a.access_token = Secret(either({"accessToken", "access_token"}));
    a.refresh_token = Secret(either({"refreshToken", "refresh_token"}));
    a.api_key = Secret(either({"kiroApiKey", "kiro_api_key", "apiKey", "api_key"}));
    a.client_id = either({"clientId", "client_id"});
    a.client_secret = Secret(either({"clientSecret", "client_secret"}));
    a.provider = provider_of(either({"provider", "idp", "signInProvider"}));
    if (const auto method = either({"authMethod", "auth_method"}); !method.empty()) {
        if (const auto parsed = kiro::parse_auth_method(method))
            a.auth_method = kiro::auth_method_name(*parsed);
    }
    // The provider is authoritative (kiro-upstream 5.1).
    if (a.provider == "Google" || a.provider == "Github") a.auth_method = "social";
    if (a.provider == "BuilderId" || a.provider == "Enterprise") a.auth_method = "idc";
    a.auth_region = either({"authRegion", "auth_region", "region", "idcRegion"});
    a.api_region = either({"apiRegion", "api_region"});
    a.start_url = either({"startUrl", "start_url"});
    a.profile_arn = either({"profileArn", "profile_arn"});
    a.token_endpoint = either({"tokenEndpoint", "token_endpoint"});
    a.scopes = either({"scopes", "scope"});
    a.machine_id = either({"machineId", "machine_id"});
    a.note = either({"note"});
    if (const auto proxy = either({"proxyUrl", "proxy_url"}); proxy != "direct") a.proxy = proxy;
    a.expires_at_ms = n["expiresAt"] || n["expires_at"] || n["expire"]
                          ? time_of(n, {"expiresAt", "expires_at", "expire"})
                          : time_of(outer, {"expiresAt", "expires_at"});
    if (const auto priority = n["priority"].as_int()) a.priority = std::max<std::int64_t>(0, *priority);
    read_settings(n, a);
    if (n["disabled"].as_bool().value_or(false) || !outer["enabled"].as_bool().value_or(true))
        a.enabled = false;
    a.source = "import:" + source;
    read_registration(folder, n, a);
    for (const auto* region : {&a.auth_region, &a.api_region}) {
        if (!region->empty() && !kiro::valid_region(*region))
            out.error = "not an AWS region: " + region->substr(0, 40);
    }
    if (!a.profile_arn.empty() && !kiro::valid_profile_arn(a.profile_arn)) out.error = "not a profile ARN";
    if (a.refresh_token.empty() && a.api_key.empty() && a.access_token.empty()) out.error = "it has no token";
    return out;
}

}  // namespace

std::string provider_of(std::string_view text) {
    std::string folded;
    for (const char c : text) {
        if (c != ' ' && c != '-' && c != '_') folded += ascii::lower(c);
    }
    if (folded == "google") return "Google";
    if (folded == "github") return "Github";
    if (folded == "builderid" || folded == "aws") return "BuilderId";
    if (folded == "enterprise" || folded == "iamsso" || folded == "identitycenter" || folded == "awsidc")
        return "Enterprise";
    if (folded == "externalidp") return "ExternalIdp";
    return {};
}

Result<Forms> read_json_forms(std::string text, const std::string& source, const std::string& folder) {
    if (ascii::is_blank(text))
        return Err(Error{.kind = ErrorKind::malformed_request, .message = source + " is empty"});
    auto document = json::Document::parse(std::move(text));
    if (!document) {
        auto error = std::move(document).error();
        error.message = source + ": " + error.message;
        return Err(std::move(error));
    }
    const auto root = document->root();
    Forms out;
    json::Node list = root;
    if (root.is_object() && root["accounts"].is_array()) {
        list = root["accounts"];
        out.format = root["format"].text() == "kirogate-accounts" ? "kirogate"
                     : list.at(0)["credentials"].is_object()
                         ? (root["exportedAt"] ? "kam-export" : "kiroproxy")
                         : "list";
    } else if (looks_like_credentials(root)) {
        out.format = root["clientIdHash"] ? "ide-cache" : "object";
        out.accounts.push_back(read_one({}, root, 0, source, folder));
        return out;
    } else if (root.is_array()) {
        out.format = "list";
    } else {
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = source + " has none of the known forms: a credential object, a list of "
                                             "them, an object with `accounts`, or kiro-auth-token.json"});
    }
    std::size_t index = 0;
    for (const auto item : list.children()) {
        const auto inner = item["credentials"].is_object() ? item["credentials"] : item;
        out.accounts.push_back(read_one(item, inner, index++, source, folder));
    }
    if (out.accounts.empty())
        return Err(Error{.kind = ErrorKind::malformed_request, .message = source + " contains no account"});
    return out;
}

Result<Forms> read_ide_cache(const std::string& folder) {
    const auto path = folder + "/kiro-auth-token.json";
    auto text = credentials::read_small_file(path);
    if (!text)
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = text.error().what + "; sign in with the Kiro IDE first"});
    KG_TRY(forms, read_json_forms(std::move(*text), path, folder));
    forms.format = "ide-cache";
    for (auto& in : forms.accounts) in.account.source = "ide-cache";
    return forms;
}

Result<Forms> read_cli_database(const std::string& path, std::string_view login) {
    auto logins = credentials::read_cli_logins(path);
    if (!logins) {
        const bool signed_out = logins.error().kind == credentials::FileFailure::Kind::missing;
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = logins.error().what + (signed_out ? "; sign in with it first" : "")});
    }
    const auto wanted = std::ranges::find_if(*logins, [login](const credentials::CliLogin& one) {
        return login.empty() || one.key == login || one.login.auth_method == login;
    });
    if (wanted == logins->end()) {
        std::string names;
        for (const auto& one : *logins) names.append(names.empty() ? "" : ", ").append(one.key);
        return Err(
            Error{.kind = ErrorKind::malformed_request,
                  .message = path + " holds no sign-in \"" + std::string(login) + "\"; it holds " + names});
    }
    Forms out;
    out.format = "kiro-cli";
    for (const auto& one : *logins) {
        if (&one != &*wanted) out.left_out.push_back(one.key);
    }
    ImportedAccount in;
    in.ref = wanted->key;
    auto& best = *wanted;
    auto& a = in.account;
    a.access_token = best.login.access_token;
    a.refresh_token = best.login.refresh_token;
    a.expires_at_ms = best.login.expires_at_ms;
    a.auth_method = best.login.auth_method;
    a.provider = best.login.provider;
    a.auth_region = best.login.auth_region;
    a.profile_arn = best.login.profile_arn;
    a.token_endpoint = best.login.token_endpoint;
    a.scopes = best.login.scopes;
    a.client_id = best.login.client_id;
    a.client_secret = best.login.client_secret;
    a.start_url = best.start_url;
    a.source = "kiro-cli";
    if (a.refresh_token.empty()) in.error = "it has no refresh token";
    out.accounts.push_back(std::move(in));
    return out;
}

}  // namespace kg::exchange
