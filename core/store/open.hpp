#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/base/seal.hpp"
#include "core/store/store.hpp"

namespace kg::store {

/// State directory with kirogate.db inside; created 0700, files 0600. Runs the migrations. A
/// database newer than this binary, or a folder that others may write, is refused with a sentence
/// that says so.
Result<std::unique_ptr<Stores>> open_sqlite(const std::string& state_dir, Sealer sealer);
/// Nothing on disk: tests and `serve --demo`.
std::unique_ptr<Stores> open_memory();

}  // namespace kg::store
