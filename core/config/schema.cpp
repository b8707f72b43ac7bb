#include "core/config/schema.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/config/checks.hpp"
#include "core/config/schema_features.hpp"
#include "core/config/schema_parts.hpp"

namespace kg::config {
namespace {

constexpr Key kGatewayKeys[] = {
    {"server.listen",
     in<&Config::server, &Server::listen>(),
     "Address to listen on. Port 0 takes any free port. The variable PORT changes only the port.",
     {.check = check_listen,
      .allowed = "HOST:PORT, [IPV6]:PORT or unix:/PATH, with a port from 0 to 65535",
      .seed_env = "PORT"}},
    {"server.workers",
     in<&Config::server, &Server::workers>(),
     "Threads that serve connections; 0 means one per processor core.",
     {.max = 256}},
    {"server.cors_origins",
     in<&Config::server, &Server::cors_origins>(),
     "Web origins whose pages may call the API from a browser; empty means none.",
     {.check = check_origins,
      .allowed = "*, empty, or origins such as https://app.example.com separated by commas"}},
    {"server.drain_timeout",
     in<&Config::server, &Server::drain_timeout>(),
     "How long a stopping gateway lets running answers finish.",
     {.max = kHour}},
    {"server.ping_interval",
     in<&Config::server, &Server::ping_interval>(),
     "Silence after which a stream sends a keep-alive to the client.",
     {.min = kShort, .max = 10 * kMinute}},
    {"server.allow_public_without_key",
     in<&Config::server, &Server::allow_public_without_key>(),
     "Permits an address that is not loopback although no key protects the API.",
     {}},
    {"server.trusted_proxies",
     in<&Config::server, &Server::trusted_proxies>(),
     "Reverse proxies whose X-Forwarded-For tells the client's address; a proxy on a Unix socket "
     "counts as 127.0.0.1.",
     {.check = check_network,
      .allowed = "a list of addresses and ranges such as 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32"}},

    {"auth.proxy_key",
     in<&Config::auth, &Auth::proxy_key>(),
     "Key that lets a client use the pool, or its own refresh token as KEY:REFRESH_TOKEN.",
     {.check = check_proxy_key,
      .allowed = "visible ASCII characters without spaces and colons, at most 512, and not a "
                 "well-known default",
      .seed_env = "PROXY_API_KEY"}},
    {"auth.admin_password",
     in<&Config::auth, &Auth::admin_password>(),
     "Password of the administration API; without one that API is closed.",
     {.check = check_admin_password,
      .allowed = "text without control characters, at most 512 bytes, and not a well-known default",
      .seed_env = "ADMIN_PASSWORD"}},
    {"auth.requests_per_minute",
     in<&Config::auth, &Auth::requests_per_minute>(),
     "Requests a minute over the whole gateway; 0 means no limit.",
     {.max = 1'000'000, .seed_env = "RATE_LIMIT_PER_MINUTE"}},
    {"auth.request_burst",
     in<&Config::auth, &Auth::request_burst>(),
     "Requests of auth.requests_per_minute that may come at once; 0 means as many as in a minute.",
     {.max = 1'000'000}},
    {"auth.tenant_credentials_max",
     in<&Config::auth, &Auth::tenant_credentials_max>(),
     "KEY:REFRESH_TOKEN sign-ins remembered at the same time.",
     {.min = 1, .max = 1'000'000}},

    {"kiro.endpoints",
     in<&Config::kiro, &Kiro::endpoints>(),
     "Kiro's endpoint generations in the order they are tried.",
     {.choices = kEndpoints}},
    {"kiro.api_url",
     in<&Config::kiro, &Kiro::api_url>(),
     "Replaces the base URL of the chat service; empty means Kiro's own.",
     {.check = check_upstream_url, .allowed = kUrl}},
    {"kiro.management_url",
     in<&Config::kiro, &Kiro::management_url>(),
     "Replaces the base URL of the service for models, profiles and usage.",
     {.check = check_upstream_url, .allowed = kUrl}},
    {"kiro.auth_url",
     in<&Config::kiro, &Kiro::auth_url>(),
     "Replaces the base URL that refreshes social sign-ins.",
     {.check = check_upstream_url, .allowed = kUrl}},
    {"kiro.oidc_url",
     in<&Config::kiro, &Kiro::oidc_url>(),
     "Replaces the base URL that refreshes IAM Identity Center and Builder ID sign-ins.",
     {.check = check_upstream_url, .allowed = kUrl}},
    {"kiro.kiro_version",
     in<&Config::kiro, &Kiro::kiro_version>(),
     "Kiro version the gateway presents to Kiro.",
     {.check = check_word, .allowed = kWord}},
    {"kiro.node_version",
     in<&Config::kiro, &Kiro::node_version>(),
     "Node.js version the gateway presents to Kiro.",
     {.check = check_word, .allowed = kWord}},
    {"kiro.os",
     in<&Config::kiro, &Kiro::os>(),
     "Operating system the gateway presents to Kiro, as NAME#VERSION.",
     {.check = check_word, .allowed = kWord}},
    {"kiro.proxy",
     in<&Config::kiro, &Kiro::proxy>(),
     "Outbound proxy for accounts without their own; empty means a direct connection.",
     {.hides_user = true,
      .check = check_proxy_url,
      .allowed = "empty, or SCHEME://[USER:PASSWORD@]HOST[:PORT] with the scheme http, https, "
                 "socks4, socks4a, socks5 or socks5h"}},
    {"kiro.ca_file",
     in<&Config::kiro, &Kiro::ca_file>(),
     "File of the certificate authorities that Kiro's servers and the outbound proxy are checked against; "
     "empty means the system's.",
     {.check = check_readable_file, .allowed = "empty, or the path of a readable PEM file"}},
    {"kiro.drop_duplicate_text",
     in<&Config::kiro, &Kiro::drop_duplicate_text>(),
     "Drops a piece of text that repeats the piece before it exactly.",
     {}},
    {"kiro.tool_description_max_bytes",
     in<&Config::kiro, &Kiro::tool_description_max_bytes>(),
     "Longest tool description sent as such; a longer one moves into the system text.",
     {.min = 256, .max = kMiB, .bytes = true}},
    {"kiro.body_max_bytes",
     in<&Config::kiro, &Kiro::body_max_bytes>(),
     "Largest request sent to Kiro.",
     {.min = 64 * kKiB, .max = 256 * kMiB, .bytes = true}},
    {"kiro.connect_timeout",
     in<&Config::kiro, &Kiro::connect_timeout>(),
     "Time to connect to Kiro.",
     {.min = kShort, .max = 5 * kMinute}},
    {"kiro.first_event_timeout",
     in<&Config::kiro, &Kiro::first_event_timeout>(),
     "Time until the first event of an answer.",
     {.min = kShort, .max = kHour}},
    {"kiro.idle_timeout",
     in<&Config::kiro, &Kiro::idle_timeout>(),
     "Longest silence inside an answer.",
     {.min = kShort, .max = kHour}},
    {"kiro.total_timeout",
     in<&Config::kiro, &Kiro::total_timeout>(),
     "Longest duration of one answer.",
     {.min = kShort, .max = 24 * kHour}},
    {"kiro.circuit_calls_min",
     in<&Config::kiro, &Kiro::circuit_calls_min>(),
     "Calls to an endpoint within 30 seconds before the share of failures can open its circuit.",
     {.min = 1, .max = 10'000}},
    {"kiro.circuit_failures_percent",
     in<&Config::kiro, &Kiro::circuit_failures_percent>(),
     "Share of failed calls that opens an endpoint's circuit.",
     {.min = 1, .max = 100}},
    {"kiro.circuit_pause",
     in<&Config::kiro, &Kiro::circuit_pause>(),
     "How long an endpoint rests when its circuit opens; doubles up to twelve times itself.",
     {.min = kShort, .max = kHour}},

    {"accounts.refresh_lead",
     in<&Config::accounts, &Accounts::refresh_lead>(),
     "How long before its expiry an access token is refreshed.",
     {.max = 50 * kMinute}},
    {"accounts.models_ttl",
     in<&Config::accounts, &Accounts::models_ttl>(),
     "How long an account's list of models is remembered.",
     {.min = kSecond, .max = 24 * kHour}},
    {"accounts.attempts_max",
     in<&Config::accounts, &Accounts::attempts_max>(),
     "Tries of one request over all accounts and endpoints.",
     {.min = 1, .max = 100}},
    {"accounts.failover_time_max",
     in<&Config::accounts, &Accounts::failover_time_max>(),
     "Time after which a failing request is not moved to another account.",
     {.min = kShort, .max = kHour}},
    {"accounts.hold_back",
     in<&Config::accounts, &Accounts::hold_back>(),
     "How long the beginning of a streamed answer is kept back, so that an early failure can move to another "
     "account unseen; 0 sends it at once.",
     {.max = kMinute}},
    {"accounts.continue_text", in<&Config::accounts, &Accounts::continue_text>(),
     "Has a plain text that breaks off after its client began to read it continued, by another account "
     "if need be, instead of told as failed. The rest is a new answer of the model to the text so far: "
     "the joint is marked in the log. Never after a tool call began."},
    {"accounts.scheduling",
     in<&Config::accounts, &Accounts::scheduling>(),
     "How an account is chosen among those of the lowest priority number: smart by health, load, fair "
     "share and latency, priority always the oldest that can serve, balanced by load alone.",
     {.choices = kSchedulings}},
    {"accounts.concurrency_max",
     in<&Config::accounts, &Accounts::concurrency_max>(),
     "Requests at the same time on an account without a limit of its own; 0 means no limit.",
     {.max = 10'000}},
    {"accounts.requests_per_minute",
     in<&Config::accounts, &Accounts::requests_per_minute>(),
     "Requests sent with an account a minute, for accounts without a limit of their own; 0 means no limit. "
     "While it is reached, requests go to other accounts or wait.",
     {.max = 1'000'000'000}},
    {"accounts.request_burst",
     in<&Config::accounts, &Accounts::request_burst>(),
     "Requests of accounts.requests_per_minute that may come at once; 0 means as many as in a minute.",
     {.max = 1'000'000'000}},
    {"accounts.tokens_per_minute",
     in<&Config::accounts, &Accounts::tokens_per_minute>(),
     "Tokens of an account a minute, of prompts and answers, for accounts without a limit of their own; 0 "
     "means no limit. The request that exceeds it is the last until the excess is made up for.",
     {.max = 1'000'000'000}},
    {"accounts.queue_max",
     in<&Config::accounts, &Accounts::queue_max>(),
     "Requests that wait while every account is at its limit; 0 means that none waits.",
     {.max = 100'000}},
    {"accounts.queue_timeout",
     in<&Config::accounts, &Accounts::queue_timeout>(),
     "How long a request waits for an account before it is refused.",
     {.min = kShort, .max = kHour}},
    {"accounts.sticky_ttl",
     in<&Config::accounts, &Accounts::sticky_ttl>(),
     "How long after its last request a conversation stays with its account; 0s means not at all.",
     {.max = 24 * kHour}},
    {"accounts.usage_ttl",
     in<&Config::accounts, &Accounts::usage_ttl>(),
     "How long Kiro's word on an account's used credits is believed; in between they are counted.",
     {.min = kMinute, .max = 24 * kHour}},
    {"accounts.when_exhausted",
     in<&Config::accounts, &Accounts::when_exhausted>(),
     "An account whose credits are used up rests until they are renewed (stop) or is used until Kiro "
     "refuses (continue).",
     {.choices = kWhenExhausted}},
    {"accounts.quota_margin",
     in<&Config::accounts, &Accounts::quota_margin>(),
     "Credits of an account that when_exhausted = \"stop\" leaves unused.",
     {.max = 1'000'000}},

    {"models.aliases",
     in<&Config::models, &Models::aliases>(),
     "Other names for models, such as { \"gpt-4o\" = \"claude-sonnet-4.5\" }, also written as a "
     "table [models.aliases]; in the environment NAME=MODEL,NAME=MODEL.",
     {.check = check_word, .allowed = "a table of NAME = \"MODEL\""}},
};

constexpr Key kBoundKeys[] = {
    {"limits.head_max_bytes",
     in<&Config::limits, &Limits::head_max_bytes>(),
     "Largest request line and headers.",
     {.min = 1 * kKiB, .max = kMiB, .bytes = true}},
    {"limits.body_max_bytes",
     in<&Config::limits, &Limits::body_max_bytes>(),
     "Largest request body.",
     {.min = kKiB, .max = kGiB, .bytes = true}},
    {"limits.answer_max_bytes",
     in<&Config::limits, &Limits::answer_max_bytes>(),
     "Largest answer held in memory: for a client that does not stream, and for "
     "streamed responses, whose last event repeats the answer.",
     {.min = 64 * kKiB, .max = kGiB, .bytes = true}},
    {"limits.head_timeout",
     in<&Config::limits, &Limits::head_timeout>(),
     "Time in which a request's headers must arrive.",
     {.min = kShort, .max = 5 * kMinute}},
    {"limits.body_timeout",
     in<&Config::limits, &Limits::body_timeout>(),
     "Longest silence inside a request's body.",
     {.min = kShort, .max = kHour}},
    {"limits.keep_alive_timeout",
     in<&Config::limits, &Limits::keep_alive_timeout>(),
     "How long a connection may wait for its next request.",
     {.min = kShort, .max = kHour}},
    {"limits.send_timeout",
     in<&Config::limits, &Limits::send_timeout>(),
     "How long a client may take no bytes of its answer.",
     {.min = kShort, .max = kHour}},
    {"limits.connections_max",
     in<&Config::limits, &Limits::connections_max>(),
     "Open client connections.",
     {.min = 1, .max = 1'000'000}},
    {"limits.streams_max",
     in<&Config::limits, &Limits::streams_max>(),
     "Answers running at the same time; more are refused with status 503.",
     {.min = 1, .max = 1'000'000}},
    {"limits.address_requests_per_minute",
     in<&Config::limits, &Limits::address_requests_per_minute>(),
     "Requests a minute from one client address, whatever their route; 0 means no limit.",
     {.max = 1'000'000}},
    {"limits.address_request_burst",
     in<&Config::limits, &Limits::address_request_burst>(),
     "Requests of one address that may come at once; 0 means as many as in a minute.",
     {.max = 1'000'000}},
    {"limits.write_high_bytes",
     in<&Config::limits, &Limits::write_high_bytes>(),
     "Unsent bytes of a connection at which its source is paused.",
     {.min = 4 * kKiB, .max = 64 * kMiB, .bytes = true}},
    {"limits.write_low_bytes",
     in<&Config::limits, &Limits::write_low_bytes>(),
     "Unsent bytes at which a paused source goes on.",
     {.min = kKiB, .max = 64 * kMiB, .bytes = true}},

    {"log.level",
     in<&Config::log, &Log::level>(),
     "Least serious kind of line that is written.",
     {.choices = kLevels, .seed_env = "LOG_LEVEL"}},
    {"log.format",
     in<&Config::log, &Log::format>(),
     "Lines for people or JSON objects.",
     {.choices = kFormats}},
    {"log.request_rows_max",
     in<&Config::log, &Log::request_rows_max>(),
     "Past requests kept in the database; 0 keeps none.",
     {.max = 10'000'000}},

    {"storage.seal_key",
     in<&Config::storage, &Storage::seal_key>(),
     "Key that seals tokens in the database; without one a key file is created in the state "
     "directory.",
     {.check = check_seal_key, .allowed = "64 hexadecimal digits, as of: openssl rand -hex 32"}},
};

/// In the order of their sections.
constexpr auto kKeys = [] {
    std::array<Key, std::size(kGatewayKeys) + std::size(kFeatureKeys) + std::size(kBoundKeys)> all{};
    auto at = std::copy(std::begin(kGatewayKeys), std::end(kGatewayKeys), all.begin());
    at = std::copy(std::begin(kFeatureKeys), std::end(kFeatureKeys), at);
    std::copy(std::begin(kBoundKeys), std::end(kBoundKeys), at);
    return all;
}();

constexpr bool table_is_sound() {
    std::size_t section = 0;
    for (const Key& key : kKeys) {
        while (section < std::size(kSections) && kSections[section].name != key.section()) ++section;
        if (section == std::size(kSections) || key.help.empty() || key.help.back() != '.') return false;
        if (key.rule.min > key.rule.max) return false;
    }
    return true;
}
static_assert(table_is_sound(), "keys follow the order of the sections and have help and range");

}  // namespace

std::span<const Key> keys() {
    return kKeys;
}
std::span<const Section> sections() {
    return kSections;
}

}  // namespace kg::config
