// Pool, the part about accounts whose login lives in a file of another program.
#include "core/account/pool_session.hpp"

namespace kg::account {

void Pool::keep_login(store::Account&& from, store::Account& to) {
    to.access_token = std::move(from.access_token);
    to.refresh_token = std::move(from.refresh_token);
    to.client_id = std::move(from.client_id);
    to.client_secret = std::move(from.client_secret);
    to.expires_at_ms = from.expires_at_ms;
    to.token_generation = from.token_generation;
    if (!from.auth_method.empty()) to.auth_method = std::move(from.auth_method);
    if (!from.provider.empty()) to.provider = std::move(from.provider);
    if (!from.auth_region.empty()) to.auth_region = std::move(from.auth_region);
    if (!from.profile_arn.empty()) to.profile_arn = std::move(from.profile_arn);
    if (!from.token_endpoint.empty()) to.token_endpoint = std::move(from.token_endpoint);
    if (!from.scopes.empty()) to.scopes = std::move(from.scopes);
}

std::optional<store::Account> Pool::login_read(std::string_view id, const credentials::SharedLogin& login) {
    const Session session(*this);
    auto* entry = find(id);
    if (!entry) return std::nullopt;
    auto& mine = entry->record;
    const bool known = mine.access_token == login.access_token && mine.refresh_token == login.refresh_token;
    const bool found = entry->state == State::needs_sign_in && (entry->login_gone || !known);
    entry->login_gone = false;
    if (found) {
        const auto at = now();
        set_state(*entry, State::unknown, "", 0, at);
        place(*entry, at);
    }
    if (known) return mine;
    store::Account read;
    read.access_token = login.access_token;
    read.refresh_token = login.refresh_token;
    read.client_id = login.client_id;
    read.client_secret = login.client_secret;
    read.expires_at_ms = login.expires_at_ms;
    read.token_generation = mine.token_generation + 1;
    read.auth_method = login.auth_method;
    read.provider = login.provider;
    read.auth_region = login.auth_region;
    read.profile_arn = login.profile_arn;
    read.token_endpoint = login.token_endpoint;
    read.scopes = login.scopes;
    keep_login(std::move(read), mine);
    entry->auth_failures = 0;
    plan_refresh(*entry);
    return mine;
}

std::vector<Pool::Followed> Pool::followed() const {
    const std::lock_guard lock(mutex_);
    std::vector<Followed> out;
    for (const auto* entry : followed_) {
        const bool gone = entry->state == State::needs_sign_in && entry->login_gone;
        out.push_back({entry->record.id, entry->record.follow_path, gone});
    }
    return out;
}

}  // namespace kg::account
