#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "cmd/options.hpp"
#include "core/base/secret.hpp"
#include "core/store/store.hpp"

namespace kg::cmd {

/// Writes what the options of `key create` and `key edit` say into a key's record; the message of a
/// refusal names the option.
Result<void> apply_key_fields(const KeyFields& fields, store::Key& key, store::Stores& stores,
                              std::int64_t now_ms);
/// Says on stderr which of the given model patterns no model known today matches: right if more
/// models are to come, else a slip.
void note_unknown_models(const KeyFields& fields);
/// What a key has used in the day, week and month around now.
using PeriodUse = std::array<store::KeyUse, kPeriods>;
/// `secret`, when there is one, is the whole key text.
std::string key_json(const store::Key& key, const Secret* secret = nullptr, const PeriodUse* use = nullptr);

}  // namespace kg::cmd
