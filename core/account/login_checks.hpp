#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/account/login_check.hpp"

namespace kg::account {

/// Login checks for whoever asks, from any thread: they run on the control loop, four at a time, in the
/// order they were asked for; 1,024 may wait. Construct and destroy on that loop: checks under way are
/// cancelled, and who waits is not called.
class LoginChecks {
  public:
    using Reply = UniqueFunction<void(Result<kiro::Usage>)>;

    explicit LoginChecks(const LoginCheck::Tools& tools);
    LoginChecks(const LoginChecks&) = delete;
    LoginChecks& operator=(const LoginChecks&) = delete;
    ~LoginChecks();

    /// Any thread. `reply` once, on the door's loop: what upstream says of the plan, or why the login does
    /// not work; overloaded when too many wait.
    void check(std::string id, loop::Wakeup::Door door, Reply reply);

    static constexpr std::size_t kAtOnce = 4, kWaitingMax = 1'024;

  private:
    struct Asked {
        std::string id;
        loop::Wakeup::Door door;
        Reply reply;
        std::optional<Result<kiro::Usage>> result{};
        std::unique_ptr<LoginCheck> check{};  // destroyed first: it writes the result
    };
    void go_on();
    static void answer(Asked& asked, Result<kiro::Usage> result);

    const LoginCheck::Tools tools_;
    loop::Wakeup wakeup_;
    loop::Deferred go_on_;
    std::deque<std::unique_ptr<Asked>> waiting_;
    std::vector<std::unique_ptr<Asked>> running_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::account
