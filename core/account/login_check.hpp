#pragma once

#include <memory>
#include <string>

#include "core/account/pool.hpp"
#include "core/account/token_keeper.hpp"
#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/usage.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::account {

/// Asks upstream whether an account's login works: its token is refreshed when it must be, then its plan is
/// asked for (account-manager 4.3: verify, usage). The pool learns the plan, that a lost login works again,
/// and a suspension, which stays until an operator lifts it. One account: construct, which asks; `done` once
/// on the loop; destroying cancels, but not inside `done`.
class LoginCheck {
  public:
    using Done = UniqueFunction<void(Result<kiro::Usage>)>;
    /// What it works with; outlives it.
    struct Tools {
        loop::Loop& loop;
        fetch::Fetcher& fetcher;
        TokenKeeper& keeper;
        Pool& pool;
        const Clock& clock;
        const kiro::UpstreamOptions& upstream;
    };
    LoginCheck(const Tools& tools, std::string id, Done done);
    LoginCheck(const LoginCheck&) = delete;
    LoginCheck& operator=(const LoginCheck&) = delete;
    ~LoginCheck();

  private:
    void ask(kiro::Caller caller);
    void answered(Result<kiro::Usage, kiro::Failure> result);
    void end(Result<kiro::Usage> result);

    const Tools tools_;
    const std::string id_;
    Done done_;
    WallTime asked_{};
    loop::Wakeup wakeup_;
    std::unique_ptr<kiro::GetUsage> call_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::account
