#include "core/kiro/endpoints.hpp"

#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"

namespace kg::kiro {
namespace {

constexpr std::array<std::string_view, 3> kGenerationNames{"runtime", "q", "codewhisperer"};

std::string without_trailing_slash(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string(url);
}

/// `base` with `path`, which a careful user may have written already.
std::string with_path(std::string_view base, std::string_view path) {
    std::string url = without_trailing_slash(base);
    if (!url.ends_with(path)) url += path;
    return url;
}

/// A header line. Values come from settings, imported files and upstream's own answers: a line
/// break in one of them must not become a second header.
std::string line(std::string_view name, std::string_view value, std::string_view value_rest = {}) {
    std::string out;
    out.reserve(name.size() + 2 + value.size() + value_rest.size());
    out.append(name).append(": ");
    for (const std::string_view part : {value, value_rest}) {
        const std::size_t start = out.size();
        out += part;
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), is_control),
                  out.end());
    }
    return out;
}

/// What both planes send: who we are, and for which account.
void append_identity(std::vector<std::string>& lines, const Caller& caller, const UpstreamOptions& options,
                     std::string_view sdk, std::string_view api) {
    std::string product = "KiroIDE-" + options.kiro_version;
    if (!caller.machine_id.empty()) product.append("-").append(caller.machine_id);

    std::string agent;
    agent.reserve(160 + product.size());
    agent.append(sdk).append(" ua/2.1 os/").append(options.os).append(" lang/js md/nodejs#");
    agent.append(options.node_version).append(" ").append(api).append(" ").append(product);

    lines.push_back(line("x-amz-user-agent", std::string(sdk) + ' ', product));
    lines.push_back(line("user-agent", agent));
    lines.push_back(line("authorization", "Bearer ", caller.access_token.reveal()));
    // Mandatory for these two kinds and refused for the others (kiro-upstream 1.3).
    if (caller.auth_method == AuthMethod::external_idp) lines.emplace_back("TokenType: EXTERNAL_IDP");
    if (caller.auth_method == AuthMethod::api_key) lines.emplace_back("tokentype: API_KEY");
}

std::string generation_host(Generation generation, const std::string& region, bool control) {
    const std::string safe = valid_region(region) ? region : "us-east-1";
    switch (generation) {
        case Generation::runtime:
            return (control ? "https://management." : "https://runtime.") + safe + ".kiro.dev";
        case Generation::q: return "https://q." + safe + ".amazonaws.com";
        case Generation::codewhisperer: break;
    }
    return "https://codewhisperer.us-east-1.amazonaws.com";  // resolves in this region only
}

}  // namespace

std::string_view generation_name(Generation generation) {
    return kGenerationNames[static_cast<std::size_t>(generation)];
}

std::optional<Generation> parse_generation(std::string_view text) {
    for (std::size_t i = 0; i < kGenerationNames.size(); ++i) {
        if (ascii::equals_ignoring_case(ascii::trim(text), kGenerationNames[i]))
            return static_cast<Generation>(i);
    }
    return std::nullopt;
}

std::string data_plane_url(Generation generation, const std::string& region, const UpstreamOptions& options) {
    if (!options.api_url.empty()) return without_trailing_slash(options.api_url);
    return generation_host(generation, region, false);
}

std::string control_plane_url(Generation generation, const std::string& region,
                              const UpstreamOptions& options) {
    if (!options.management_url.empty()) return without_trailing_slash(options.management_url);
    // Whoever moved the data plane elsewhere does not expect tokens to go to the public hosts.
    if (!options.api_url.empty()) return without_trailing_slash(options.api_url);
    return generation_host(generation, region, true);
}

std::string social_refresh_url(const UpstreamOptions& options) {
    const std::string_view base = options.auth_url.empty() ? "https://prod.us-east-1.auth.desktop.kiro.dev"
                                                           : std::string_view(options.auth_url);
    return with_path(base, "/refreshToken");
}

std::string oidc_token_url(const std::string& region, const UpstreamOptions& options) {
    if (!options.oidc_url.empty()) return with_path(options.oidc_url, "/token");
    return "https://oidc." + (valid_region(region) ? region : std::string("us-east-1")) +
           ".amazonaws.com/token";
}

std::vector<std::string> chat_headers(const Caller& caller, const UpstreamOptions& options,
                                      std::string_view invocation_id, unsigned attempt) {
    std::vector<std::string> lines;
    lines.reserve(11);
    lines.emplace_back("content-type: application/json");
    lines.emplace_back("accept: application/vnd.amazon.eventstream");
    lines.emplace_back("x-amzn-codewhisperer-optout: true");
    lines.emplace_back("x-amzn-kiro-agent-mode: vibe");
    append_identity(lines, caller, options, "aws-sdk-js/1.0.34", "api/codewhispererstreaming#1.0.34 m/E");
    lines.push_back(line("amz-sdk-invocation-id", invocation_id));
    const unsigned attempts_max = std::max(3u, attempt);
    lines.push_back("amz-sdk-request: attempt=" + std::to_string(attempt) +
                    "; max=" + std::to_string(attempts_max));
    return lines;
}

std::vector<std::string> control_headers(const Caller& caller, const UpstreamOptions& options) {
    std::vector<std::string> lines;
    lines.reserve(7);
    lines.emplace_back("accept: application/json");
    append_identity(lines, caller, options, "aws-sdk-js/1.0.0", "api/codewhispererruntime#1.0.0 m/N,E");
    lines.emplace_back("amz-sdk-request: attempt=1; max=1");
    return lines;
}

}  // namespace kg::kiro
