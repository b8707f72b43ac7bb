#include "daemon/options.hpp"

#include "core/kiro/endpoints.hpp"

namespace kg::daemon {
namespace {

std::size_t size(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

}  // namespace

kiro::UpstreamOptions upstream_options(const config::Config& config) {
    const auto& k = config.kiro;
    kiro::UpstreamOptions out;
    out.endpoints.clear();
    for (const auto& name : k.endpoints) {
        if (const auto generation = kiro::parse_generation(name)) out.endpoints.push_back(*generation);
    }
    if (out.endpoints.empty()) out.endpoints.push_back(kiro::Generation::runtime);
    out.api_url = k.api_url;
    out.management_url = k.management_url;
    out.auth_url = k.auth_url;
    out.oidc_url = k.oidc_url;
    out.kiro_version = k.kiro_version;
    out.node_version = k.node_version;
    out.os = k.os;
    out.proxy = k.proxy;
    out.drop_duplicate_text = k.drop_duplicate_text;
    out.tool_description_max_bytes = size(k.tool_description_max_bytes);
    out.body_max_bytes = size(k.body_max_bytes);
    out.connect_timeout = k.connect_timeout;
    out.first_event_timeout = k.first_event_timeout;
    out.idle_timeout = k.idle_timeout;
    out.total_timeout = k.total_timeout;
    return out;
}

hooks::MessengerOptions hook_options(const config::Config& config) {
    return {.url = config.hooks.url.reveal(),
            .secret = config.hooks.secret,
            .command = config.hooks.command,
            .quiet = config.hooks.quiet};
}

fetch::CurlFetcherOptions fetch_options(const config::Config& config) {
    return {.ca_file = config.kiro.ca_file};
}

gateway::Settings settings(const config::Config& config) {
    gateway::Settings out;
    out.aliases = config.models.aliases;
    out.attempts_max = static_cast<unsigned>(config.accounts.attempts_max);
    out.failover_time_max = config.accounts.failover_time_max;
    out.hold_back = config.accounts.hold_back;
    out.continue_text = config.accounts.continue_text;
    out.queue_timeout = config.accounts.queue_timeout;
    out.ping_interval = config.server.ping_interval;
    out.answer_max_bytes = size(config.limits.answer_max_bytes);
    out.streams_max = size(config.limits.streams_max);
    out.responses_kept = size(config.responses.kept_per_key);
    out.responses_kept_for = config.responses.kept_for;
    out.web_search.enabled = config.web_search.enabled;
    out.web_search.uses_max = static_cast<unsigned>(config.web_search.uses_max);
    out.web_search.time_max = config.web_search.timeout;
    const auto& f = config.files;
    if (!f.read_pdf) out.files.pdf_program.clear();
    out.files.pdf_max_bytes = size(f.pdf_max_bytes);
    out.files.pdf_pages_max = static_cast<unsigned>(f.pdf_pages_max);
    out.files.pdf_time_max = f.pdf_timeout;
    out.files.fetch = f.fetch;
    out.files.fetch_max_bytes = size(f.fetch_max_bytes);
    out.files.fetch_time_max = f.fetch_timeout;
    const auto& c = config.compression;
    out.compression.enabled = c.enabled;
    out.compression.threshold_percent = static_cast<unsigned>(c.threshold_percent);
    out.compression.keep_messages = size(c.keep_messages);
    out.compression.chunk_tokens = static_cast<std::uint64_t>(c.chunk_tokens);
    out.compression.model = c.model;
    out.compression.time_max = c.timeout;
    return out;
}

httpd::Limits limits(const config::Config& config) {
    const auto& l = config.limits;
    httpd::Limits out;
    out.head_max_bytes = size(l.head_max_bytes);
    out.body_max_bytes = size(l.body_max_bytes);
    out.head_timeout = l.head_timeout;
    out.body_timeout = l.body_timeout;
    out.keep_alive_timeout = l.keep_alive_timeout;
    out.send_timeout = l.send_timeout;
    out.connections_max = size(l.connections_max);
    out.write_high_bytes = size(l.write_high_bytes);
    out.write_low_bytes = size(l.write_low_bytes);
    return out;
}

Rates rates(const config::Config& config) {
    return {.gateway = {config.auth.requests_per_minute, config.auth.request_burst},
            .address = {config.limits.address_requests_per_minute, config.limits.address_request_burst}};
}

access::TrustedProxies trusted_proxies(const config::Config& config) {
    std::vector<IpNetwork> networks;
    for (const auto& text : config.server.trusted_proxies) {
        if (auto network = IpNetwork::parse(text)) networks.push_back(*network);
    }
    return access::TrustedProxies(std::move(networks));
}

compress::CacheOptions summary_cache_options(const config::Config& config) {
    compress::CacheOptions out;
    out.memory_max_bytes = size(config.compression.cache_memory_max_bytes);
    out.store_max_bytes = static_cast<std::uint64_t>(config.compression.cache_store_max_bytes);
    out.ttl = config.compression.cache_ttl;
    return out;
}

admin::GuardOptions guard_options(const config::Config& config) {
    return {.session_idle = config.auth.session_idle, .session_max = config.auth.session_max};
}

account::PoolOptions pool_options(const config::Config& config) {
    account::PoolOptions out;
    out.refresh_lead = config.accounts.refresh_lead;
    out.scheduling =
        account::parse_scheduling(config.accounts.scheduling).value_or(account::Scheduling::smart);
    out.concurrency_max = static_cast<unsigned>(config.accounts.concurrency_max);
    out.requests = {config.accounts.requests_per_minute, config.accounts.request_burst};
    out.tokens_per_minute = config.accounts.tokens_per_minute;
    out.queue_max = size(config.accounts.queue_max);
    out.sticky_ttl = config.accounts.sticky_ttl;
    out.when_exhausted = config.accounts.when_exhausted == "continue" ? account::WhenExhausted::continue_
                                                                      : account::WhenExhausted::stop;
    out.quota_margin = static_cast<double>(config.accounts.quota_margin);
    auto& circuit = out.endpoint_circuit;
    circuit.calls_min = static_cast<unsigned>(config.kiro.circuit_calls_min);
    circuit.failures_percent = static_cast<unsigned>(config.kiro.circuit_failures_percent);
    circuit.open_first = config.kiro.circuit_pause;
    circuit.open_max = 12 * config.kiro.circuit_pause;
    return out;
}

}  // namespace kg::daemon
