#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/account/token_keeper.hpp"
#include "core/credentials/shared_file.hpp"

namespace kg::account {

inline constexpr std::chrono::milliseconds kUsableMargin{60'000};  // a token with less left is not used

// While a rotated token cannot be stored or written back.
inline constexpr unsigned kSaveTriesMax = 60;
inline constexpr std::chrono::milliseconds kSaveRetry{1'000};

/// The refresh failed for good: somebody must sign in again.
Error login_lost_error(std::string reason);
/// It failed for now.
Error refresh_failed_error(std::string reason);
bool token_is_valid(const store::Account& record, WallTime now);

/// One refresh of one account, from the store's lease to the durable token:
/// claim -> (another process was faster: reload) -> refresh call -> save -> resolve profile -> reply.
/// Of an account that follows a file of another program (token_flight_follow.cpp):
/// claim -> lock and read the file -> (its program was faster: take theirs) -> refresh call ->
/// write back -> resolve profile -> reply.
/// On the keeper's loop. Destroying cancels; answers of the store and of the disk that come later
/// find it gone.
class TokenKeeper::Flight {
  public:
    Flight(TokenKeeper& keeper, std::string id);
    ~Flight();

    std::vector<Waiter> waiters;

    void begin() { claim(); }

  private:
    /// `done` if this flight is still under way when it is to be called.
    template <class R>
    UniqueFunction<void(R)> guarded(UniqueFunction<void(R)> done);
    template <class R>
    void on_store(UniqueFunction<R(store::Stores&)> job, UniqueFunction<void(R)> done);
    template <class R>
    void on_files(UniqueFunction<R()> job, UniqueFunction<void(R)> done);

    void claim();
    void call();
    void refreshed(Result<kiro::RefreshedTokens, kiro::RefreshFailure> result);
    void recheck_then_lose(std::string reason);
    void save();
    void resolve_profile();

    // Of a followed file.
    using Opened = Result<std::shared_ptr<credentials::FileRefresh>, credentials::FileFailure>;
    void open_file();
    void opened(Opened file);
    /// True when the file's login is another than the one known, and took over.
    bool take_over(const credentials::SharedLogin& login);
    void went_on_with_theirs();
    void write_back();
    void written();
    void look_again(std::string reason);
    void leave_file();

    void again_in(std::chrono::milliseconds pause, UniqueFunction<void()> step);
    void succeed(const store::Account& record);
    void login_lost(std::string reason, bool gone = false);
    void fail_transient(const std::string& reason);
    void end(Result<FreshToken> result);

    TokenKeeper& keeper_;
    const std::string id_;
    loop::Timer retry_;
    UniqueFunction<void()> step_;
    store::Account record_;
    std::uint64_t stored_generation_ = 0;  // of the store's row
    kiro::RefreshedTokens tokens_;
    std::unique_ptr<kiro::Refresh> refresh_;
    std::unique_ptr<kiro::ListProfiles> profiles_;
    std::shared_ptr<credentials::FileRefresh> file_;  // followed, and locked by us
    unsigned lease_tries_ = 0, tries_ = 0, save_tries_ = 0;
    unsigned file_tries_ = 0, looks_ = 0, takeovers_ = 0;
    bool rechecked_ = false, rate_limited_ = false;
};

template <class R>
UniqueFunction<void(R)> TokenKeeper::Flight::guarded(UniqueFunction<void(R)> done) {
    return [alive = keeper_.alive_, flight = this, keeper = &keeper_, id = id_,
            done = std::move(done)](R result) mutable {
        if (!*alive) return;
        const auto it = keeper->flights_.find(id);
        if (it == keeper->flights_.end() || it->second.get() != flight) return;
        done(std::move(result));
    };
}

template <class R>
void TokenKeeper::Flight::on_store(UniqueFunction<R(store::Stores&)> job, UniqueFunction<void(R)> done) {
    if (!keeper_.store_.run<R>(keeper_.wakeup_.door(), std::move(job), guarded(std::move(done))))
        fail_transient("the store's queue is full");
}

template <class R>
void TokenKeeper::Flight::on_files(UniqueFunction<R()> job, UniqueFunction<void(R)> done) {
    if (!keeper_.files_.run<R>(keeper_.wakeup_.door(), std::move(job), guarded(std::move(done))))
        fail_transient("too much work waits for the disk");
}

}  // namespace kg::account
