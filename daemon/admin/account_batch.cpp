#include <algorithm>
#include <array>

#include "core/store/new_account.hpp"
#include "daemon/admin/account_checks.hpp"
#include "daemon/admin/account_fields.hpp"
#include "daemon/admin/account_select.hpp"
#include "daemon/admin/batch_job.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/verbs.hpp"

/// POST /api/accounts/batch: one change for many accounts, chosen by ids or by a query (account-manager
/// 4.4). Every account is its own atomic change; what fails is told, the others go on.
namespace kg::admin::verbs {
namespace {

enum class Op : std::uint8_t {
    enable,
    disable,
    remove,
    reset,
    add_tags,
    remove_tags,
    set_groups,
    set_priority,
    refresh,
    verify
};
constexpr auto kOps = std::to_array<std::pair<std::string_view, Op>>({
    {"enable", Op::enable},
    {"disable", Op::disable},
    {"delete", Op::remove},
    {"reset", Op::reset},
    {"tag", Op::add_tags},
    {"untag", Op::remove_tags},
    {"set-groups", Op::set_groups},
    {"set-priority", Op::set_priority},
    {"refresh", Op::refresh},
    {"verify", Op::verify},
});

struct Batch {
    std::string name;
    Op op = Op::enable;
    AccountSelection select;
    std::vector<std::string> labels;
    std::int64_t priority = 0;
    bool dry_run = false;
};

Result<Batch, Failure> read_batch(json::Node body) {
    Batch batch;
    Fields fields(body);
    batch.name = fields.text("op", 32).value_or("");
    const auto op = std::ranges::find(kOps, batch.name, &std::pair<std::string_view, Op>::first);
    if (op == kOps.end()) {
        std::string known;
        for (const auto& one : kOps) known.append(known.empty() ? "" : ", ").append(one.first);
        fields.refuse("op", "use one of " + known);
    } else {
        batch.op = op->second;
    }
    KG_TRY(select, AccountSelection::read(fields));
    if (select)
        batch.select = std::move(*select);
    else
        fields.refuse("select", "field required: {\"ids\": [...]} or {\"q\": \"...\"}");
    batch.dry_run = fields.flag("dryRun").value_or(false);
    Fields args(fields.object("args"));
    if (batch.op == Op::add_tags || batch.op == Op::remove_tags || batch.op == Op::set_groups) {
        const auto* name = batch.op == Op::set_groups ? "groups" : "tags";
        const auto labels = args.texts(name, kLabelsMax, 64);
        check_labels(args, name, labels);
        if (!labels && args.sound()) args.refuse(name, "field required");
        if (labels) batch.labels = *labels;
    }
    if (batch.op == Op::set_priority) {
        const auto priority = args.integer("priority", 0, 1'000'000);
        if (!priority && args.sound()) args.refuse("priority", "field required");
        batch.priority = priority.value_or(0);
    }
    KG_CHECK(fields.finish());
    KG_CHECK(args.finish());
    return batch;
}

void change(const Batch& batch, store::Account& a, std::int64_t now_ms) {
    switch (batch.op) {
        case Op::enable: a.enabled = true; return;
        case Op::disable: a.enabled = false; return;
        case Op::reset: return store::forget_failures(a, now_ms);
        case Op::add_tags:
            for (const auto& tag : batch.labels) {
                if (std::ranges::find(a.tags, tag) == a.tags.end()) a.tags.push_back(tag);
            }
            return;
        case Op::remove_tags:
            std::erase_if(a.tags, [&](const auto& tag) {
                return std::ranges::find(batch.labels, tag) != batch.labels.end();
            });
            return;
        case Op::set_groups: a.groups = batch.labels; return;
        case Op::set_priority: a.priority = batch.priority; return;
        case Op::remove:
        case Op::refresh:
        case Op::verify: return;  // no edit of a record
    }
}

Result<void, Failure> apply(const Batch& batch, store::Stores& stores, const std::string& id,
                            std::int64_t now_ms) {
    if (batch.op == Op::remove) {
        KG_ASK(removed, stores.accounts().remove(id));
        if (!removed) return Err(not_found("account"));
        return {};
    }
    bool fits = true;
    KG_ASK(changed, stores.accounts().update(id, [&](store::Account& account) {
        auto trial = account;
        change(batch, trial, now_ms);
        fits = trial.tags.size() <= kLabelsMax;
        if (fits) account = std::move(trial);
        return fits;
    }));
    if (!fits) return Err(conflict("args.tags", "it would have more than 64 tags"));
    if (!changed) return Err(not_found("account"));
    return {};
}

Reply write_outcome(const Batch& batch, const std::vector<std::string>& ids, std::size_t done,
                    const CheckErrors& errors) {
    std::string body;
    json::Writer w(body);
    w.begin_object().member("op", batch.name).member("dryRun", batch.dry_run);
    w.member("matched", ids.size()).member("success", done).member("failed", errors.size());
    write_texts(w, "ids", ids);
    w.key("errors").begin_array();
    for (const auto& [id, error] : errors)
        w.begin_object().member("id", id).member("error", error).end_object();
    w.end_array().end_object();
    return json_response(200, std::move(body));
}

Reply run(Call& call, store::Stores& stores, const Batch& batch) {
    KG_TRY(ids, batch.select.ids(call.office, stores));
    if (batch.dry_run) return write_outcome(batch, ids, 0, {});
    const auto now_ms = to_ms(call.office.parts().clock.wall());
    CheckErrors errors;
    std::size_t done = 0;
    const auto& draining = call.office.parts().draining;
    for (const auto& id : ids) {
        if (draining.load(std::memory_order_relaxed)) {  // thousands of changes would hold up its end
            errors.emplace_back(id, "the gateway is shutting down");
            continue;
        }
        if (auto applied = apply(batch, stores, id, now_ms)) {
            ++done;
            call.did("account." + batch.name, id);
        } else {
            errors.emplace_back(id, applied.error().message);
        }
    }
    if (done > 0) call.office.parts().changed();
    return write_outcome(batch, ids, done, errors);
}

/// The accounts are found on the office's thread, and checked on the loop of the call.
void run_checks(std::unique_ptr<Call> call, Done done, Batch batch) {
    auto held = std::make_shared<std::pair<std::unique_ptr<Call>, Done>>(std::move(call), std::move(done));
    const bool queued = held->first->office.batch([held, batch](store::Stores& stores) {
        auto& [request, answer] = *held;
        auto ids = batch.select.ids(request->office, stores);
        if (!ids) return answer(std::move(request), Err(std::move(ids).error()));
        if (batch.dry_run) return answer(std::move(request), write_outcome(batch, *ids, 0, {}));
        if (ids->size() > kChecksMax)
            return answer(std::move(request),
                          Err(invalid("select", "chooses more than " + std::to_string(kChecksMax) +
                                                    " accounts; upstream is asked about each")));
        check_accounts(std::move(request), std::move(answer),
                       batch.op == Op::verify ? AccountCheck::verify : AccountCheck::refresh, std::move(*ids),
                       [batch](Call&, const std::vector<std::string>& of, const CheckErrors& errors) {
                           return write_outcome(batch, of, of.size() - errors.size(), errors);
                       });
    });
    if (!queued) held->second(std::move(held->first), Err(busy()));
}

}  // namespace

void batch_accounts(std::unique_ptr<Call> call, Done done) {
    auto batch = read_batch(call->body());
    if (!batch) return done(std::move(call), Err(std::move(batch).error()));
    if (batch->op == Op::refresh || batch->op == Op::verify)
        return run_checks(std::move(call), std::move(done), std::move(*batch));
    run_batch(std::move(call), std::move(done),
              [batch = std::move(*batch)](Call& request, store::Stores& stores) {
                  return run(request, stores, batch);
              });
}

}  // namespace kg::admin::verbs
