#pragma once

#include "cmd/context.hpp"
#include "cmd/options.hpp"
#include "core/store/records.hpp"

namespace kg::cmd {

/// Applies the given options to a record and checks them; the error names the option.
Result<void> apply_fields(const AccountFields& fields, store::Account& account);
/// Fills what every new account has: id, creation time, a machine id frozen for ever
/// (kiro-upstream 6), the profile its provider implies.
void complete_new_account(store::Account& account, Context& context);
/// Upstream refuses truncated tokens late and cryptically: short ones are refused here.
Result<void> check_token(const store::Account& account);
/// The operator's reset: what the daemon holds against the account is forgotten.
void forget_failures(store::Account& account, const Clock& clock);
/// What was named, with the ids of all accounts it means in the place of each query: `all`, or terms of
/// store::AccountQuery such as "group:team-a usage:>80". A query that nothing matches is an error.
Result<std::vector<std::string>> expand_selectors(store::Stores& stores, std::vector<std::string> selectors,
                                                  const Clock& clock);
/// The account a selector names; malformed_request when there is none.
Result<store::Account> select_account(store::Stores& stores, const std::string& selector);
std::string account_json(const store::Account& account);

}  // namespace kg::cmd
