#include "cmd/key_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "cmd/account_fields.hpp"
#include "cmd/output.hpp"
#include "core/base/ascii.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/models.hpp"
#include "core/store/ids.hpp"
#include "core/store/rules.hpp"

namespace kg::cmd {
namespace {

Error bad(std::string_view option, std::string_view message) {
    std::string text(option);
    text.append(": ").append(message);
    return {.kind = ErrorKind::malformed_request, .message = std::move(text)};
}

/// Which option a field of the record is; the store's rules speak of fields.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kOptions{{
    {"allowed_groups", "--allow-group"},
    {"allowed_models", "--model"},
    {"denied_models", "--deny-model"},
    {"allowed_networks", "--allow-ip"},
    {"credit_limit", "--credits"},
    {"token_limit", "--tokens"},
    {"credits_per_day", "--credits-per day"},
    {"credits_per_week", "--credits-per week"},
    {"credits_per_month", "--credits-per month"},
    {"tokens_per_day", "--tokens-per day"},
    {"tokens_per_week", "--tokens-per week"},
    {"tokens_per_month", "--tokens-per month"},
    {"time_zone", "--zone"},
    {"request_burst", "--burst"},
    {"tokens_per_minute", "--tpm"},
    {"streams_max", "--streams"},
    {"system_prepend", "--system-prepend"},
    {"system_append", "--system-append"},
}};

Error as_option(Error error) {
    std::string option = error.param == "requests_per_minute" ? "--rpm" : "--" + error.param;
    for (const auto& [field, name] : kOptions) {
        if (field == error.param) option = name;
    }
    const auto colon = error.message.find(": ");
    return bad(option, colon == error.message.npos ? error.message : error.message.substr(colon + 2));
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

template <class T>
bool parse(std::string_view text, std::optional<T>& out) {
    if (text == "none") {
        out.reset();
        return true;
    }
    T value{};
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || value < 0) return false;
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) return false;
    }
    out = value;
    return true;
}

/// "day=10", "month=none"
template <class T>
Result<void> apply_periods(std::string_view option, std::string_view what,
                           const std::vector<std::string>& items, std::optional<T> store::Quota::*member,
                           store::Key& key) {
    for (const auto& item : items) {
        const auto equals = item.find('=');
        const auto name = item.substr(0, equals);
        bool understood = false;
        for (const Period period : {Period::day, Period::week, Period::month}) {
            if (equals == item.npos || name != period_name(period)) continue;
            understood = parse(std::string_view(item).substr(equals + 1), key.quota(period).*member);
        }
        if (!understood) {
            return Err(bad(
                option, "use day=N, week=N or month=N with a number of " + std::string(what) + ", or none"));
        }
    }
    return {};
}

/// Replaces a list; the single word `none` empties it.
void replace(const std::vector<std::string>& wanted, std::vector<std::string>& list) {
    if (wanted.empty()) return;
    list = wanted.size() == 1 && wanted.front() == "none" ? std::vector<std::string>() : wanted;
}

Result<void> apply_rate(std::string_view option, std::optional<std::int64_t> wanted,
                        std::optional<std::int64_t>& out) {
    if (!wanted) return {};
    if (*wanted < 0) return Err(bad(option, "use 0 or more"));
    out = *wanted == 0 ? std::nullopt : wanted;
    return {};
}

/// A group is there when an account is in it.
Result<void> check_groups_exist(const std::vector<std::string>& groups, store::Stores& stores) {
    KG_TRY(accounts, stores.accounts().list());
    for (const auto& group : groups) {
        const bool known = std::ranges::any_of(accounts, [&](const store::Account& a) {
            return std::ranges::find(a.groups, group) != a.groups.end();
        });
        if (!known)
            return Err(Error{
                .kind = ErrorKind::malformed_request,
                .message = "no account is in group `" + group + "`; see `kirogate account list --json`"});
    }
    return {};
}

Result<void> apply_lists(const KeyFields& f, store::Key& key, store::Stores& stores) {
    if (f.any_model) key.allowed_models.clear();
    if (!f.models.empty()) key.allowed_models = f.models;
    replace(f.denied_models, key.denied_models);
    replace(f.networks, key.allowed_networks);
    if (f.any_account) {
        key.allowed_accounts.clear();
        key.allowed_groups.clear();
    }
    if (!f.groups.empty()) {
        KG_CHECK(check_groups_exist(f.groups, stores));
        key.allowed_groups = f.groups;
    }
    if (f.accounts.empty()) return {};
    key.allowed_accounts.clear();
    for (const auto& selector : f.accounts) {
        KG_TRY(account, select_account(stores, selector));
        key.allowed_accounts.push_back(account.id);
    }
    return {};
}

Result<void> apply_limits(const KeyFields& f, store::Key& key, std::int64_t now_ms) {
    if (f.credits && !parse(*f.credits, key.credit_limit))
        return Err(bad("--credits", "use a number of credits, or none"));
    if (f.tokens && !parse(*f.tokens, key.token_limit))
        return Err(bad("--tokens", "use a number of tokens, or none"));
    KG_CHECK(apply_periods("--credits-per", "credits", f.credits_per, &store::Quota::credits, key));
    KG_CHECK(apply_periods("--tokens-per", "tokens", f.tokens_per, &store::Quota::tokens, key));
    if (f.zone) key.time_zone = *f.zone == "UTC" ? "" : *f.zone;
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
    KG_CHECK(apply_rate("--rpm", f.rpm, key.requests_per_minute));
    if (!key.requests_per_minute && !f.burst) key.request_burst.reset();
    KG_CHECK(apply_rate("--burst", f.burst, key.request_burst));
    KG_CHECK(apply_rate("--tpm", f.tpm, key.tokens_per_minute));
    return apply_rate("--streams", f.streams, key.streams_max);
}

void write_list(json::Writer& w, std::string_view name, const std::vector<std::string>& items) {
    w.key(name).begin_array();
    for (const auto& item : items) w.string(item);
    w.end_array();
}

void write_number(json::Writer& w, std::string_view name, std::optional<std::int64_t> value) {
    w.key(name);
    value ? w.integer(*value) : w.null();
}

void write_number(json::Writer& w, std::string_view name, std::optional<double> value) {
    w.key(name);
    value ? w.number(*value) : w.null();
}

void write_limits(json::Writer& w, const store::Key& k) {
    write_number(w, "credit_limit", k.credit_limit);
    write_number(w, "token_limit", k.token_limit);
    w.key("credits_per").begin_object();
    for (const Period p : {Period::day, Period::week, Period::month})
        write_number(w, period_name(p), k.quota(p).credits);
    w.end_object().key("tokens_per").begin_object();
    for (const Period p : {Period::day, Period::week, Period::month})
        write_number(w, period_name(p), k.quota(p).tokens);
    w.end_object();
    w.member("time_zone", k.time_zone.empty() ? std::string_view("UTC") : std::string_view(k.time_zone));
    write_number(w, "expires_at_ms", k.expires_at_ms);
    write_number(w, "requests_per_minute", k.requests_per_minute);
    write_number(w, "request_burst", k.request_burst);
    write_number(w, "tokens_per_minute", k.tokens_per_minute);
    write_number(w, "streams_max", k.streams_max);
}

void write_use(json::Writer& w, const PeriodUse& use) {
    w.key("credits_used_per").begin_object();
    for (const Period p : {Period::day, Period::week, Period::month})
        w.member(period_name(p), use[static_cast<std::size_t>(p)].credits);
    w.end_object().key("tokens_used_per").begin_object();
    for (const Period p : {Period::day, Period::week, Period::month})
        w.member(period_name(p), use[static_cast<std::size_t>(p)].tokens);
    w.end_object();
}

}  // namespace

Result<void> apply_key_fields(const KeyFields& f, store::Key& key, store::Stores& stores,
                              std::int64_t now_ms) {
    if (f.name) {
        KG_CHECK(check_name(*f.name, key, stores));
        key.name = *f.name;
    }
    KG_CHECK(apply_lists(f, key, stores));
    KG_CHECK(apply_limits(f, key, now_ms));
    for (const auto& [wanted, text] :
         {std::pair(&f.system_prepend, &key.system_prepend), std::pair(&f.system_append, &key.system_append),
          std::pair(&f.thinking, &key.thinking), std::pair(&f.compression, &key.compression),
          std::pair(&f.web_search, &key.web_search)}) {
        if (*wanted) *text = **wanted == "none" ? "" : **wanted;
    }
    if (f.strict) key.strict = true;
    if (f.no_strict) key.strict = false;
    if (auto sound = store::check_key(key); !sound) return Err(as_option(std::move(sound).error()));
    return {};
}

void note_unknown_models(const KeyFields& fields) {
    for (const auto* patterns : {&fields.models, &fields.denied_models}) {
        for (const auto& pattern : *patterns) {
            const bool known = std::ranges::any_of(kiro::builtin_models(), [&](const kiro::Model& model) {
                return ascii::matches_pattern(model.info.id, pattern) ||
                       ascii::matches_pattern(kiro::public_name(model.info.id), pattern);
            });
            if (!known && pattern != "none") note("no model known today matches `" + pattern + "`");
        }
    }
}

std::string key_json(const store::Key& k, const Secret* secret, const PeriodUse* use) {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("id", k.id).member("name", k.name);
    if (secret)
        w.member("key", secret->reveal());
    else
        w.member("key", k.prefix + "..." + k.suffix);
    w.member("enabled", k.enabled);
    write_list(w, "allowed_models", k.allowed_models);
    write_list(w, "denied_models", k.denied_models);
    write_list(w, "allowed_accounts", k.allowed_accounts);
    write_list(w, "allowed_groups", k.allowed_groups);
    write_list(w, "allowed_networks", k.allowed_networks);
    write_limits(w, k);
    w.member("system_prepend", k.system_prepend).member("system_append", k.system_append).key("thinking");
    k.thinking.empty() ? w.null() : w.string(k.thinking);
    w.key("compression");
    k.compression.empty() ? w.null() : w.string(k.compression);
    w.key("web_search");
    k.web_search.empty() ? w.null() : w.string(k.web_search);
    w.member("strict", k.strict).member("old_key_until_ms", k.old_key_until_ms);
    w.member("credits_used", k.credits_used).member("tokens_used", k.tokens_used);
    if (use) write_use(w, *use);
    w.member("requests", k.requests)
        .member("created_at_ms", k.created_at_ms)
        .member("last_used_at_ms", k.last_used_at_ms);
    w.end_object();
    return out;
}

}  // namespace kg::cmd
