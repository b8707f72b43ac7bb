#pragma once

#include <string>

#include "core/base/seal.hpp"
#include "core/store/records.hpp"

/// Records with every field filled, so that a store that forgets one is found out.
namespace kg::test {

inline Sealer test_sealer(char fill = 'k') {
    return Sealer::from_key(std::string(32, fill));
}

inline store::Account full_account(const std::string& id, const std::string& name = "") {
    store::Account a;
    a.id = id;
    a.name = name;
    a.email = id + "@example.com";
    a.auth_method = "idc";
    a.provider = "BuilderId";
    a.access_token = Secret("access-of-" + id);
    a.refresh_token = Secret("refresh-of-" + id);
    a.client_id = "client-of-" + id;
    a.client_secret = Secret("client-secret-of-" + id);
    a.api_key = Secret("api-key-of-" + id);
    a.token_endpoint = "https://idp.example.com/token";
    a.scopes = "a b c";
    a.start_url = "https://start.example.com";
    a.auth_region = "eu-central-1";
    a.api_region = "us-west-2";
    a.profile_arn = "arn:aws:codewhisperer:us-east-1:1:profile/P";
    a.machine_id = "machine-of-" + id;
    a.proxy = "http://user:proxy-password@proxy.example.com:3128";
    a.note = "a note, with \"quotes\" and caf\xc3\xa9";
    a.source = "import:/tmp/x.json";
    a.follow_path = "/home/u/.aws/sso/cache/kiro-auth-token.json";
    a.groups = {"team-a", "nightly"};
    a.tags = {"primary"};
    a.quota = {.limit = 1000.5,
               .used = 999.25,
               .resets_at_ms = 1'700'000'000'008,
               .told_at_ms = 7,
               .plan = "KIRO PRO"};
    a.expires_at_ms = 1'700'000'000'001;
    a.priority = -5;
    a.weight = 7;
    a.max_concurrency = 3;
    a.requests_per_minute = 90;
    a.request_burst = 30;
    a.tokens_per_minute = 0;
    a.health = 55;
    a.health_at_ms = 1'700'000'000'007;
    a.enabled = false;
    a.state = "cooling";
    a.state_reason = "throttled";
    a.state_since_ms = 1'700'000'000'002;
    a.state_until_ms = 1'700'000'000'003;
    a.created_at_ms = 1'700'000'000'004;
    a.last_used_at_ms = 1'700'000'000'005;
    a.last_refreshed_at_ms = 1'700'000'000'006;
    a.token_generation = 41;
    return a;
}

inline bool same(const store::Account& a, const store::Account& b) {
    return a.id == b.id && a.name == b.name && a.email == b.email && a.auth_method == b.auth_method &&
           a.provider == b.provider && a.access_token == b.access_token &&
           a.refresh_token == b.refresh_token && a.client_id == b.client_id &&
           a.client_secret == b.client_secret && a.api_key == b.api_key &&
           a.token_endpoint == b.token_endpoint && a.scopes == b.scopes && a.start_url == b.start_url &&
           a.auth_region == b.auth_region && a.api_region == b.api_region && a.profile_arn == b.profile_arn &&
           a.machine_id == b.machine_id && a.proxy == b.proxy && a.note == b.note && a.source == b.source &&
           a.follow_path == b.follow_path && a.groups == b.groups && a.tags == b.tags && a.quota == b.quota &&
           a.expires_at_ms == b.expires_at_ms && a.priority == b.priority && a.weight == b.weight &&
           a.max_concurrency == b.max_concurrency && a.requests_per_minute == b.requests_per_minute &&
           a.request_burst == b.request_burst && a.tokens_per_minute == b.tokens_per_minute &&
           a.health == b.health && a.health_at_ms == b.health_at_ms && a.enabled == b.enabled &&
           a.state == b.state && a.state_reason == b.state_reason && a.state_since_ms == b.state_since_ms &&
           a.state_until_ms == b.state_until_ms && a.created_at_ms == b.created_at_ms &&
           a.last_used_at_ms == b.last_used_at_ms && a.last_refreshed_at_ms == b.last_refreshed_at_ms &&
           a.token_generation == b.token_generation;
}

inline store::Key full_key(const std::string& id, const std::string& text) {
    store::Key k;
    k.id = id;
    k.name = "name of " + id;
    k.key_hash = sha256(text);
    k.prefix = text.substr(0, 7);
    k.suffix = text.size() > 4 ? text.substr(text.size() - 4) : "";
    k.enabled = false;
    k.allowed_models = {"claude-*", "with-\"quotes\",commas"};
    k.denied_models = {"*-opus-?"};
    k.allowed_accounts = {"acc_one", "with \"quotes\", commas\nand lines"};
    k.allowed_groups = {"team-a", "nightly"};
    k.allowed_networks = {"10.0.0.0/8", "2001:db8::1"};
    k.token_limit = 1'000'000;
    k.quotas = {{{0.5, 100}, {2.5, std::nullopt}, {std::nullopt, 0}}};
    k.time_zone = "Europe/Berlin";
    k.request_burst = 5;
    k.tokens_per_minute = 1'000;
    k.streams_max = 2;
    k.system_prepend = "before\n";
    k.system_append = "after";
    k.thinking = "high";
    k.compression = "65";
    k.web_search = "off";
    k.strict = true;
    k.old_key_hash = sha256("before " + text);
    k.old_key_until_ms = 1'700'000'000'002;
    k.tokens_used = 7;
    k.credit_limit = 0.0;
    k.expires_at_ms = 1'800'000'000'000;
    k.requests_per_minute = 60;
    k.created_at_ms = 1'700'000'000'000;
    k.last_used_at_ms = 1'700'000'000'001;
    k.credits_used = 1.25;
    k.requests = 3;
    return k;
}

inline bool same(const store::Key& a, const store::Key& b) {
    return a.id == b.id && a.name == b.name && a.key_hash == b.key_hash && a.prefix == b.prefix &&
           a.suffix == b.suffix && a.enabled == b.enabled && a.allowed_models == b.allowed_models &&
           a.allowed_accounts == b.allowed_accounts && a.allowed_groups == b.allowed_groups &&
           a.credit_limit == b.credit_limit && a.expires_at_ms == b.expires_at_ms &&
           a.requests_per_minute == b.requests_per_minute && a.denied_models == b.denied_models &&
           a.allowed_networks == b.allowed_networks && a.token_limit == b.token_limit &&
           a.quotas == b.quotas && a.time_zone == b.time_zone && a.request_burst == b.request_burst &&
           a.tokens_per_minute == b.tokens_per_minute && a.streams_max == b.streams_max &&
           a.system_prepend == b.system_prepend && a.system_append == b.system_append &&
           a.thinking == b.thinking && a.compression == b.compression && a.web_search == b.web_search &&
           a.strict == b.strict && a.old_key_hash == b.old_key_hash &&
           a.old_key_until_ms == b.old_key_until_ms && a.created_at_ms == b.created_at_ms &&
           a.last_used_at_ms == b.last_used_at_ms && a.credits_used == b.credits_used &&
           a.tokens_used == b.tokens_used && a.requests == b.requests;
}

inline store::RequestRecord full_record(const std::string& request_id) {
    store::RequestRecord r;
    r.request_id = request_id;
    r.started_at_ms = 1'800'000'000'123;  // day 20833
    r.dialect = "openai";
    r.model = "claude-sonnet";
    r.wire_model = "CLAUDE_SONNET";
    r.account_id = "acc_one";
    r.key_id = "key_one";
    r.stream = true;
    r.status = 200;
    r.first_event_ms = 12;
    r.total_ms = 345;
    r.attempts = 2;
    r.input_tokens = 100;
    r.output_tokens = 20;
    r.cache_read_tokens = 3;
    r.cache_write_tokens = 4;
    r.credits = 0.5;
    return r;
}

inline bool same(const store::RequestRecord& a, const store::RequestRecord& b) {
    return a.request_id == b.request_id && a.started_at_ms == b.started_at_ms && a.dialect == b.dialect &&
           a.model == b.model && a.wire_model == b.wire_model && a.account_id == b.account_id &&
           a.key_id == b.key_id && a.stream == b.stream && a.status == b.status && a.error == b.error &&
           a.first_event_ms == b.first_event_ms && a.total_ms == b.total_ms && a.attempts == b.attempts &&
           a.input_tokens == b.input_tokens && a.output_tokens == b.output_tokens &&
           a.cache_read_tokens == b.cache_read_tokens && a.cache_write_tokens == b.cache_write_tokens &&
           a.credits == b.credits;
}

}  // namespace kg::test
