#include "daemon/demo/token_book.hpp"

#include <utility>

#include "core/base/base64.hpp"

namespace kg::demo {
namespace {

constexpr std::size_t kTokensMax = 20'000;
constexpr std::size_t kLoginsMax = 10'000;
constexpr std::string_view kSocialArn = "arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK";

}  // namespace

std::string TokenBook::mint(std::string_view prefix) {
    return std::string(prefix) + "AAAAAG" + random_.base62(58) + ":" + base64_encode(random_.bytes(72));
}

TokenBook::Login& TokenBook::new_login(std::string name, std::string provider, std::string profile_arn) {
    // Only strangers that an option lets in can be this many; they then share the last account.
    if (logins_.size() >= kLoginsMax) return logins_.back();
    return logins_.emplace_back(Login{std::move(name), std::move(provider), std::move(profile_arn)});
}

std::string TokenBook::add_login(std::string name, std::string provider, std::string profile_arn) {
    Login& login = new_login(std::move(name), std::move(provider), std::move(profile_arn));
    std::string token = mint("aor");
    refresh_[token] = &login;
    return token;
}

void TokenBook::set_state(const std::string& token, TokenState state) {
    if (const auto found = refresh_.find(token); found != refresh_.end()) {
        found->second->state = state;
        return;
    }
    if (const auto found = access_.find(token); found != access_.end()) {
        found->second.state = state;
        return;
    }
    if (token.starts_with("aor")) {
        Login& login = new_login("scripted", "Google", std::string(kSocialArn));
        login.state = state;
        refresh_[token] = &login;
        return;
    }
    remember(token, {&new_login("scripted", "Google", std::string(kSocialArn)), state});
}

void TokenBook::remember(const std::string& access_token, Access access) {
    if (access_.insert_or_assign(access_token, access).second) access_order_.push_back(access_token);
    while (access_order_.size() > kTokensMax) {
        access_.erase(access_order_.front());
        access_order_.pop_front();
    }
}

void TokenBook::remember_used(const std::string& refresh_token) {
    if (used_.insert(refresh_token).second) used_order_.push_back(refresh_token);
    while (used_order_.size() > kTokensMax) {
        used_.erase(used_order_.front());
        used_order_.pop_front();
    }
}

TokenBook::Standing TokenBook::standing(const std::string& access_token, bool accept_unknown) {
    auto found = access_.find(access_token);
    if (found == access_.end()) {
        if (!accept_unknown || access_token.empty()) return {};
        remember(access_token, {&new_login("stranger", "Google", std::string(kSocialArn))});
        found = access_.find(access_token);
    }
    Access& access = found->second;
    if (access.state != TokenState::ok) return {access.state, access.login};
    if (clock_.steady() >= access.expires) return {TokenState::expired, access.login};
    return {access.login->state, access.login};
}

TokenBook::Issued TokenBook::issue(Login& login, std::chrono::seconds lifetime) {
    Issued issued{mint("aoa"), mint("aor"), &login};
    refresh_[issued.refresh] = &login;
    remember(issued.access, {&login, TokenState::ok, clock_.steady() + lifetime});
    return issued;
}

Result<TokenBook::Issued, TokenBook::Refused> TokenBook::refresh(const std::string& refresh_token,
                                                                 bool accept_unknown,
                                                                 std::chrono::seconds lifetime) {
    if (used_.contains(refresh_token)) return Err(Refused::used);
    auto found = refresh_.find(refresh_token);
    if (found == refresh_.end()) {
        if (!accept_unknown || !refresh_token.starts_with("aor")) return Err(Refused::unknown);
        found =
            refresh_.emplace(refresh_token, &new_login("stranger", "Google", std::string(kSocialArn))).first;
    }
    Login& login = *found->second;
    if (login.state == TokenState::invalid || login.state == TokenState::expired)
        return Err(Refused::unknown);
    refresh_.erase(found);
    remember_used(refresh_token);
    return issue(login, lifetime);
}

}  // namespace kg::demo
