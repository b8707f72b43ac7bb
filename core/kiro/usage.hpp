#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"

namespace kg::kiro {

/// How much of its plan an account has used, in credits (kiro-upstream 7): base, active trial,
/// active bonuses, and overage where the account may pay for more.
struct Usage {
    double limit = 0, used = 0;
    WallTime resets_at{};
    std::string plan;  // "KIRO PRO"; may be empty
    double remaining() const { return limit > used ? limit - used : 0; }
};

/// The answer of getUsageLimits as of `now`; malformed_request when it names no limit.
Result<Usage> parse_usage(std::string body, WallTime now);

/// Asks for the usage: the first configured generation, the next one on wrong_endpoint or connect.
/// One call: destroying cancels, else `done` once on the loop. Upstream wants no more than one a
/// minute and account.
class GetUsage {
  public:
    using Done = UniqueFunction<void(Result<Usage, Failure>)>;
    GetUsage(fetch::Fetcher& fetcher, const UpstreamOptions& options, Caller caller, const Clock& clock,
             Done done);
    ~GetUsage();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::kiro
