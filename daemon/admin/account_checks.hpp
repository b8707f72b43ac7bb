#pragma once

#include <string>
#include <vector>

#include "daemon/admin/operation.hpp"

namespace kg::admin {

/// What is asked of upstream for one account after the other.
enum class AccountCheck : std::uint8_t { refresh, verify };
inline constexpr std::size_t kChecksMax = 500;  // of one request: each costs calls to upstream

/// Checks these accounts, four at a time, on the loop of the call, and answers when the last has ended.
/// `write(call, errors)` makes the answer: errors are pairs of an id and what is wrong with it. From any
/// thread; a client that leaves stops nothing.
using CheckErrors = std::vector<std::pair<std::string, std::string>>;
using WriteChecks = UniqueFunction<Reply(Call&, const std::vector<std::string>& ids, const CheckErrors&)>;
void check_accounts(std::unique_ptr<Call> call, Done done, AccountCheck what, std::vector<std::string> ids,
                    WriteChecks write);

}  // namespace kg::admin
