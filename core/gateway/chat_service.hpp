#pragma once

#include <memory>

#include "core/account/model_catalog.hpp"
#include "core/account/pool.hpp"
#include "core/account/tenant_cache.hpp"
#include "core/account/token_keeper.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/chat/calibration.hpp"
#include "core/chat/credit_rates.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/gateway/cut_calls.hpp"
#include "core/gateway/settings.hpp"
#include "core/gateway/stats.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/loop/loop.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::gateway {

struct Compression;

/// What the jobs of one loop share. The process-wide objects are thread-safe by their own headers;
/// the loop, fetcher and door belong to this loop. A plain bundle: it owns nothing but its door.
struct ChatService {
    loop::Loop& loop;
    fetch::Fetcher& fetcher;
    account::Pool& pool;
    account::TokenKeeper& keeper;
    account::TenantCache& tenants;
    account::ModelCatalog& catalog;
    const kiro::UpstreamOptions& upstream;
    const SettingsHolder& settings;
    Stats& stats;
    const Clock& clock;
    Random& random;
    loop::Wakeup::Door door;                        // of this loop
    chat::TokenCalibration* calibration = nullptr;  // null: estimates are taken as they are
    Compression* compression = nullptr;             // null: nothing is ever compressed
    chat::CreditRates* credit_rates = nullptr;      // null: answers that are cut short cost nothing
    CutCalls* cut_calls = nullptr;                  // null: the model is not told of cut tool calls
};

}  // namespace kg::gateway
