#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/secret.hpp"

namespace kg::config {

using std::chrono::milliseconds;

/// Plain structs with defaults, one per TOML section. Only cmd and daemon/server read them; every
/// other part declares its own options.
struct Server {
    std::string listen = "127.0.0.1:8000";
    std::int64_t workers = 0;  // 0: one per core
    std::string cors_origins = "*";
    milliseconds drain_timeout{30'000};
    milliseconds ping_interval{15'000};
    bool allow_public_without_key = false;
    std::vector<std::string> trusted_proxies;  // CIDR; whose X-Forwarded-For is believed
    std::string admin_listen;                  // "": the admin API is on `listen`
    std::string metrics = "admin";             // "public", "off"
};
struct Auth {
    Secret proxy_key;                             // also proxy_key_file, PROXY_API_KEY
    Secret admin_password;                        // also admin_password_file, ADMIN_PASSWORD
    std::int64_t requests_per_minute = 0;         // whole gateway, 0 = no limit; RATE_LIMIT_PER_MINUTE
    std::int64_t request_burst = 0;               // 0 = requests_per_minute
    std::int64_t tenant_credentials_max = 1'000;  // cached "key:refresh token" logins
    milliseconds session_idle{12LL * 3'600'000};  // of administrators
    milliseconds session_max{7LL * 24 * 3'600'000};
};
struct Kiro {
    std::vector<std::string> endpoints{"runtime", "q"};
    std::string api_url, management_url, auth_url, oidc_url;
    std::string kiro_version = "0.11.107";
    std::string node_version = "22.22.0";
    std::string os = "linux#6.1.0";
    std::string proxy;
    std::string ca_file;
    bool drop_duplicate_text = false;
    std::int64_t tool_description_max_bytes = 10'000;
    std::int64_t body_max_bytes = 24 << 20;
    milliseconds connect_timeout{10'000};
    milliseconds first_event_timeout{90'000};
    milliseconds idle_timeout{300'000};
    milliseconds total_timeout{3'600'000};
    std::int64_t circuit_calls_min = 20;  // of an endpoint within 30 s
    std::int64_t circuit_failures_percent = 50;
    milliseconds circuit_pause{10'000};  // doubles up to 12 times itself
};
struct Accounts {
    milliseconds refresh_lead{600'000};
    milliseconds models_ttl{300'000};
    std::int64_t attempts_max = 9;  // tries of one request over all accounts
    milliseconds failover_time_max{60'000};
    milliseconds hold_back{0};
    bool continue_text = false;  // after a cut in the middle of a text
    std::string scheduling = "smart";
    std::int64_t concurrency_max = 0;      // of an account without its own, 0 = no limit
    std::int64_t requests_per_minute = 0;  // of an account without its own, 0 = no limit
    std::int64_t request_burst = 0;        // 0 = requests_per_minute
    std::int64_t tokens_per_minute = 0;
    std::int64_t queue_max = 1'000;  // requests that wait while every account is busy
    milliseconds queue_timeout{30'000};
    milliseconds sticky_ttl{0};  // 0 = off
    milliseconds usage_ttl{900'000};
    std::string when_exhausted = "stop";
    std::int64_t quota_margin = 1;  // credits
};
struct Models {
    std::vector<std::pair<std::string, std::string>> aliases;
};
struct Responses {
    std::int64_t kept_per_key = 0;  // 0: none
    milliseconds kept_for{30LL * 24 * 3'600'000};
};

struct Compression {
    bool enabled = true;                  // ENABLE_COMPRESSION
    std::int64_t threshold_percent = 50;  // of the model's window
    std::int64_t keep_messages = 30;
    std::int64_t chunk_tokens = 16'000;
    std::string model = "claude-haiku-4.5";
    milliseconds timeout{90'000};
    milliseconds cache_ttl{24 * 3'600'000};
    std::int64_t cache_memory_max_bytes = 16 << 20;
    std::int64_t cache_store_max_bytes = 64 << 20;
};
struct WebSearch {
    bool enabled = true;
    std::int64_t uses_max = 8;  // in one answer
    milliseconds timeout{20'000};
};
struct Files {
    bool read_pdf = true;
    std::int64_t pdf_max_bytes = 32 << 20;
    std::int64_t pdf_pages_max = 300;
    milliseconds pdf_timeout{15'000};
    bool fetch = false;
    std::int64_t fetch_max_bytes = 10 << 20;
    milliseconds fetch_timeout{15'000};
};
struct Limits {
    std::int64_t head_max_bytes = 32 << 10;
    std::int64_t body_max_bytes = 32 << 20;
    std::int64_t answer_max_bytes = 64 << 20;  // of an answer held in memory
    milliseconds head_timeout{10'000};
    milliseconds body_timeout{30'000};
    milliseconds keep_alive_timeout{75'000};
    milliseconds send_timeout{60'000};
    std::int64_t connections_max = 10'000;
    std::int64_t streams_max = 4'000;
    std::int64_t address_requests_per_minute = 0;  // of one client address, 0 = no limit
    std::int64_t address_request_burst = 0;        // 0 = address_requests_per_minute
    std::int64_t write_high_bytes = 256 << 10;
    std::int64_t write_low_bytes = 64 << 10;
};
struct Hooks {
    Secret url, secret;                // url_file, secret_file
    std::vector<std::string> command;  // a program and its arguments
    milliseconds quiet{3'600'000};
    std::int64_t key_percent = 90;
};
struct Log {
    std::string level = "info";
    std::string format = "text";
    std::int64_t request_rows_max = 100'000;
    milliseconds usage_kept_for{400LL * 24 * 3'600'000};  // by the hour
    std::int64_t audit_rows_max = 100'000;
};
struct Storage {
    Secret seal_key;  // seal_key_file; "" = a generated file in the state directory
};
struct Config {
    Server server;
    Auth auth;
    Kiro kiro;
    Accounts accounts;
    Models models;
    Compression compression;
    Responses responses;
    WebSearch web_search;
    Files files;
    Limits limits;
    Hooks hooks;
    Log log;
    Storage storage;
};

}  // namespace kg::config
