#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "daemon/demo/scenario.hpp"

namespace kg::demo {

/// The accounts of the fake and their tokens. A refresh gives a new pair and kills the old refresh
/// token, as the service does; access tokens live until they expire. Bounded: the oldest tokens are
/// forgotten. Not thread-safe.
class TokenBook {
  public:
    struct Login {
        std::string name, provider, profile_arn;
        TokenState state = TokenState::ok;
        double credits_used = 0;
    };
    struct Issued {
        std::string access, refresh;
        const Login* login = nullptr;
    };

    TokenBook(Random& random, const Clock& clock) : random_(random), clock_(clock) {}
    TokenBook(const TokenBook&) = delete;
    TokenBook& operator=(const TokenBook&) = delete;

    /// A new account and its first refresh token.
    std::string add_login(std::string name, std::string provider, std::string profile_arn);
    /// Of an access token; of a refresh token it is the state of its account, for all tokens to
    /// come.
    void set_state(const std::string& token, TokenState state);

    struct Standing {
        TokenState state = TokenState::invalid;
        Login* login = nullptr;  // null: unknown to the book
    };
    Standing standing(const std::string& access_token, bool accept_unknown);

    enum class Refused : std::uint8_t { unknown, used };
    Result<Issued, Refused> refresh(const std::string& refresh_token, bool accept_unknown,
                                    std::chrono::seconds lifetime);
    Issued issue(Login& login, std::chrono::seconds lifetime);
    Login& new_login(std::string name, std::string provider, std::string profile_arn);

  private:
    struct Access {
        Login* login = nullptr;
        TokenState state = TokenState::ok;
        SteadyTime expires = SteadyTime::max();
    };
    std::string mint(std::string_view prefix);
    void remember(const std::string& access_token, Access access);
    void remember_used(const std::string& refresh_token);

    Random& random_;
    const Clock& clock_;
    std::list<Login> logins_;
    std::unordered_map<std::string, Access> access_;
    std::deque<std::string> access_order_;
    std::unordered_map<std::string, Login*> refresh_;
    std::unordered_set<std::string> used_;
    std::deque<std::string> used_order_;
};

}  // namespace kg::demo
