#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/kiro/account.hpp"

namespace kg::kiro {

/// Endpoint generations of kiro-upstream 0.3.
enum class Generation : std::uint8_t { runtime, q, codewhisperer };
std::string_view generation_name(Generation generation);
std::optional<Generation> parse_generation(std::string_view text);

/// Everything about upstream that is configuration (section [kiro]).
struct UpstreamOptions {
    std::vector<Generation> endpoints{Generation::runtime, Generation::q};  // tried in this order
    std::string api_url;         // overrides the data plane's base URL of every generation
    std::string management_url;  // control plane
    std::string auth_url;        // social refresh
    std::string oidc_url;        // OIDC token endpoint host
    std::string kiro_version = "0.11.107";
    std::string node_version = "22.22.0";
    std::string os = "linux#6.1.0";
    bool drop_duplicate_text = false;  // kiro-upstream 4.3
    std::size_t tool_description_max_bytes = 10'000;
    std::size_t body_max_bytes = 24u << 20;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds first_event_timeout{90'000};
    std::chrono::milliseconds idle_timeout{300'000};
    std::chrono::milliseconds total_timeout{3'600'000};
    std::string proxy;  // for accounts without their own
};

/// Base URL of the data plane, e.g. "https://runtime.us-east-1.kiro.dev", no trailing slash.
std::string data_plane_url(Generation generation, const std::string& region, const UpstreamOptions& options);
std::string control_plane_url(Generation generation, const std::string& region,
                              const UpstreamOptions& options);
std::string social_refresh_url(const UpstreamOptions& options);
std::string oidc_token_url(const std::string& region, const UpstreamOptions& options);

/// Header lines of a data-plane call (kiro-upstream 1.3): authorization, user agents, TokenType,
/// invocation id, attempt counter.
std::vector<std::string> chat_headers(const Caller& caller, const UpstreamOptions& options,
                                      std::string_view invocation_id, unsigned attempt);
std::vector<std::string> control_headers(const Caller& caller, const UpstreamOptions& options);

}  // namespace kg::kiro
