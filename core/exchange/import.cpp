#include "core/exchange/import.hpp"

#include <algorithm>
#include <array>

#include "core/store/new_account.hpp"

namespace kg::exchange {
namespace {

constexpr std::size_t kLabelsMax = 64;

/// What one import works with.
struct Task {
    store::AccountStore& store;
    const ImportOptions& options;
    const Clock& clock;
    Random& random;
};

/// The stored account an incoming one is the same as (account-manager 3.8). Empty values never match.
store::Account* duplicate_of(const store::Account& in, std::vector<store::Account>& known,
                             const std::string& follow_path) {
    for (auto& a : known) {
        if (!follow_path.empty() && a.follow_path == follow_path) return &a;
        if (!in.refresh_token.empty() && in.refresh_token == a.refresh_token) return &a;
        if (!in.api_key.empty() && in.api_key == a.api_key) return &a;
    }
    for (auto& a : known) {
        if (!in.email.empty() && in.email == a.email && in.provider == a.provider &&
            in.start_url == a.start_url)
            return &a;
    }
    return nullptr;
}

/// From now on the login of this account is what the file says; nothing of it is kept here.
void follow(const std::string& path, store::Account& a) {
    a.follow_path = path;
    a.access_token = a.refresh_token = a.client_secret = Secret();
    a.client_id.clear();
    a.expires_at_ms = 0;
}

void add_labels(std::vector<std::string>& to, const std::vector<std::string>& more) {
    for (const auto& label : more) {
        if (to.size() < kLabelsMax && std::ranges::find(to, label) == to.end()) to.push_back(label);
    }
}

ImportItem failed(ImportItem item, std::string code, std::string message) {
    item.outcome = ImportOutcome::failed;
    item.code = std::move(code);
    item.message = std::move(message);
    return item;
}

/// The account is there already: it gets tokens that last longer, or begins to follow the file.
ImportItem update_one(const store::Account& in, store::Account& same, const Task& task, ImportItem item) {
    item.id = same.id;
    const auto& path = task.options.follow_path;
    const bool newer =
        same.follow_path.empty() && in.expires_at_ms > same.expires_at_ms && !in.refresh_token.empty();
    const bool changes = path.empty() ? newer : same.follow_path != path;
    item.outcome = changes ? ImportOutcome::updated : ImportOutcome::skipped;
    if (!changes) return item;
    const auto change = [&](store::Account& a) {
        if (!path.empty()) {
            follow(path, a);
        } else {
            a.access_token = in.access_token;
            a.refresh_token = in.refresh_token;
            a.expires_at_ms = in.expires_at_ms;
            if (!in.client_id.empty()) a.client_id = in.client_id;
            if (!in.client_secret.empty()) a.client_secret = in.client_secret;
        }
        ++a.token_generation;
        a.state = "unknown";
        a.state_reason.clear();
        a.state_since_ms = to_ms(task.clock.wall());
        return true;
    };
    if (!task.options.dry_run) {
        auto updated = task.store.update(same.id, change);
        if (!updated) return failed(std::move(item), "store", updated.error().message);
        if (!*updated) return failed(std::move(item), "store", "the account was removed meanwhile");
    }
    change(same);  // what comes of the same account is compared with this
    return item;
}

ImportItem import_one(ImportedAccount& in, std::vector<store::Account>& known, const Task& task) {
    ImportItem item{.ref = in.ref, .id = {}, .code = {}, .message = {}};
    if (!in.error.empty()) return failed(std::move(item), "unreadable", in.error);
    auto& account = in.account;
    if (auto* same = duplicate_of(account, known, task.options.follow_path)) {
        item.id = same->id;
        switch (task.options.on_duplicate) {
            case OnDuplicate::fail: return failed(std::move(item), "duplicate", "it is here already");
            case OnDuplicate::update: return update_one(account, *same, task, std::move(item));
            case OnDuplicate::skip: break;
        }
        item.outcome = ImportOutcome::skipped;
        return item;
    }
    store::complete_new_account(account, task.random, to_ms(task.clock.wall()));
    // Lists are in order of creation: accounts of one millisecond stay in the order of their file.
    if (!known.empty())
        account.created_at_ms = std::max(account.created_at_ms, known.back().created_at_ms + 1);
    if (account.auth_method == "idc" && (account.client_id.empty() || account.client_secret.empty())) {
        item.message =
            "its client registration is missing: it works until its access token expires and "
            "cannot be refreshed";
    } else if (!account.refresh_token.empty() || !account.api_key.empty()) {  // an access token is one, too
        if (auto sound = store::check_login(account); !sound)
            return failed(std::move(item), "token", "token: " + sound.error().message);
    }
    const auto has_name = [&](const store::Account& a) { return a.name == account.name; };
    if (std::ranges::any_of(known, has_name)) account.name.clear();  // names are unique; the id remains
    add_labels(account.groups, task.options.groups);
    add_labels(account.tags, task.options.tags);
    item.id = account.id;
    item.outcome = ImportOutcome::added;
    if (!task.options.follow_path.empty()) follow(task.options.follow_path, account);
    if (!task.options.dry_run) {
        if (auto added = task.store.add(account); !added) {
            item.id.clear();
            return failed(std::move(item), "store", added.error().message);
        }
    }
    known.push_back(account);
    return item;
}

}  // namespace

std::string_view outcome_name(ImportOutcome outcome) {
    constexpr std::array<std::string_view, 4> kNames{"added", "updated", "skipped", "failed"};
    return kNames[static_cast<std::size_t>(outcome)];
}

Result<ImportReport> import_accounts(std::vector<ImportedAccount> accounts, store::AccountStore& store,
                                     const ImportOptions& options, const Clock& clock, Random& random) {
    KG_TRY(known, store.list());
    const Task task{store, options, clock, random};
    ImportReport out;
    for (auto& in : accounts) {
        const auto& item = out.items.emplace_back(import_one(in, known, task));
        switch (item.outcome) {
            case ImportOutcome::added: ++out.added; break;
            case ImportOutcome::updated: ++out.updated; break;
            case ImportOutcome::skipped: ++out.skipped; break;
            case ImportOutcome::failed: ++out.failed; break;
        }
    }
    return out;
}

}  // namespace kg::exchange
