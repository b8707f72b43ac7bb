#pragma once

#include "core/store/store.hpp"
#include "daemon/admin/office.hpp"

/// Runtime settings: what was changed through the API, kept as one object in the store, so that a change
/// of several is one change. Values are texts as an environment variable would have them, and are checked
/// by the same table.
namespace kg::admin {

inline constexpr std::string_view kStoredSettings = "runtime.settings";
/// Blocks.
Result<Configuration::Stored> stored_settings(store::Stores& stores);

}  // namespace kg::admin
