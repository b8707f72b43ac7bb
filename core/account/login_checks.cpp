#include "core/account/login_checks.hpp"

#include <utility>

namespace kg::account {

LoginChecks::LoginChecks(const LoginCheck::Tools& tools)
    : tools_(tools), wakeup_(tools.loop), go_on_(tools.loop, [this] { go_on(); }) {
    wakeup_.set_keeps_alive(false);
}

LoginChecks::~LoginChecks() {
    *alive_ = false;
}

void LoginChecks::check(std::string id, loop::Wakeup::Door door, Reply reply) {
    auto asked = std::make_unique<Asked>(
        Asked{.id = std::move(id), .door = std::move(door), .reply = std::move(reply)});
    wakeup_.door().post([this, alive = alive_, asked = std::move(asked)]() mutable {
        if (!*alive) return;
        if (waiting_.size() >= kWaitingMax)
            return answer(*asked, Err(Error{.kind = ErrorKind::overloaded,
                                            .message = "too many accounts wait for their check"}));
        waiting_.push_back(std::move(asked));
        go_on_.schedule();
    });
}

/// Outside of what a check calls: ended ones are told and destroyed, others begin.
void LoginChecks::go_on() {
    std::erase_if(running_, [](const auto& asked) {
        if (!asked->result) return false;
        answer(*asked, std::move(*asked->result));
        return true;
    });
    while (running_.size() < kAtOnce && !waiting_.empty()) {
        auto& asked = *running_.emplace_back(std::move(waiting_.front()));
        waiting_.pop_front();
        asked.check =
            std::make_unique<LoginCheck>(tools_, asked.id, [this, &asked](Result<kiro::Usage> result) {
                asked.result = std::move(result);
                go_on_.schedule();
            });
    }
}

void LoginChecks::answer(Asked& asked, Result<kiro::Usage> result) {
    asked.door.post(
        [reply = std::move(asked.reply), result = std::move(result)]() mutable { reply(std::move(result)); });
}

}  // namespace kg::account
