#include "core/access/key_state.hpp"

namespace kg::access {

Result<std::vector<KeyState>> read_keys(store::Stores& stores, WallTime now) {
    KG_TRY(keys, stores.keys().list());
    std::vector<KeyState> out;
    out.reserve(keys.size());
    for (auto& key : keys) {
        KeyState& state = out.emplace_back(std::move(key));
        state.as_of = now;
        for (std::size_t i = 0; i < kPeriods; ++i) {
            const auto& quota = state.key.quotas[i];
            if (!quota.credits && !quota.tokens) continue;
            KG_TRY(zone, TimeZone::find(state.key.time_zone));
            const auto begin = zone.around(static_cast<Period>(i), now).begin;
            KG_TRY(use, stores.usage().key_use(state.key.id, to_ms(begin)));
            state.use[i] = use;
        }
    }
    return out;
}

}  // namespace kg::access
