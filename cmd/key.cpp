#include <charconv>
#include <cmath>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/json/writer.hpp"
#include "core/store/ids.hpp"

namespace kg::cmd {
namespace {

Error bad(std::string option, std::string message) {
    return {.kind = ErrorKind::malformed_request, .message = std::move(option) + ": " + std::move(message)};
}

/// Names select keys, so they are unique.
Result<void> check_name(const std::string& name, const store::Key& key, store::Stores& stores) {
    if (!store::valid_account_name(name)) {
        return Err(bad("--name", "use letters, digits, . _ - (at most 64, the first a letter or digit)"));
    }
    KG_TRY(known, stores.keys().list());
    for (const auto& other : known) {
        if (other.name == name && other.id != key.id)
            return Err(bad("--name", name + " is taken by " + other.id + "; choose another"));
    }
    return {};
}

Result<void> apply(const KeyFields& f, store::Key& key, store::Stores& stores, std::int64_t now_ms) {
    if (f.name) {
        KG_CHECK(check_name(*f.name, key, stores));
        key.name = *f.name;
    }
    if (f.any_model) key.allowed_models.clear();
    if (!f.models.empty()) key.allowed_models = f.models;
    if (f.any_account) key.allowed_accounts.clear();
    if (!f.accounts.empty()) {
        key.allowed_accounts.clear();
        for (const auto& selector : f.accounts) {
            KG_TRY(account, select_account(stores, selector));
            key.allowed_accounts.push_back(account.id);
        }
    }
    if (f.credits) {
        double limit = 0;
        const auto end = f.credits->data() + f.credits->size();
        const auto parsed = std::from_chars(f.credits->data(), end, limit);
        if (*f.credits == "none")
            key.credit_limit.reset();
        else if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(limit) || limit < 0)
            return Err(bad("--credits", "use a number of credits, or none"));
        else
            key.credit_limit = limit;
    }
    if (f.expires) {
        std::int64_t at = 0;
        if (*f.expires == "none")
            key.expires_at_ms.reset();
        else if (!parse_time(*f.expires, now_ms, at))
            return Err(
                bad("--expires", "use a date (2027-01-31), a time (2027-01-31T10:00:00Z), 30d, 12h or none"));
        else
            key.expires_at_ms = at;
    }
    if (f.rpm) {
        if (*f.rpm < 0) return Err(bad("--rpm", "use 0 or more"));
        key.requests_per_minute = *f.rpm == 0 ? std::nullopt : std::optional(*f.rpm);
    }
    return {};
}

std::string key_json(const store::Key& k, const Secret* secret = nullptr) {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("id", k.id).member("name", k.name);
    if (secret)
        w.member("key", secret->reveal());
    else
        w.member("key", k.prefix + "..." + k.suffix);
    w.member("enabled", k.enabled);
    w.key("allowed_models").begin_array();
    for (const auto& m : k.allowed_models) w.string(m);
    w.end_array().key("allowed_accounts").begin_array();
    for (const auto& a : k.allowed_accounts) w.string(a);
    w.end_array().key("credit_limit");
    k.credit_limit ? w.number(*k.credit_limit) : w.null();
    w.key("expires_at_ms");
    k.expires_at_ms ? w.integer(*k.expires_at_ms) : w.null();
    w.key("requests_per_minute");
    k.requests_per_minute ? w.integer(*k.requests_per_minute) : w.null();
    w.member("credits_used", k.credits_used)
        .member("requests", k.requests)
        .member("created_at_ms", k.created_at_ms)
        .member("last_used_at_ms", k.last_used_at_ms);
    w.end_object();
    return out;
}

/// Makes the secret of a key and what is kept of it.
Secret mint(store::Key& key, Random& random) {
    Secret secret("kg-" + random.base62(40));
    key.key_hash = sha256(secret.reveal());
    key.prefix = secret.reveal().substr(0, 7);
    key.suffix = secret.reveal().substr(secret.reveal().size() - 4);
    return secret;
}

void show_secret(const store::Key& key, const Secret& secret, bool json) {
    if (json) return print_line(key_json(key, &secret));
    print_line(secret.reveal());
    note("this is the only time the key is shown; id " + key.id);
}

Result<store::Key> select_key(store::Stores& stores, const std::string& selector) {
    KG_TRY(found, stores.keys().select(selector));
    if (!found)
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "no key matches `" + selector + "`; see `kirogate key list`"});
    return std::move(*found);
}

std::string trimmed_number(double value) {
    std::string out;
    json::append_double(out, std::round(value * 100) / 100);
    return out;
}

}  // namespace

Result<ExitCode> run_key_create(const KeyCreateOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    store::Key key;
    key.id = store::new_key_id(context.random());
    key.created_at_ms = to_ms(context.clock().wall());
    if (!options.fields.name) return Err(bad("--name", "a key needs a name, to be told from others"));
    KG_CHECK(apply(options.fields, key, *stores, key.created_at_ms));
    const auto secret = mint(key, context.random());
    KG_CHECK(stores->keys().add(key));
    show_secret(key, secret, options.json);
    return ExitCode::ok;
}

Result<ExitCode> run_key_list(const ListOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(keys, stores->keys().list());
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object().key("keys").begin_array();
        for (const auto& key : keys) w.raw(key_json(key));
        w.end_array().member("total", keys.size()).end_object();
        print_line(out);
        return ExitCode::ok;
    }
    if (keys.empty()) {
        note("no keys yet; make one with `kirogate key create --name NAME`");
        return ExitCode::ok;
    }
    Table table({"ID", "NAME", "KEY", "STATE", "REQUESTS", "CREDITS", "EXPIRES", "LAST USED"});
    const auto now = to_ms(context.clock().wall());
    for (const auto& k : keys) {
        const bool expired = k.expires_at_ms && *k.expires_at_ms <= now;
        table.row(
            {k.id, k.name, k.prefix + "..." + k.suffix,
             !k.enabled ? "disabled"
             : expired  ? "expired"
                        : "ok",
             std::to_string(k.requests),
             trimmed_number(k.credits_used) + (k.credit_limit ? " / " + trimmed_number(*k.credit_limit) : ""),
             format_time(k.expires_at_ms.value_or(0)), format_time(k.last_used_at_ms)});
    }
    print(table.text());
    return ExitCode::ok;
}

Result<ExitCode> run_key_show(const KeySelectOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(key, select_key(*stores, options.key));
    print_line(options.json ? key_json(key) : json::pretty(key_json(key)));
    return ExitCode::ok;
}

Result<ExitCode> run_key_edit(const KeyEditOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(key, select_key(*stores, options.key));
    store::Key wanted = key;
    KG_CHECK(apply(options.fields, wanted, *stores, to_ms(context.clock().wall())));
    if (options.fields.enable) wanted.enabled = true;
    if (options.fields.disable) wanted.enabled = false;
    KG_TRY(changed, stores->keys().update(key.id, [&](store::Key& k) {
        k.name = wanted.name;
        k.enabled = wanted.enabled;
        k.allowed_models = wanted.allowed_models;
        k.allowed_accounts = wanted.allowed_accounts;
        k.credit_limit = wanted.credit_limit;
        k.expires_at_ms = wanted.expires_at_ms;
        k.requests_per_minute = wanted.requests_per_minute;
        return true;
    }));
    if (!changed)
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "the key was revoked meanwhile"});
    print_line("changed " + key.id);
    return ExitCode::ok;
}

Result<ExitCode> run_key_revoke(const KeySelectOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(key, select_key(*stores, options.key));
    if (!options.yes && !stdin_is_terminal())
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "revoking needs --yes when there is no terminal to ask"});
    if (!options.yes) {
        note("type yes to revoke " + key.name + " (" + key.id + "):");
        KG_TRY(answer, read_secret("answer", std::nullopt));
        if (answer.reveal() != "yes")
            return Err(Error{.kind = ErrorKind::malformed_request, .message = "nothing revoked"});
    }
    KG_TRY(removed, stores->keys().remove(key.id));
    if (removed) print_line("revoked " + key.id);
    return ExitCode::ok;
}

Result<ExitCode> run_key_rotate(const KeySelectOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(key, select_key(*stores, options.key));
    store::Key fresh = key;
    const auto secret = mint(fresh, context.random());
    KG_TRY(changed, stores->keys().update(key.id, [&](store::Key& k) {
        k.key_hash = fresh.key_hash;
        k.prefix = fresh.prefix;
        k.suffix = fresh.suffix;
        return true;
    }));
    if (!changed)
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "the key was revoked meanwhile"});
    show_secret(fresh, secret, options.json);
    return ExitCode::ok;
}

}  // namespace kg::cmd
