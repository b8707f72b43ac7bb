#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "daemon/admin/account_list.hpp"
#include "daemon/admin/fields.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin::verbs {
namespace {

constexpr std::int64_t kLimitMax = 1'000;

double used_share(const store::Account& a, const AccountLive& live) {
    if (live.view && live.view->quota && live.view->quota->limit > 0)
        return live.view->quota->used / live.view->quota->limit;
    return a.quota && a.quota->limit > 0 ? a.quota->used / a.quota->limit : -1;
}

using Less = bool (*)(const store::Account&, const AccountLive&, const store::Account&, const AccountLive&);
struct Order {
    std::string_view name;
    Less less;
};

template <auto Member>
constexpr Less by() {
    return [](const store::Account& a, const AccountLive&, const store::Account& b, const AccountLive&) {
        return a.*Member < b.*Member;
    };
}

constexpr auto kOrders = std::to_array<Order>({
    {"created", by<&store::Account::created_at_ms>()},
    {"email", by<&store::Account::email>()},
    {"errors", [](const store::Account&, const AccountLive& a, const store::Account&,
                  const AccountLive& b) { return a.day.errors < b.day.errors; }},
    {"expires", by<&store::Account::expires_at_ms>()},
    {"health",
     [](const store::Account& x, const AccountLive& a, const store::Account& y, const AccountLive& b) {
         return (a.view ? a.view->health : static_cast<int>(x.health)) <
                (b.view ? b.view->health : static_cast<int>(y.health));
     }},
    {"lastUsed", by<&store::Account::last_used_at_ms>()},
    {"name", by<&store::Account::name>()},
    {"priority", by<&store::Account::priority>()},
    {"requests", [](const store::Account&, const AccountLive& a, const store::Account&,
                    const AccountLive& b) { return a.day.requests < b.day.requests; }},
    {"state",
     [](const store::Account& x, const AccountLive& a, const store::Account& y, const AccountLive& b) {
         return (a.view ? account::state_name(a.view->state) : x.state) <
                (b.view ? account::state_name(b.view->state) : y.state);
     }},
    {"usage", [](const store::Account& x, const AccountLive& a, const store::Account& y,
                 const AccountLive& b) { return used_share(x, a) < used_share(y, b); }},
});

/// ?sort=usage:desc
Result<void, Failure> sort(std::vector<const store::Account*>& rows, const AccountList& list,
                           std::string_view wish) {
    if (wish.empty()) return {};
    const auto colon = wish.find(':');
    const auto direction = colon == wish.npos ? "asc" : wish.substr(colon + 1);
    const auto order = std::ranges::find(kOrders, wish.substr(0, colon), &Order::name);
    if (order == kOrders.end() || (direction != "asc" && direction != "desc")) {
        std::string known;
        for (const auto& o : kOrders) known.append(known.empty() ? "" : ", ").append(o.name);
        return Err(bad_query("sort", "use one of " + known + ", with :asc or :desc"));
    }
    const auto less = [&](const store::Account* a, const store::Account* b) {
        return order->less(*a, list.live(*a), *b, list.live(*b));
    };
    if (direction == "asc")
        std::ranges::stable_sort(rows, less);
    else
        std::ranges::stable_sort(rows, [&](const auto* a, const auto* b) { return less(b, a); });
    return {};
}

Result<store::AccountQuery, Failure> query_of(const Call& call) {
    auto query = store::AccountQuery::parse(query_text(call.query, "q"));
    if (query) return std::move(*query);
    return Err(bad_query("q", failure_of(query.error()).message));
}

}  // namespace

Reply list_accounts(Call& call, store::Stores& stores) {
    KG_TRY(query, query_of(call));
    KG_TRY(limit, query_number(call.query, "limit", kLimitMax, 1, kLimitMax));
    KG_TRY(from, query_number(call.query, "cursor", 0, 0, 1'000'000));
    KG_TRY(list, AccountList::read(call.office, stores));
    auto rows = list.matching(query);
    KG_CHECK(sort(rows, list, query_text(call.query, "sort")));
    std::string body;
    json::Writer w(body);
    w.begin_object().key("accounts").begin_array();
    const auto begin = std::min(static_cast<std::size_t>(from), rows.size());
    const auto end = std::min(begin + static_cast<std::size_t>(limit), rows.size());
    for (auto i = begin; i < end; ++i) write_account(w, *rows[i], list.live(*rows[i]));
    w.end_array().member("total", rows.size()).key("next");
    end < rows.size() ? w.string(std::to_string(end)) : w.null();
    w.end_object();
    return json_response(200, std::move(body));
}

Reply show_account(Call& call, store::Stores& stores) {
    KG_TRY(account, find_account(stores, call.id));
    KG_TRY(list, AccountList::read(call.office, stores));
    std::string body;
    json::Writer w(body);
    write_account(w, account, list.live(account));
    auto response = json_response(200, std::move(body));
    response.headers.add("etag", etag_of(account));
    return response;
}

Reply account_stats(Call& call, store::Stores& stores) {
    KG_TRY(query, query_of(call));
    KG_TRY(list, AccountList::read(call.office, stores));
    std::map<std::string, std::int64_t> states, providers;
    double limit = 0, used = 0;
    std::int64_t known = 0, usable = 0, in_flight = 0, disabled = 0;
    const auto rows = list.matching(query);
    for (const auto* a : rows) {
        const auto live = list.live(*a);
        ++states[a->enabled ? std::string(list.state(*a)) : "disabled"];
        ++providers[a->provider.empty() ? "unknown" : a->provider];
        disabled += !a->enabled;
        if (!live.view) continue;
        usable += live.view->usable;
        in_flight += live.view->in_flight;
        if (!live.view->quota) continue;
        ++known;
        limit += live.view->quota->limit;
        used += live.view->quota->used;
    }
    std::string body;
    json::Writer w(body);
    w.begin_object().member("total", rows.size()).member("available", usable).member("disabled", disabled);
    w.member("inFlight", in_flight).key("states").begin_object();
    for (const auto& [state, n] : states) w.member(state, n);
    w.end_object().key("providers").begin_object();
    for (const auto& [provider, n] : providers) w.member(provider, n);
    w.end_object().key("quota").begin_object().member("accounts", known).member("limit", limit);
    w.member("used", used).member("remaining", std::max(limit - used, 0.0)).end_object().end_object();
    return json_response(200, std::move(body));
}

/// The plan as it is known, and the use of the last thirty days, day by day.
Reply account_usage(Call& call, store::Stores& stores) {
    constexpr std::int64_t kDayMs = 86'400'000;
    KG_TRY(days, query_number(call.query, "days", 30, 1, 366));
    KG_TRY(account, find_account(stores, call.id));
    KG_TRY(list, AccountList::read(call.office, stores));
    const auto today = to_ms(call.office.parts().clock.wall()) / kDayMs * kDayMs;
    const store::UsageFilter filter{.step = store::UsageStep::hour,
                                    .from_ms = today - (days - 1) * kDayMs,
                                    .to_ms = today + kDayMs,
                                    .key_id = {},
                                    .account_id = account.id,
                                    .model = {}};
    KG_ASK(history, stores.history().usage(filter, store::UsageBy::time, kDayMs));
    store::UsageSums sum;
    for (const auto& slice : history) store::add(sum, slice.sums);
    std::string body;
    json::Writer w(body);
    w.begin_object().member("id", account.id).member("requestCount", sum.requests);
    w.member("errorCount", sum.errors).member("lastUsed", account.last_used_at_ms);
    write_text(w, "subscriptionType", plan_of(account, list.live(account)));
    w.key("account");
    write_account(w, account, list.live(account));
    w.key("history").begin_array();
    for (const auto& slice : history) {
        w.begin_object().member("at", slice.at_ms);
        write_sums(w, slice.sums);
        w.end_object();
    }
    w.end_array().end_object();
    return json_response(200, std::move(body));
}

Reply list_groups(Call& call, store::Stores& stores) {
    KG_TRY(list, AccountList::read(call.office, stores));
    std::map<std::string, std::int64_t> groups, tags;
    std::int64_t ungrouped = 0;
    for (const auto& a : list.all()) {
        for (const auto& group : a.groups) ++groups[group];
        for (const auto& tag : a.tags) ++tags[tag];
        ungrouped += a.groups.empty();
    }
    std::string body;
    json::Writer w(body);
    const auto write = [&w](std::string_view name, const std::map<std::string, std::int64_t>& counts) {
        w.key(name).begin_array();
        for (const auto& [of, n] : counts)
            w.begin_object().member("name", of).member("accounts", n).end_object();
        w.end_array();
    };
    w.begin_object();
    write("groups", groups);
    write("tags", tags);
    w.member("ungrouped", ungrouped).end_object();
    return json_response(200, std::move(body));
}

}  // namespace kg::admin::verbs
