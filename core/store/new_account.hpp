#pragma once

#include <cstdint>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/store/records.hpp"

/// What every surface does with an account that is made or edited: command line, admin API, import.
namespace kg::store {

/// Fills what every new account has and this one lacks: id, time of creation, way of signing in, provider,
/// a machine id that is frozen for ever (kiro-upstream 6).
void complete_new_account(Account& account, Random& random, std::int64_t now_ms);

/// Why an account cannot sign in as it is: nothing to sign in with, a token that was cut or copied with
/// something around it (upstream refuses those late and cryptically), or a registration that is missing.
/// malformed_request with the field in `param`.
Result<void> check_login(const Account& account);

/// The operator's reset: what is held against the account is forgotten.
void forget_failures(Account& account, std::int64_t now_ms);

}  // namespace kg::store
