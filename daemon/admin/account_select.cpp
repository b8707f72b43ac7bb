#include "daemon/admin/account_select.hpp"

#include "daemon/admin/account_list.hpp"

namespace kg::admin {
namespace {

constexpr std::size_t kAccountsMax = 10'000;

}  // namespace

Result<std::optional<AccountSelection>, Failure> AccountSelection::read(Fields& fields) {
    const auto node = fields.object("select");
    if (!node) return std::optional<AccountSelection>();
    Fields select(node);
    const auto ids = select.texts("ids", kAccountsMax, 64);
    const auto q = select.text("q", 4'096);
    if (ids.has_value() == q.has_value()) select.refuse("ids", "give either ids or q");
    KG_CHECK(select.finish());
    AccountSelection out;
    if (ids) out.ids_ = *ids;
    if (!q) return std::optional(std::move(out));
    auto query = store::AccountQuery::parse(*q);
    if (!query) {
        auto failure = failure_of(query.error());
        failure.field = "select.q";
        return Err(std::move(failure));
    }
    // Everything is asked for by its name, not by an empty box.
    if (query->everything() && q->find("all") == q->npos)
        return Err(invalid("select.q", "an empty query chooses nothing; write all"));
    out.query_ = std::move(*query);
    return std::optional(std::move(out));
}

Result<std::vector<std::string>, Failure> AccountSelection::ids(Office& office, store::Stores& stores) const {
    if (!query_) return ids_;
    KG_TRY(list, AccountList::read(office, stores));
    std::vector<std::string> out;
    for (const auto* account : list.matching(*query_)) out.push_back(account->id);
    if (out.size() > kAccountsMax) return Err(invalid("select.q", "chooses more than 10000 accounts"));
    return out;
}

}  // namespace kg::admin
