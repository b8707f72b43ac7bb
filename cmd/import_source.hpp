#pragma once

#include <string>

#include "cmd/context.hpp"
#include "core/base/result.hpp"
#include "core/exchange/forms.hpp"

namespace kg::cmd {

/// What `account import` reads.
struct ImportSource {
    exchange::Forms forms;
    std::string path;  // "-": standard input
};

/// From the program, file or standard input that the options name. Blocks.
Result<ImportSource> read_import_source(const AccountImportOptions& options, const Context& context);
/// The path that an account is to follow, or why this source cannot be shared.
Result<std::string> path_to_follow(const ImportSource& source);

}  // namespace kg::cmd
