#include "core/credentials/shared_login.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "core/base/ascii.hpp"
#include "core/base/clock.hpp"
#include "core/credentials/small_file.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/auth.hpp"

namespace kg::credentials {
namespace {

using Keys = std::vector<std::string_view>;

const Keys kAccess{"accessToken", "access_token"};
const Keys kRefresh{"refreshToken", "refresh_token"};
const Keys kExpires{"expiresAt", "expires_at", "expire"};
const Keys kProfile{"profileArn", "profile_arn"};

json::Node find(json::Node object, const Keys& keys) {
    for (const auto key : keys) {
        if (const auto node = object[key]; !node.is_null_or_missing()) return node;
    }
    return {};
}

std::string text_of(json::Node object, const Keys& keys) {
    return std::string(find(object, keys).text());
}

FileFailure broken(std::string what) {
    return {FileFailure::Kind::broken, std::move(what)};
}

Result<json::Document, FileFailure> parse_object(std::string text) {
    if (ascii::is_blank(text)) return Err(broken("the file is empty"));
    auto document = json::Document::parse(std::move(text));
    if (!document) return Err(broken("the file is not JSON: " + document.error().message));
    if (!document->root().is_object()) return Err(broken("the file is not a JSON object"));
    return std::move(*document);
}

/// It becomes a file name, so it must be a digest and nothing else.
bool is_hash(std::string_view text) {
    return text.size() == 40 &&
           std::ranges::all_of(text, [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

void read_registration(const std::string& folder, std::string_view hash, SharedLogin& login) {
    if (!login.client_id.empty() || !is_hash(hash)) return;
    auto text = read_small_file(folder + "/" + std::string(hash) + ".json");
    if (!text) return;
    const auto document = parse_object(std::move(*text));
    if (!document) return;
    login.client_id = text_of(document->root(), {"clientId", "client_id"});
    login.client_secret = Secret(text_of(document->root(), {"clientSecret", "client_secret"}));
}

std::string timestamp(std::int64_t ms) {
    using namespace std::chrono;
    const auto at = sys_time<milliseconds>(milliseconds(ms));
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss time(at - day);
    std::array<char, 64> out{};
    std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return out.data();
}

/// The expiry in the form that the file's own program used.
std::string expiry_like(json::Node old, std::int64_t ms) {
    constexpr double kMilliseconds = 1e11;  // larger numbers are no seconds
    std::string out;
    if (const auto number = old.is_string() ? std::nullopt : old.as_double())
        json::append_int(out, *number > kMilliseconds ? ms : ms / 1000);
    else
        json::append_string(out, timestamp(ms));
    return out;
}

std::string quoted(std::string_view text) {
    std::string out;
    json::append_string(out, text);
    return out;
}

/// Pieces of the source to be replaced, and members to be added at the end.
class Edit {
  public:
    explicit Edit(const json::Document& document) : document_(document) {}

    void set(const Keys& keys, const std::string& value, bool add_if_missing) {
        bool found = false;
        for (const auto member : document_.root().children()) {
            if (std::ranges::find(keys, member.key()) == keys.end()) continue;
            replacements_.emplace_back(member.raw(), value);
            found = true;
        }
        if (!found && add_if_missing)
            added_.append(",").append(quoted(keys.front())).append(":").append(value);
    }
    std::string result() {
        const auto& source = document_.source();
        const auto offset = [&](std::string_view piece) {
            return static_cast<std::size_t>(piece.data() - source.data());
        };
        std::ranges::sort(replacements_, {}, [&](const auto& r) { return offset(r.first); });
        std::string out;
        std::size_t at = 0;
        for (const auto& [piece, value] : replacements_) {
            out.append(source, at, offset(piece) - at).append(value);
            at = offset(piece) + piece.size();
        }
        const auto root = document_.root().raw();
        const auto brace = offset(root) + root.size() - 1;
        return out.append(source, at, brace - at).append(added_).append(source, brace);
    }

  private:
    const json::Document& document_;
    std::vector<std::pair<std::string_view, std::string>> replacements_;
    std::string added_;
};

}  // namespace

Result<SharedLogin, FileFailure> parse_login(std::string text, const std::string& folder) {
    auto document = parse_object(std::move(text));
    if (!document) return Err(std::move(document).error());
    const auto root = document->root();
    SharedLogin out;
    out.access_token = Secret(text_of(root, kAccess));
    out.refresh_token = Secret(text_of(root, kRefresh));
    if (out.access_token.empty() && out.refresh_token.empty())
        return Err(FileFailure{FileFailure::Kind::missing, "the file has no token"});
    if (const auto expires = find(root, kExpires)) {
        if (const auto at = kiro::parse_expiry(expires.is_string() ? expires.text() : expires.raw()))
            out.expires_at_ms = to_ms(*at);
    }
    if (const auto method = kiro::parse_auth_method(text_of(root, {"authMethod", "auth_method"})))
        out.auth_method = kiro::auth_method_name(*method);
    out.provider = text_of(root, {"provider"});
    // The provider is authoritative (kiro-upstream 5.1).
    if (out.provider == "Google" || out.provider == "Github") out.auth_method = "social";
    if (out.provider == "BuilderId" || out.provider == "Enterprise") out.auth_method = "idc";
    if (const auto region = text_of(root, {"region", "authRegion"}); kiro::valid_region(region))
        out.auth_region = region;
    if (const auto arn = text_of(root, kProfile); kiro::valid_profile_arn(arn)) out.profile_arn = arn;
    out.token_endpoint = text_of(root, {"tokenEndpoint", "token_endpoint"});
    out.scopes = text_of(root, {"scopes", "scope"});
    out.client_id = text_of(root, {"clientId", "client_id"});
    out.client_secret = Secret(text_of(root, {"clientSecret", "client_secret"}));
    read_registration(folder, root["clientIdHash"].text(), out);
    return out;
}

Result<std::string, FileFailure> with_tokens(std::string text, const NewTokens& tokens) {
    auto document = parse_object(std::move(text));
    if (!document) return Err(std::move(document).error());
    Edit edit(*document);
    // A member that is missing is added in the spelling of the others.
    const auto spelt = [snake = static_cast<bool>(document->root()["access_token"])](Keys keys) {
        if (snake) std::swap(keys[0], keys[1]);
        return keys;
    };
    edit.set(spelt(kAccess), quoted(tokens.access_token.reveal()), true);
    if (!tokens.refresh_token.empty()) edit.set(spelt(kRefresh), quoted(tokens.refresh_token.reveal()), true);
    edit.set(spelt(kExpires), expiry_like(find(document->root(), kExpires), tokens.expires_at_ms), true);
    if (!tokens.profile_arn.empty()) edit.set(kProfile, quoted(tokens.profile_arn), false);
    return edit.result();
}

}  // namespace kg::credentials
