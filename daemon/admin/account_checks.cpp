#include "daemon/admin/account_checks.hpp"

#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin {
namespace {

constexpr std::size_t kAtOnce = 4;

/// Of one request; all of it on the loop of its call.
struct Round {
    std::unique_ptr<Call> call;
    Done done;
    AccountCheck what;
    std::vector<std::string> ids;
    WriteChecks write;
    std::size_t begun = 0, ended = 0;
    CheckErrors errors{};
};

void begin_more(const std::shared_ptr<Round>& round);

void ended(const std::shared_ptr<Round>& round, const std::string& id, const Error* error) {
    ++round->ended;
    if (error)
        round->errors.emplace_back(id, failure_of(*error).message);
    else
        round->call->did(round->what == AccountCheck::refresh ? "account.refresh" : "account.verify", id);
    begin_more(round);
}

void begin_one(const std::shared_ptr<Round>& round, const std::string& id) {
    auto& parts = round->call->office.parts();
    const auto tell = [round, id](const auto& result) {
        ended(round, id, result ? nullptr : &result.error());
    };
    const auto record = parts.pool.record(id);
    if (!record)
        tell(Result<void>(Err(Error{.kind = ErrorKind::no_account, .message = "there is no such account"})));
    else if (round->what == AccountCheck::verify)
        parts.checks.check(id, round->call->door, tell);
    else if (record->auth_method == "api-key")
        tell(Result<void>(Err(Error{.kind = ErrorKind::upstream_failed,
                                    .message = "the account uses an API key; there is nothing to refresh"})));
    else
        parts.keeper.ensure(id, record->token_generation, round->call->door, tell);
}

void begin_more(const std::shared_ptr<Round>& round) {
    if (round->ended == round->ids.size()) {
        if (!round->call) return;
        auto reply = round->write(*round->call, round->ids, round->errors);
        return round->done(std::move(round->call), std::move(reply));
    }
    // What cannot even begin ends at once, and comes back here: one begins at a time.
    if (round->begun < round->ids.size() && round->begun - round->ended < kAtOnce) {
        const auto id = round->ids[round->begun++];
        round->call->door.post([round, id] { begin_one(round, id); });
        begin_more(round);
    }
}

}  // namespace

void check_accounts(std::unique_ptr<Call> call, Done done, AccountCheck what, std::vector<std::string> ids,
                    WriteChecks write) {
    const auto door = call->door;
    auto round = std::make_shared<Round>(Round{.call = std::move(call),
                                               .done = std::move(done),
                                               .what = what,
                                               .ids = std::move(ids),
                                               .write = std::move(write)});
    door.post([round] { begin_more(round); });
}

namespace verbs {

/// Whether upstream takes the account's login, and what is left of its plan (seed I8).
void verify_account(std::unique_ptr<Call> call, Done done) {
    auto& parts = call->office.parts();
    const auto record = parts.pool.record(call->id);
    if (!record) return done(std::move(call), Err(not_found("account")));
    const auto door = call->door;
    auto held = std::make_shared<std::pair<std::unique_ptr<Call>, Done>>(std::move(call), std::move(done));
    parts.checks.check(record->id, door, [held, id = record->id](Result<kiro::Usage> usage) {
        auto& [request, answer] = *held;
        if (!usage && usage.error().kind == ErrorKind::overloaded)
            return answer(std::move(request), Err(busy()));
        const auto now = request->office.parts().pool.record(id);
        request->did("account.verify", id);
        std::string body;
        json::Writer w(body);
        w.begin_object().member("success", true).member("valid", usage.has_value());
        write_text(w, "error", usage ? "" : failure_of(usage.error()).message);
        write_text(w, "subscriptionType", usage ? usage->plan : "");
        write_time(w, "expiresAt", now ? now->expires_at_ms : 0);
        w.key("quota");
        if (usage) {
            w.begin_object().member("limit", usage->limit).member("used", usage->used);
            w.member("remaining", usage->remaining());
            write_time(w, "resetsAt", to_ms(usage->resets_at));
            w.end_object();
        } else {
            w.null();
        }
        w.end_object();
        answer(std::move(request), json_response(200, std::move(body)));
    });
}

}  // namespace verbs
}  // namespace kg::admin
