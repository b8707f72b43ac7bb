#include "core/account/login_check.hpp"

#include <utility>

namespace kg::account {

LoginCheck::LoginCheck(const Tools& tools, std::string id, Done done)
    : tools_(tools), id_(std::move(id)), done_(std::move(done)), wakeup_(tools.loop) {
    const auto record = tools_.pool.record(id_);
    auto begin = [this, alive = alive_](Result<FreshToken> token) {
        if (!*alive) return;
        if (!token) return end(Err(std::move(token).error()));
        ask(std::move(token->caller));
    };
    if (!record) {
        Error gone{.kind = ErrorKind::no_account, .message = "the account was removed meanwhile"};
        wakeup_.door().post(
            [begin = std::move(begin), gone = std::move(gone)]() mutable { begin(Err(std::move(gone))); });
    } else if (record->auth_method == "api-key") {
        FreshToken token{Pool::caller_of(*record), record->token_generation};
        wakeup_.door().post(
            [begin = std::move(begin), token = std::move(token)]() mutable { begin(std::move(token)); });
    } else {
        tools_.keeper.ensure(id_, TokenKeeper::kAny, wakeup_.door(), std::move(begin));
    }
}

LoginCheck::~LoginCheck() {
    *alive_ = false;
}

void LoginCheck::ask(kiro::Caller caller) {
    asked_ = tools_.clock.wall();
    call_ = std::make_unique<kiro::GetUsage>(
        tools_.fetcher, tools_.upstream, std::move(caller), tools_.clock,
        [this](Result<kiro::Usage, kiro::Failure> result) { answered(std::move(result)); });
}

void LoginCheck::answered(Result<kiro::Usage, kiro::Failure> result) {
    if (!result) {
        // How the call for the plan fares says nothing of answers, but this much of the account.
        const auto effect = kiro::failure_row(result.error().cls).effect;
        if (effect == kiro::AccountEffect::suspend || effect == kiro::AccountEffect::disable_login)
            tools_.pool.report_failure(id_, "", result.error());
        return end(Err(kiro::to_error(result.error())));
    }
    tools_.pool.report_login_works(id_);
    tools_.pool.set_quota(id_, {.limit = result->limit,
                                .used = result->used,
                                .resets_at = result->resets_at,
                                .told_at = asked_,
                                .plan = result->plan});
    end(std::move(*result));
}

void LoginCheck::end(Result<kiro::Usage> result) {
    auto done = std::move(done_);
    done(std::move(result));
}

}  // namespace kg::account
