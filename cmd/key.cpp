#include <cmath>

#include "cmd/commands.hpp"
#include "cmd/key_fields.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/json/writer.hpp"
#include "core/store/ids.hpp"

namespace kg::cmd {
namespace {

/// Makes the secret of a key and what is kept of it.
Secret mint(store::Key& key, Random& random) {
    Secret secret("kg-" + random.base62(40));
    key.key_hash = sha256(secret.reveal());
    key.prefix = secret.reveal().substr(0, 7);
    key.suffix = secret.reveal().substr(secret.reveal().size() - 4);
    return secret;
}

void note_expired(const store::Key& key, std::int64_t now_ms) {
    if (key.expires_at_ms && *key.expires_at_ms <= now_ms)
        note("--expires is in the past: the gateway refuses the key");
}

void show_secret(const store::Key& key, const Secret& secret, bool json) {
    if (json) return print_line(key_json(key, &secret));
    print_line(secret.reveal());
    note("this is the only time the key is shown; id " + key.id);
}

Result<store::Key> select_key(store::Stores& stores, const std::string& selector) {
    KG_TRY(found, stores.keys().select(selector));
    if (!found) {
        // A key itself is not repeated: terminals and logs of scripts would keep it.
        const bool secret = selector.starts_with("kg-") && selector.size() >= 20;
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = (secret ? "give the name or the id of a key, never the key itself"
                                            : "no key matches `" + selector + "`") +
                                    std::string("; see `kirogate key list`")});
    }
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
    if (!options.fields.name) {
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "--name: a key needs a name, to be told from others"});
    }
    KG_CHECK(apply_key_fields(options.fields, key, *stores, key.created_at_ms));
    const auto secret = mint(key, context.random());
    KG_CHECK(stores->keys().add(key));
    note_unknown_models(options.fields);
    note_expired(key, key.created_at_ms);
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
    KG_TRY(zone, TimeZone::find(key.time_zone));
    PeriodUse use;
    for (const Period period : {Period::day, Period::week, Period::month}) {
        const auto begin = zone.around(period, context.clock().wall()).begin;
        KG_TRY(used, stores->usage().key_use(key.id, to_ms(begin)));
        use[static_cast<std::size_t>(period)] = used;
    }
    const auto text = key_json(key, nullptr, &use);
    print_line(options.json ? text : json::pretty(text));
    return ExitCode::ok;
}

Result<ExitCode> run_key_edit(const KeyEditOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(key, select_key(*stores, options.key));
    store::Key wanted = key;
    KG_CHECK(apply_key_fields(options.fields, wanted, *stores, to_ms(context.clock().wall())));
    if (options.fields.enable) wanted.enabled = true;
    if (options.fields.disable) wanted.enabled = false;
    if (wanted == key) {
        print_line("unchanged " + key.id);
        return ExitCode::ok;
    }
    KG_TRY(changed, stores->keys().update(key.id, [&](store::Key& k) {
        // Its counters go on while it is edited, and a rotation may have come between.
        auto edited = wanted;
        edited.key_hash = k.key_hash;
        edited.prefix = k.prefix;
        edited.suffix = k.suffix;
        edited.old_key_hash = k.old_key_hash;
        edited.old_key_until_ms = k.old_key_until_ms;
        edited.last_used_at_ms = k.last_used_at_ms;
        edited.credits_used = k.credits_used;
        edited.tokens_used = k.tokens_used;
        edited.requests = k.requests;
        k = std::move(edited);
        return true;
    }));
    if (!changed)
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "the key was revoked meanwhile"});
    note_unknown_models(options.fields);
    if (options.fields.expires) note_expired(wanted, to_ms(context.clock().wall()));
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

Result<ExitCode> run_key_rotate(const KeyRotateOptions& options, Context& context) {
    const auto now = to_ms(context.clock().wall());
    std::int64_t overlap_until = 0;
    if (options.overlap && (!parse_time(*options.overlap, now, overlap_until) || overlap_until <= now)) {
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "--overlap: use a time such as 24h or 7d, or a date to come"});
    }
    KG_TRY(stores, context.stores());
    KG_TRY(key, select_key(*stores, options.key));
    store::Key fresh = key;
    const auto secret = mint(fresh, context.random());
    fresh.old_key_until_ms = overlap_until;
    KG_TRY(changed, stores->keys().update(key.id, [&](store::Key& k) {
        k.old_key_hash = overlap_until > 0 ? k.key_hash : Sha256{};
        k.old_key_until_ms = overlap_until;
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
