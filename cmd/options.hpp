#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What each command was asked to do; filled by the parser, read by the command.
namespace kg::cmd {

struct GlobalOptions {
    std::optional<std::string> config, state_dir;
};
struct ServeOptions {
    bool demo = false, check = false;
    std::optional<std::string> listen, workers, web_root;
};
struct ChatOptions {
    std::string model = "claude-sonnet-4.5";
    std::string system;
    std::optional<std::string> server, key_file;
    std::vector<std::string> images, files, prompt;
    std::optional<std::string> thinking;  // "" = default effort
    std::optional<std::uint32_t> max_tokens;
    bool no_stream = false, json = false, jsonl = false;
};
struct AccountFields {
    std::optional<std::string> name, auth_method, provider, region, api_region, client_id, client_secret_file,
        token_endpoint, scopes, start_url, profile_arn, proxy, note, token_file;
    std::optional<std::int64_t> priority, weight, max_concurrency;
    std::optional<std::string> rpm, burst, tpm;  // a number or "default"
    std::vector<std::string> groups;             // the single word `none`: in no group
};
struct AccountAddOptions {
    AccountFields fields;
    bool json = false;
};
struct AccountEditOptions {
    std::string account;
    AccountFields fields;
    bool reset = false;
};
struct AccountSelectOptions {
    std::vector<std::string> accounts;
    bool json = false, yes = false;
};
struct AccountUsageOptions {
    AccountSelectOptions select;
    bool cached = false;
};
struct AccountExportOptions {
    std::vector<std::string> accounts;
    std::string format = "kirogate";
    std::optional<std::string> output;
    bool with_secrets = false;
};
struct AccountImportOptions {
    std::optional<std::string> file, from, login;
    std::string mode = "copy", on_duplicate = "update";
    bool dry_run = false, verify = false, json = false;
};
struct KeyFields {
    std::optional<std::string> name, expires;
    std::vector<std::string> models, denied_models, accounts, groups, networks;
    std::optional<std::string> credits, tokens;        // a number or "none"
    std::vector<std::string> credits_per, tokens_per;  // "day=10", "month=none"
    std::optional<std::string> zone, system_prepend, system_append, thinking, compression, web_search;
    std::optional<std::int64_t> rpm, burst, tpm, streams;
    bool enable = false, disable = false, any_model = false, any_account = false;
    bool strict = false, no_strict = false;
};
struct KeyCreateOptions {
    KeyFields fields;
    bool json = false;
};
struct KeyEditOptions {
    std::string key;
    KeyFields fields;
};
struct KeySelectOptions {
    std::string key;
    bool json = false, yes = false;
};
struct KeyRotateOptions {
    std::string key;
    std::optional<std::string> overlap;
    bool json = false;
};
struct ListOptions {
    bool json = false;
};
struct StatusOptions {
    std::optional<std::string> server;
    bool json = false;
};
struct ConfigInitOptions {
    std::optional<std::string> path;
    bool force = false;
};

}  // namespace kg::cmd
