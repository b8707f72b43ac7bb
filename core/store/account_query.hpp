#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/records.hpp"

namespace kg::store {

/// Which accounts are meant, in one grammar for every surface (account-manager 4.1): terms separated
/// by spaces, all of which must hold; commas inside a term mean or.
///
///   text              in name, e-mail address or note, any case; or the beginning of an id
///   id: name: email:  exactly (a name or address in any case)
///   group: tag: provider: state: domain:   state also "disabled"; domain of the e-mail address
///   plan:pro          part of what upstream calls the plan, any case
///   enabled:yes|no
///   usage:>80  days:<7   percent of the plan used; days until the plan is renewed; > < >= <= =
///   all
///
/// A term may be quoted ("text with spaces") and, with a leading "-", must not hold. At most 64 terms.
class AccountQuery {
  public:
    /// malformed_request names the term that is wrong, with `param` "q".
    static Result<AccountQuery> parse(std::string_view text);
    /// `state` is the live one where it is known better than in the record. Unknown plans pass no
    /// plan:, usage: or days: term.
    bool matches(const Account& account, std::string_view state, std::int64_t now_ms) const;
    bool everything() const { return terms_.empty(); }

  private:
    enum class Field {
        any,
        id,
        name,
        email,
        group,
        tag,
        provider,
        state,
        domain,
        plan,
        enabled,
        usage,
        days
    };
    struct Term {
        Field field = Field::any;
        bool negated = false;
        std::vector<std::string> values;  // lower case
        std::string comparison;           // usage, days
        double number = 0;
    };
    static Result<Term> parse_term(std::string_view text);
    static bool holds(const Term& term, const Account& account, std::string_view state, std::int64_t now_ms);

    std::vector<Term> terms_;
};

}  // namespace kg::store
