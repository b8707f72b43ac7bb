#include <algorithm>

#include "core/store/new_account.hpp"
#include "daemon/admin/account_fields.hpp"
#include "daemon/admin/account_list.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin::verbs {
namespace {

/// Two accounts with one token would rotate it under each other.
Result<void, Failure> check_unique(const store::Account& account, store::Stores& stores) {
    KG_ASK(known, stores.accounts().list());
    for (const auto& a : known) {
        if (a.id == account.id) continue;
        if (!account.refresh_token.empty() && a.refresh_token == account.refresh_token)
            return Err(conflict("refreshToken", "this token is already there, as " + a.id));
        if (!account.api_key.empty() && a.api_key == account.api_key)
            return Err(conflict("apiKey", "this key is already there, as " + a.id));
    }
    return {};
}

}  // namespace

Reply create_account(Call& call, store::Stores& stores) {
    KG_TRY(edit, AccountEdit::read(call.body(), true));
    store::Account account;
    if (edit.id()) account.id = *edit.id();
    edit.apply(account);
    account.source = "api";
    auto& parts = call.office.parts();
    store::complete_new_account(account, parts.random, to_ms(parts.clock.wall()));
    if (auto sound = store::check_login(account); !sound) return Err(failure_of(sound.error()));
    KG_CHECK(check_unique(account, stores));
    if (auto added = stores.accounts().add(account); !added) return Err(failure_of(std::move(added).error()));
    call.office.parts().changed();
    call.did("account.create", account.id, edit.summary());
    std::string body;
    json::Writer w(body);
    w.begin_object().member("success", true).key("account");
    write_account(w, account, {});
    w.end_object();
    auto response = json_response(201, std::move(body));
    response.headers.add("location", "/api/accounts/" + account.id);
    response.headers.add("etag", etag_of(account));
    return response;
}

Reply edit_account(Call& call, store::Stores& stores) {
    KG_TRY(edit, AccountEdit::read(call.body(), false));
    KG_TRY(found, find_account(stores, call.id));
    const auto now_ms = to_ms(call.office.parts().clock.wall());
    if (edit.new_login()) {
        auto trial = found;
        edit.apply(trial);
        KG_CHECK(check_unique(trial, stores));
    }
    std::optional<Failure> failure;
    store::Account after;
    KG_ASK(changed, stores.accounts().update(found.id, [&](store::Account& account) {
        if (!call.expects(etag_of(account))) {
            failure = changed_meanwhile();
            return false;
        }
        auto trial = account;
        edit.apply(trial);
        if (auto sound = store::check_login(trial); !sound) {
            failure = failure_of(sound.error());
            return false;
        }
        if (edit.new_login()) store::forget_failures(trial, now_ms);
        account = after = std::move(trial);
        return true;
    }));
    if (failure) return Err(std::move(*failure));
    if (!changed) return Err(not_found("account"));
    call.office.parts().changed();
    call.did("account.update", found.id, edit.summary());
    std::string body;
    json::Writer w(body);
    w.begin_object().member("success", true).key("account");
    KG_TRY(list, AccountList::read(call.office, stores));
    write_account(w, after, list.live(after));
    w.end_object();
    auto response = json_response(200, std::move(body));
    response.headers.add("etag", etag_of(after));
    return response;
}

Reply remove_account(Call& call, store::Stores& stores) {
    KG_TRY(found, find_account(stores, call.id));
    if (!call.expects(etag_of(found))) return Err(changed_meanwhile());
    KG_ASK(removed, stores.accounts().remove(found.id));
    if (!removed) return Err(not_found("account"));
    call.office.parts().changed();
    std::string detail;
    json::Writer(detail).begin_object().member("name", found.name).member("email", found.email).end_object();
    call.did("account.remove", found.id, std::move(detail));
    return json_response(200, R"({"success":true})");
}

Reply reset_account(Call& call, store::Stores& stores) {
    KG_TRY(found, find_account(stores, call.id));
    const auto now_ms = to_ms(call.office.parts().clock.wall());
    KG_ASK(changed, stores.accounts().update(found.id, [now_ms](store::Account& account) {
        store::forget_failures(account, now_ms);
        return true;
    }));
    if (!changed) return Err(not_found("account"));
    call.office.parts().changed();
    call.did("account.reset", found.id);
    return json_response(200, R"({"success":true})");
}

/// A new access token now, whatever the old one is worth; the flight is the keeper's.
void refresh_account(std::unique_ptr<Call> call, Done done) {
    auto& parts = call->office.parts();
    const auto record = parts.pool.record(call->id);
    if (!record) return done(std::move(call), Err(not_found("account")));
    if (record->auth_method == "api-key") {
        return done(std::move(call),
                    Err(conflict("", "the account uses an API key; there is nothing to refresh")));
    }
    const auto id = record->id;
    const auto door = call->door;
    auto held = std::make_shared<std::pair<std::unique_ptr<Call>, Done>>(std::move(call), std::move(done));
    parts.keeper.ensure(id, record->token_generation, door, [held, id](Result<account::FreshToken> token) {
        auto& [request, answer] = *held;
        if (!token) {
            auto failure = failure_of(token.error());
            if (failure.status == 500) failure.status = 502, failure.code = "upstream";
            return answer(std::move(request), Err(std::move(failure)));
        }
        const auto now = request->office.parts().pool.record(id);
        request->did("account.refresh", id);
        std::string body;
        json::Writer w(body);
        w.begin_object().member("success", true);
        write_time(w, "expiresAt", now ? now->expires_at_ms : 0);
        w.end_object();
        answer(std::move(request), json_response(200, std::move(body)));
    });
}

}  // namespace kg::admin::verbs
