#pragma once

#include <string>

#include "core/base/result.hpp"

namespace kg::store {

/// Creates the folder (0700, missing parents too) or checks it: it must be ours and nobody else may
/// write it. Call it before anything else is put there (the seal key, the database).
Result<void> prepare_state_dir(const std::string& path);

/// Creates an empty file (0600) unless it is there; takes away what rights others have to it.
Result<void> prepare_private_file(const std::string& path);

}  // namespace kg::store
