#include "cmd/login_report.hpp"

#include <chrono>
#include <utility>

#include "cmd/local_engine.hpp"
#include "core/account/login_check.hpp"

namespace kg::cmd {
namespace {

constexpr std::chrono::minutes kCheckTimeMax{2};

void check(LocalEngine& local, const Context& context, CheckedLogin& checked) {
    auto& engine = local.engine();
    const account::LoginCheck asking({local.loop(), local.service().fetcher, engine.keeper(), engine.pool(),
                                      context.clock(), engine.upstream()},
                                     checked.account->id, [&](Result<kiro::Usage> usage) {
                                         if (usage)
                                             checked.plan = usage->plan;
                                         else
                                             checked.error = std::move(usage).error();
                                         local.stop();
                                     });
    if (!local.run_for(kCheckTimeMax))
        checked.error = Error{.kind = ErrorKind::upstream_timeout, .message = "the check took too long"};
}

}  // namespace

Result<void> check_logins(std::vector<CheckedLogin>& all, Context& context) {
    KG_TRY(local, LocalEngine::open(context));
    KG_TRY(stores, context.stores());
    for (auto& checked : all) {
        if (!checked.error) check(*local, context, checked);
    }
    if (auto saved = stores->accounts().save_health(local->engine().pool().take_changed_health()); !saved)
        return Err(std::move(saved).error());
    local->engine().store().flush();
    for (auto& checked : all) {
        if (!checked.account) continue;
        const auto known = local->engine().pool().record(checked.account->id);
        KG_TRY(now, stores->accounts().find(checked.account->id));
        if (!now) continue;
        checked.account = std::move(*now);
        if (known) checked.account->expires_at_ms = known->expires_at_ms;  // of a followed login
    }
    return {};
}

}  // namespace kg::cmd
