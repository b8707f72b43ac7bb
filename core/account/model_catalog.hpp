#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/account/pool.hpp"
#include "core/account/token_keeper.hpp"
#include "core/kiro/control.hpp"
#include "core/kiro/models.hpp"
#include "core/loop/timer.hpp"

namespace kg::account {

/// What the accounts together offer. Immutable snapshot.
struct ModelList {
    std::vector<kiro::Model> models;
    bool live = false;  // false: the built-in table, no account has answered yet
};

/// Live model lists, asked per account in the background, merged and cached; the last good list is
/// kept when accounts stop answering (seed D15). Works on the control loop; current() is for any
/// thread and costs a mutex and a reference.
class ModelCatalog {
  public:
    ModelCatalog(loop::Loop& loop, fetch::Fetcher& fetcher, TokenKeeper& keeper, Pool& pool,
                 const Clock& clock, const kiro::UpstreamOptions& upstream);
    ~ModelCatalog();

    void start(std::chrono::milliseconds ttl);
    std::shared_ptr<const ModelList> current() const;
    /// Asks accounts whose list is older than the ttl (after accounts were added, say).
    void poll();

  private:
    struct PerAccount {
        std::vector<kiro::Model> models;
        SteadyTime asked{};
        bool ever_asked = false;
        unsigned failures = 0;
        std::unique_ptr<kiro::ListModels> call;
    };
    void ask(const std::string& id);
    void answered(const std::string& id, Result<std::vector<kiro::Model>, kiro::Failure> result);
    void merge();

    loop::Loop& loop_;
    fetch::Fetcher& fetcher_;
    TokenKeeper& keeper_;
    Pool& pool_;
    const Clock& clock_;
    const kiro::UpstreamOptions& upstream_;
    std::chrono::milliseconds ttl_{300'000};
    loop::Wakeup wakeup_;
    loop::Timer timer_;
    loop::Deferred reap_;
    std::unordered_map<std::string, PerAccount> accounts_;
    std::vector<std::unique_ptr<kiro::ListModels>> finished_;
    std::size_t running_ = 0;
    mutable std::mutex mutex_;
    std::shared_ptr<const ModelList> current_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::account
