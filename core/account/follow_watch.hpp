#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/account/file_worker.hpp"
#include "core/account/pool.hpp"
#include "core/credentials/shared_file.hpp"
#include "core/loop/timer.hpp"
#include "core/loop/wakeup.hpp"

namespace kg::account {

/// Reads the files of all accounts that follow one, before a loop runs. Blocking.
void read_followed(Pool& pool);

/// Notices within two seconds that the program whose login an account follows wrote new tokens, or
/// signed in again. Lives on one loop; looks at the files on the worker. Lifecycle: construct;
/// start(); destroy on the loop.
class FollowWatch {
  public:
    static constexpr std::chrono::milliseconds kLookEvery{2'000};

    FollowWatch(loop::Loop& loop, FileWorker& files, Pool& pool);
    ~FollowWatch();
    void start();
    /// One step of what the timer does: one look at each file unless one is under way.
    void poll();

  private:
    struct Look {
        std::string id, path;
        std::optional<credentials::Fingerprint> seen;
        std::optional<credentials::SharedLogin> login;  // when the file changed and can be read
    };
    using Looks = std::vector<Look>;
    void looked(Looks looks);

    FileWorker& files_;
    Pool& pool_;
    loop::Wakeup wakeup_;
    loop::Timer timer_;
    bool looking_ = false;
    std::unordered_map<std::string, Look> known_;  // by account; those of the last look
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::account
