#include <algorithm>
#include <array>

#include "core/base/log.hpp"
#include "daemon/admin/account_fields.hpp"
#include "daemon/admin/account_list.hpp"
#include "daemon/admin/verbs.hpp"

/// POST /api/accounts/batch: one change for many accounts, chosen by ids or by a query (account-manager
/// 4.4). Every account is its own atomic change; what fails is told, the others go on.
namespace kg::admin::verbs {
namespace {

constexpr std::size_t kAccountsMax = 10'000;

enum class Op : std::uint8_t {
    enable,
    disable,
    remove,
    reset,
    add_tags,
    remove_tags,
    set_groups,
    set_priority
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
});

struct Batch {
    std::string name;
    Op op = Op::enable;
    bool by_query = false;
    std::vector<std::string> ids;
    store::AccountQuery query;
    std::vector<std::string> labels;
    std::int64_t priority = 0;
    bool dry_run = false;
};

Result<void, Failure> read_select(Fields& fields, Batch& batch) {
    const auto node = fields.object("select");
    if (!node) {
        fields.refuse("select", "field required: {\"ids\": [...]} or {\"q\": \"...\"}");
        return {};
    }
    Fields select(node);
    const auto ids = select.texts("ids", kAccountsMax, 64);
    const auto q = select.text("q", 4'096);
    if (ids.has_value() == q.has_value()) select.refuse("ids", "give either ids or q");
    KG_CHECK(select.finish());
    batch.by_query = q.has_value();
    if (ids) batch.ids = *ids;
    if (!q) return {};
    auto query = store::AccountQuery::parse(*q);
    if (!query) {
        auto failure = failure_of(query.error());
        failure.field = "select.q";
        return Err(std::move(failure));
    }
    // Deleting everything is asked for by its name, not by an empty box.
    if (query->everything() && q->find("all") == q->npos)
        return Err(invalid("select.q", "an empty query chooses nothing; write all"));
    batch.query = std::move(*query);
    return {};
}

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
    KG_CHECK(read_select(fields, batch));
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
        case Op::reset: return forget_failures(a, now_ms);
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
        case Op::remove: return;
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

Reply run(Call& call, store::Stores& stores, Batch& batch) {
    if (batch.by_query) {
        KG_TRY(list, AccountList::read(call.office, stores));
        for (const auto* account : list.matching(batch.query)) batch.ids.push_back(account->id);
        if (batch.ids.size() > kAccountsMax)
            return Err(invalid("select.q", "chooses more than 10000 accounts"));
    }
    const auto now_ms = to_ms(call.office.parts().clock.wall());
    std::string body;
    json::Writer w(body);
    std::vector<std::pair<std::string, std::string>> errors;
    std::size_t done = 0;
    if (!batch.dry_run) {
        for (const auto& id : batch.ids) {
            if (auto applied = apply(batch, stores, id, now_ms)) {
                ++done;
                call.did("account." + batch.name, id);
            } else {
                errors.emplace_back(id, applied.error().message);
            }
        }
        if (done > 0) call.office.parts().changed();
    }
    w.begin_object().member("op", batch.name).member("dryRun", batch.dry_run);
    w.member("matched", batch.ids.size()).member("success", done).member("failed", errors.size());
    write_texts(w, "ids", batch.ids);
    w.key("errors").begin_array();
    for (const auto& [id, error] : errors)
        w.begin_object().member("id", id).member("error", error).end_object();
    w.end_array().end_object();
    return json_response(200, std::move(body));
}

}  // namespace

void batch_accounts(std::unique_ptr<Call> call, Done done) {
    auto batch = read_batch(call->body());
    if (!batch) return done(std::move(call), Err(std::move(batch).error()));
    struct Held {
        std::unique_ptr<Call> call;
        Done done;
        Batch batch;
    };
    // Shared: a full queue gives the job back unrun.
    auto held = std::make_shared<Held>(Held{std::move(call), std::move(done), std::move(*batch)});
    const bool queued = held->call->office.batch([held](store::Stores& stores) {
        auto reply = run(*held->call, stores, held->batch);
        held->done(std::move(held->call), std::move(reply));
    });
    if (!queued) held->done(std::move(held->call), Err(busy()));
}

}  // namespace kg::admin::verbs
