#include <algorithm>
#include <functional>

#include "core/base/ascii.hpp"
#include "core/store/ids.hpp"
#include "core/store/rules.hpp"
#include "daemon/admin/fields.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin::verbs {
namespace {

constexpr std::int64_t kMost = 1'000'000'000'000'000;
constexpr std::int64_t kTimeMost = 253'402'300'799'000;  // the end of the year 9999

/// What a body says of a key.
class KeyEdit {
  public:
    static Result<KeyEdit, Failure> read(json::Node body, bool fresh);
    void apply(store::Key& key) const {
        for (const auto& change : changes_) change(key);
    }
    std::string summary(json::Node body) const;
    bool binds_accounts() const { return binds_accounts_; }
    bool binds_groups() const { return binds_groups_; }

  private:
    using Change = std::function<void(store::Key&)>;
    template <class T>
    void set(const std::optional<T>& value, T store::Key::*member) {
        if (value) changes_.push_back([value = *value, member](store::Key& key) { key.*member = value; });
    }
    void read_periods(Fields& fields);

    std::vector<Change> changes_;
    bool binds_accounts_ = false, binds_groups_ = false;
};

void KeyEdit::read_periods(Fields& fields) {
    struct Row {
        Period period;
        std::string_view credits, tokens;
    };
    constexpr Row kRows[] = {{Period::day, "creditsPerDay", "tokensPerDay"},
                             {Period::week, "creditsPerWeek", "tokensPerWeek"},
                             {Period::month, "creditsPerMonth", "tokensPerMonth"}};
    for (const auto& row : kRows) {
        if (const auto credits = fields.number_or_null(row.credits)) {
            changes_.push_back([period = row.period, credits = *credits](store::Key& key) {
                key.quota(period).credits = credits;
            });
        }
        if (const auto tokens = fields.integer_or_null(row.tokens, 0, kMost)) {
            changes_.push_back([period = row.period, tokens = *tokens](store::Key& key) {
                key.quota(period).tokens = tokens;
            });
        }
    }
}

Result<KeyEdit, Failure> KeyEdit::read(json::Node body, bool fresh) {
    KeyEdit e;
    Fields f(body);
    const auto name = f.text("name", 64);
    if (name && !store::valid_account_name(*name))
        f.refuse("name", "use letters, digits, . _ - (at most 64, the first a letter or digit)");
    if (fresh && !name && f.sound()) f.refuse("name", "field required: a key is told from others by it");
    e.set(name, &store::Key::name);
    e.set(f.flag("enabled"), &store::Key::enabled);
    e.set(f.number_or_null("creditLimit"), &store::Key::credit_limit);
    e.set(f.integer_or_null("tokenLimit", 0, kMost), &store::Key::token_limit);
    e.set(f.texts("allowedModels"), &store::Key::allowed_models);
    e.set(f.texts("deniedModels"), &store::Key::denied_models);
    const auto accounts = f.texts("allowedAccountIds"), groups = f.texts("allowedGroups");
    e.binds_accounts_ = accounts && !accounts->empty();
    e.binds_groups_ = groups && !groups->empty();
    e.set(accounts, &store::Key::allowed_accounts);
    e.set(groups, &store::Key::allowed_groups);
    e.set(f.texts("allowedNetworks"), &store::Key::allowed_networks);
    e.read_periods(f);
    if (auto zone = f.text("timeZone", 64)) {
        if (*zone == "UTC") zone->clear();
        e.set(zone, &store::Key::time_zone);
    }
    e.set(f.integer_or_null("expiresAt", 1, kTimeMost), &store::Key::expires_at_ms);
    e.set(f.integer_or_null("requestsPerMinute", 0, 1'000'000'000), &store::Key::requests_per_minute);
    e.set(f.integer_or_null("requestBurst", 1, 1'000'000'000), &store::Key::request_burst);
    e.set(f.integer_or_null("tokensPerMinute", 1, 1'000'000'000), &store::Key::tokens_per_minute);
    e.set(f.integer_or_null("streamsMax", 1, 1'000'000'000), &store::Key::streams_max);
    e.set(f.text("systemPrepend", 64u << 10), &store::Key::system_prepend);
    e.set(f.text("systemAppend", 64u << 10), &store::Key::system_append);
    for (const auto& [field, member] :
         {std::pair{"thinking", &store::Key::thinking}, std::pair{"compression", &store::Key::compression},
          std::pair{"webSearch", &store::Key::web_search}}) {
        if (f.is_null(field))
            e.set(std::optional(std::string()), member);
        else
            e.set(f.text(field, 16), member);
    }
    e.set(f.flag("strict"), &store::Key::strict);
    KG_CHECK(f.finish());
    return e;
}

std::string KeyEdit::summary(json::Node body) const {
    std::string out;
    json::Writer w(out);
    w.begin_object();
    for (const auto member : body.children()) {
        // Prompts are long and private.
        if (member.key().starts_with("system"))
            w.member(member.key(), "(set)");
        else
            w.key(member.key()).raw(member.raw());
    }
    w.end_object();
    return out;
}

Result<store::Key, Failure> find_key(store::Stores& stores, const std::string& selector) {
    KG_ASK(found, stores.keys().select(selector));
    if (!found) return Err(not_found("key"));
    return std::move(*found);
}

/// A name is one key's, and what an edit binds a key to must be there. What it was bound to before may be
/// gone meanwhile: that is no reason to refuse another edit.
Result<void, Failure> check_references(const store::Key& key, const KeyEdit& edit, store::Stores& stores) {
    KG_ASK(keys, stores.keys().list());
    for (const auto& other : keys) {
        if (other.name == key.name && other.id != key.id)
            return Err(conflict("name", "there is already a key of this name: " + other.id));
    }
    if (!edit.binds_accounts() && !edit.binds_groups()) return {};
    KG_ASK(accounts, stores.accounts().list());
    for (std::size_t i = 0; edit.binds_accounts() && i < key.allowed_accounts.size(); ++i) {
        if (std::ranges::find(accounts, key.allowed_accounts[i], &store::Account::id) == accounts.end())
            return Err(invalid("allowedAccountIds[" + std::to_string(i) + "]", "there is no such account"));
    }
    for (std::size_t i = 0; edit.binds_groups() && i < key.allowed_groups.size(); ++i) {
        const bool known = std::ranges::any_of(accounts, [&](const store::Account& a) {
            return std::ranges::find(a.groups, key.allowed_groups[i]) != a.groups.end();
        });
        if (!known)
            return Err(invalid("allowedGroups[" + std::to_string(i) + "]", "no account is in this group"));
    }
    return {};
}

Secret mint(store::Key& key, Random& random) {
    Secret secret("kg-" + random.base62(40));
    key.key_hash = sha256(secret.reveal());
    key.prefix = secret.reveal().substr(0, 7);
    key.suffix = secret.reveal().substr(secret.reveal().size() - 4);
    return secret;
}

/// The one time that a key is shown.
http::Response show_once(int status, const store::Key& key, const Secret& secret) {
    std::string body;
    json::Writer w(body);
    w.begin_object().member("success", true).member("id", key.id).member("key", secret.reveal());
    w.member("name", key.name).key("record");
    write_key(w, key);
    w.end_object();
    auto response = json_response(status, std::move(body));
    response.headers.add("etag", etag_of(key));
    return response;
}

}  // namespace

Reply list_keys(Call& call, store::Stores& stores) {
    KG_TRY(limit, query_number(call.query, "limit", 1'000, 1, 1'000));
    KG_TRY(from, query_number(call.query, "cursor", 0, 0, 1'000'000));
    const auto q = query_text(call.query, "q");
    KG_ASK(keys, stores.keys().list());
    std::erase_if(keys, [&](const store::Key& key) {
        return !q.empty() && !ascii::contains_ignoring_case(key.name, q) && !key.id.starts_with(q);
    });
    const auto begin = std::min(static_cast<std::size_t>(from), keys.size());
    const auto end = std::min(begin + static_cast<std::size_t>(limit), keys.size());
    std::string body;
    json::Writer w(body);
    w.begin_object().key("keys").begin_array();
    for (auto i = begin; i < end; ++i) write_key(w, keys[i]);
    w.end_array().member("total", keys.size()).key("next");
    end < keys.size() ? w.string(std::to_string(end)) : w.null();
    w.end_object();
    return json_response(200, std::move(body));
}

Reply show_key(Call& call, store::Stores& stores) {
    KG_TRY(key, find_key(stores, call.id));
    std::string body;
    json::Writer w(body);
    write_key(w, key);
    auto response = json_response(200, std::move(body));
    response.headers.add("etag", etag_of(key));
    return response;
}

Reply create_key(Call& call, store::Stores& stores) {
    auto& parts = call.office.parts();
    KG_TRY(edit, KeyEdit::read(call.body(), true));
    store::Key key;
    key.id = store::new_key_id(parts.random);
    key.created_at_ms = to_ms(parts.clock.wall());
    edit.apply(key);
    if (auto sound = store::check_key(key); !sound) return Err(failure_of(sound.error()));
    KG_CHECK(check_references(key, edit, stores));
    const auto secret = mint(key, parts.random);
    if (auto added = stores.keys().add(key); !added) return Err(failure_of(std::move(added).error()));
    parts.changed();
    call.did("key.create", key.id, edit.summary(call.body()));
    auto response = show_once(201, key, secret);
    response.headers.add("location", "/api/keys/" + key.id);
    return response;
}

Reply edit_key(Call& call, store::Stores& stores) {
    KG_TRY(edit, KeyEdit::read(call.body(), false));
    KG_TRY(found, find_key(stores, call.id));
    auto trial = found;
    edit.apply(trial);
    if (auto sound = store::check_key(trial); !sound) return Err(failure_of(sound.error()));
    KG_CHECK(check_references(trial, edit, stores));
    bool stale = false;
    store::Key after;
    auto updated = stores.keys().update(found.id, [&](store::Key& key) {
        stale = !call.expects(etag_of(key));
        if (stale) return false;
        edit.apply(key);
        after = key;
        return true;
    });
    if (!updated) return Err(failure_of(std::move(updated).error()));
    if (stale) return Err(changed_meanwhile());
    if (!*updated) return Err(not_found("key"));
    call.office.parts().changed();
    call.did("key.update", found.id, edit.summary(call.body()));
    std::string body;
    json::Writer w(body);
    w.begin_object().member("success", true).key("key");
    write_key(w, after);
    w.end_object();
    auto response = json_response(200, std::move(body));
    response.headers.add("etag", etag_of(after));
    return response;
}

Reply remove_key(Call& call, store::Stores& stores) {
    KG_TRY(found, find_key(stores, call.id));
    if (!call.expects(etag_of(found))) return Err(changed_meanwhile());
    KG_ASK(removed, stores.keys().remove(found.id));
    if (!removed) return Err(not_found("key"));
    call.office.parts().changed();
    std::string detail;
    json::Writer(detail).begin_object().member("name", found.name).end_object();
    call.did("key.remove", found.id, std::move(detail));
    return json_response(200, R"({"success":true})");
}

/// A new secret; the old one is good for `overlapSeconds` more.
Reply rotate_key(Call& call, store::Stores& stores) {
    auto& parts = call.office.parts();
    Fields fields(call.body());
    const auto overlap = fields.integer("overlapSeconds", 0, 366 * 86'400).value_or(0);
    KG_CHECK(fields.finish());
    KG_TRY(found, find_key(stores, call.id));
    const auto now_ms = to_ms(parts.clock.wall());
    store::Key after;
    Secret secret;
    KG_ASK(rotated, stores.keys().update(found.id, [&](store::Key& key) {
        key.old_key_hash = overlap > 0 ? key.key_hash : Sha256{};
        key.old_key_until_ms = overlap > 0 ? now_ms + overlap * 1000 : 0;
        secret = mint(key, parts.random);
        after = key;
        return true;
    }));
    if (!rotated) return Err(not_found("key"));
    parts.changed();
    std::string detail;
    json::Writer(detail).begin_object().member("overlapSeconds", overlap).end_object();
    call.did("key.rotate", found.id, std::move(detail));
    return show_once(200, after, secret);
}

}  // namespace kg::admin::verbs
