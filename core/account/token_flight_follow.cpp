// TokenKeeper::Flight, the part about accounts whose login lives in a file of another program.
#include <algorithm>

#include "core/account/token_flight.hpp"
#include "core/base/log.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using credentials::FileFailure;
using credentials::FileRefresh;
using std::chrono::milliseconds;

constexpr unsigned kBusyTriesMax = 600;    // a minute of another process's refresh
constexpr unsigned kBrokenTriesMax = 20;   // two seconds of somebody writing in place
constexpr unsigned kLooksMax = 30;         // over five seconds for the writer who was faster
constexpr unsigned kTakeoversMax = 20;     // of one flight
constexpr milliseconds kFirstPause = 5ms;  // doubles
constexpr milliseconds kPauseMax = 200ms;

milliseconds pause_after(unsigned tries) {
    auto pause = kFirstPause;
    for (unsigned i = 1; i < tries && pause < kPauseMax; ++i) pause *= 2;
    return std::min(pause, kPauseMax);
}

}  // namespace

void TokenKeeper::Flight::leave_file() {
    if (!file_) return;
    // Closing and unlinking touch the disk too.
    keeper_.files_.post([file = std::move(file_)] {});
    file_.reset();
}

void TokenKeeper::Flight::open_file() {
    leave_file();
    on_files<Opened>(
        [path = record_.follow_path]() -> Opened {
            auto file = FileRefresh::begin(path);
            if (!file) return Err(std::move(file).error());
            return std::shared_ptr<FileRefresh>(std::move(*file));
        },
        [this](Opened file) { opened(std::move(file)); });
}

void TokenKeeper::Flight::opened(Opened file) {
    if (!file) {
        const auto& failure = file.error();
        const bool busy = failure.kind == FileFailure::Kind::busy;
        if (failure.kind == FileFailure::Kind::missing) return login_lost(failure.what, true);
        ++file_tries_;
        if (busy ? file_tries_ > kBusyTriesMax
                 : failure.kind == FileFailure::Kind::failed || file_tries_ > kBrokenTriesMax)
            return fail_transient(failure.what);
        return again_in(pause_after(file_tries_), [this] { open_file(); });
    }
    file_tries_ = 0;
    file_ = std::move(*file);
    if (take_over(file_->login()) && token_is_valid(record_, keeper_.clock_.wall())) return succeed(record_);
    if (!file_->obstacle().empty())
        return fail_transient("not refreshed, because it could not be written back: " + file_->obstacle());
    call();
}

bool TokenKeeper::Flight::take_over(const credentials::SharedLogin& login) {
    const auto before = keeper_.pool_.record(id_);
    auto now = keeper_.pool_.login_read(id_, login);
    if (!now) return false;  // removed: the store's lease said otherwise a moment ago
    record_ = std::move(*now);
    return !before || before->token_generation != record_.token_generation;
}

/// The file holds another login than the one that was refreshed or refused.
void TokenKeeper::Flight::went_on_with_theirs() {
    if (++takeovers_ > kTakeoversMax) return fail_transient("the followed file changes all the time");
    open_file();
}

void TokenKeeper::Flight::write_back() {
    credentials::NewTokens tokens{
        .access_token = tokens_.access_token,
        .refresh_token = tokens_.refresh_token,
        .expires_at_ms = to_ms(keeper_.clock_.wall() + tokens_.expires_in),
        .profile_arn = tokens_.profile_arn,
    };
    using Written = Result<FileRefresh::Outcome, FileFailure>;
    on_files<Written>(
        [file = file_, tokens = std::move(tokens)]() -> Written { return file->write_back(tokens); },
        [this](Written done) {
            if (done && *done == FileRefresh::Outcome::written) return written();
            if (done) return went_on_with_theirs();
            // The rotated token exists only here: keep trying, nobody may use it before.
            if (++save_tries_ > kSaveTriesMax) return fail_transient(done.error().what);
            const bool soon = done.error().kind == FileFailure::Kind::broken && save_tries_ < kBrokenTriesMax;
            if (!soon) {
                log::error("account", "a rotated token could not be written back; trying again",
                           {{"account", id_}, {"error", done.error().what}});
            }
            again_in(soon ? pause_after(save_tries_) : kSaveRetry, [this] { write_back(); });
        });
}

void TokenKeeper::Flight::written() {
    auto login = file_->login();
    login.access_token = tokens_.access_token;
    if (!tokens_.refresh_token.empty()) login.refresh_token = tokens_.refresh_token;
    if (!tokens_.profile_arn.empty()) login.profile_arn = tokens_.profile_arn;
    const auto now = keeper_.clock_.wall();
    login.expires_at_ms = to_ms(now + tokens_.expires_in);
    take_over(login);
    // The store keeps no tokens of this account, but `account list` tells how fresh they are.
    keeper_.store_.post([id = id_, generation = stored_generation_, expires = login.expires_at_ms,
                         arn = login.profile_arn, now_ms = to_ms(now)](store::Stores& s) {
        static_cast<void>(s.accounts().save_tokens(id, generation, {}, {}, expires, arn, now_ms));
    });
    log::info("account", "token refreshed and written back",
              {{"account", id_}, {"expires_in_s", tokens_.expires_in.count()}});
    resolve_profile();
}

/// Upstream refused the token of the file. Whoever used it before us may be about to write.
void TokenKeeper::Flight::look_again(std::string reason) {
    if (++looks_ > kLooksMax) return login_lost(std::move(reason));
    using Read = Result<credentials::SharedLogin, FileFailure>;
    on_files<Read>([path = record_.follow_path]() -> Read { return credentials::read_login(path); },
                   [this, reason = std::move(reason)](Read login) mutable {
                       if (login && !(login->refresh_token == record_.refresh_token)) {
                           looks_ = 0;
                           return went_on_with_theirs();
                       }
                       again_in(pause_after(looks_), [this, reason = std::move(reason)]() mutable {
                           look_again(std::move(reason));
                       });
                   });
}

}  // namespace kg::account
