#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/context.hpp"
#include "core/base/error.hpp"
#include "core/store/records.hpp"

namespace kg::cmd {

/// What became of one account that upstream is asked about.
struct CheckedLogin {
    std::string ref;  // as it was named, until it is found
    std::optional<store::Account> account;
    std::string plan;
    std::optional<Error> error;
};

/// Asks upstream about each account that has no error yet, one after the other, and writes down what it
/// says; afterwards the records are the new ones. Blocks, two minutes for each at most.
Result<void> check_logins(std::vector<CheckedLogin>& all, Context& context);

}  // namespace kg::cmd
