#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"
#include "core/kiro/models.hpp"

namespace kg::kiro {

/// Control-plane calls (kiro-upstream 1.4-1.6), first configured generation, next one on
/// wrong_endpoint/connect. Each object is one call: destroying cancels, else `done` once on the
/// loop.
class ListModels {
  public:
    using Done = UniqueFunction<void(Result<std::vector<Model>, Failure>)>;
    ListModels(fetch::Fetcher& fetcher, const UpstreamOptions& options, Caller caller, Done done);
    ~ListModels();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Asks region by region (kiro-upstream 1.6); an empty list means that no region has a profile.
/// Not for Builder ID, Google and GitHub: default_profile_arn() knows theirs.
class ListProfiles {
  public:
    struct Profile {
        std::string arn, name;
    };
    using Done = UniqueFunction<void(Result<std::vector<Profile>, Failure>)>;
    ListProfiles(fetch::Fetcher& fetcher, const UpstreamOptions& options, Caller caller, Done done);
    ~ListProfiles();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::kiro
