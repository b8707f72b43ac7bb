#include "core/store/account_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/ascii.hpp"

namespace kg::store {
namespace {

constexpr std::size_t kTermsMax = 64;
constexpr double kDayMs = 86'400'000;

Error wrong(std::string_view term, std::string_view why) {
    return {.kind = ErrorKind::malformed_request,
            .message = "q: `" + std::string(term.substr(0, 60)) + "`: " + std::string(why),
            .param = "q"};
}

/// The next term, without its quotation marks; `rest` is behind it.
std::string next_term(std::string_view& rest) {
    std::string out;
    bool quoted = false;
    std::size_t i = 0;
    for (; i < rest.size() && (quoted || !ascii::is_space(rest[i])); ++i) {
        if (rest[i] == '"')
            quoted = !quoted;
        else
            out += rest[i];
    }
    rest.remove_prefix(i);
    while (!rest.empty() && ascii::is_space(rest.front())) rest.remove_prefix(1);
    return out;
}

bool compare(double value, std::string_view comparison, double number) {
    if (comparison == ">") return value > number;
    if (comparison == "<") return value < number;
    if (comparison == ">=") return value >= number;
    if (comparison == "<=") return value <= number;
    return value == number;
}

bool any_of_list(const std::vector<std::string>& list, std::string_view value) {
    return std::ranges::any_of(list,
                               [&](const auto& item) { return ascii::equals_ignoring_case(item, value); });
}

}  // namespace

Result<AccountQuery> AccountQuery::parse(std::string_view text) {
    AccountQuery out;
    text = ascii::trim(text);
    while (!text.empty()) {
        const auto term = next_term(text);
        if (term.empty() || ascii::equals_ignoring_case(term, "all")) continue;
        if (out.terms_.size() == kTermsMax) return Err(wrong(term, "at most 64 terms"));
        KG_TRY(parsed, parse_term(term));
        out.terms_.push_back(std::move(parsed));
    }
    return out;
}

Result<AccountQuery::Term> AccountQuery::parse_term(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, Field>, 12> kFields{{
        {"id", Field::id},
        {"name", Field::name},
        {"email", Field::email},
        {"group", Field::group},
        {"tag", Field::tag},
        {"provider", Field::provider},
        {"state", Field::state},
        {"domain", Field::domain},
        {"plan", Field::plan},
        {"enabled", Field::enabled},
        {"usage", Field::usage},
        {"days", Field::days},
    }};
    Term term;
    const auto whole = text;
    if (text.size() > 1 && text.front() == '-') {
        term.negated = true;
        text.remove_prefix(1);
    }
    if (const auto colon = text.find(':'); colon != text.npos) {
        const auto found = std::ranges::find(kFields, ascii::to_lower(text.substr(0, colon)),
                                             &std::pair<std::string_view, Field>::first);
        if (found == kFields.end())
            return Err(wrong(whole,
                             "use id, name, email, group, tag, provider, state, domain, plan, "
                             "enabled, usage or days before the colon"));
        term.field = found->second;
        text.remove_prefix(colon + 1);
    }
    if (text.empty()) return Err(wrong(whole, "a value is missing"));
    if (term.field == Field::usage || term.field == Field::days) {
        for (const std::string_view sign : {">=", "<=", ">", "<", "="}) {
            if (!text.starts_with(sign)) continue;
            term.comparison = sign;
            text.remove_prefix(sign.size());
            break;
        }
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), term.number);
        if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
            return Err(wrong(whole, "use a comparison and a number, as in usage:>80"));
        return term;
    }
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        if (const auto value = rest.substr(0, comma); !value.empty())
            term.values.push_back(ascii::to_lower(value));
        if (comma == rest.npos) break;
        rest.remove_prefix(comma + 1);
    }
    if (term.values.empty()) return Err(wrong(whole, "a value is missing"));
    if (term.field == Field::enabled &&
        (term.values.size() != 1 || (term.values[0] != "yes" && term.values[0] != "no")))
        return Err(wrong(whole, "use enabled:yes or enabled:no"));
    return term;
}

bool AccountQuery::holds(const Term& term, const Account& a, std::string_view state, std::int64_t now_ms) {
    if (term.field == Field::usage)
        return a.quota && a.quota->limit > 0 &&
               compare(100 * a.quota->used / a.quota->limit, term.comparison, term.number);
    if (term.field == Field::days)
        return a.quota && a.quota->resets_at_ms > 0 &&
               compare(static_cast<double>(a.quota->resets_at_ms - now_ms) / kDayMs, term.comparison,
                       term.number);
    return std::ranges::any_of(term.values, [&](const std::string& value) {
        switch (term.field) {
            case Field::any:
                return ascii::contains_ignoring_case(a.name, value) ||
                       ascii::contains_ignoring_case(a.email, value) ||
                       ascii::contains_ignoring_case(a.note, value) ||
                       ascii::to_lower(a.id).starts_with(value);
            case Field::id: return ascii::to_lower(a.id) == value;
            case Field::name: return ascii::equals_ignoring_case(a.name, value);
            case Field::email: return ascii::equals_ignoring_case(a.email, value);
            case Field::group: return any_of_list(a.groups, value);
            case Field::tag: return any_of_list(a.tags, value);
            case Field::provider: return ascii::equals_ignoring_case(a.provider, value);
            case Field::state: return value == "disabled" ? !a.enabled : state == value;
            case Field::domain: {
                const auto at = a.email.rfind('@');
                return at != a.email.npos &&
                       ascii::equals_ignoring_case(std::string_view(a.email).substr(at + 1), value);
            }
            case Field::plan: return a.quota && ascii::contains_ignoring_case(a.quota->plan, value);
            case Field::enabled: return a.enabled == (value == "yes");
            case Field::usage:
            case Field::days: break;
        }
        return false;
    });
}

bool AccountQuery::matches(const Account& account, std::string_view state, std::int64_t now_ms) const {
    return std::ranges::all_of(
        terms_, [&](const Term& term) { return holds(term, account, state, now_ms) != term.negated; });
}

}  // namespace kg::store
