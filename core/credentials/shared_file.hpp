#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/credentials/shared_login.hpp"

namespace kg::credentials {

// Everything here blocks on the disk: on worker threads only.

/// Tells whether a file was written or replaced since it was looked at.
struct Fingerprint {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = 0, changed_ns = 0;
    auto operator<=>(const Fingerprint&) const = default;
};
/// Nothing when the file cannot be looked at.
std::optional<Fingerprint> fingerprint(const std::string& path);

Result<SharedLogin, FileFailure> read_login(const std::string& path);

/// One refresh of the login in a file that other programs refresh too: from the lock to the
/// write-back. Lifecycle: begin(); refresh with login(); write_back() before the tokens are used;
/// destroy, which unlocks.
///
/// The lock is flock(2) on the file itself: it leaves nothing behind, and who replaces the file
/// hands the lock over with the name. Programs that do not lock (the IDE) are noticed by the
/// refresh token that lies in the file. Room for the new file is taken before the refresh, so that
/// a full disk or a folder that cannot be written to does not cost the login.
class FileRefresh {
  public:
    /// `busy` while another process holds the lock; `failed` when it could not be written back.
    static Result<std::unique_ptr<FileRefresh>, FileFailure> begin(const std::string& path);
    FileRefresh(const FileRefresh&) = delete;
    FileRefresh& operator=(const FileRefresh&) = delete;
    ~FileRefresh();

    /// As it lay in the file when the lock was taken.
    const SharedLogin& login() const { return login_; }
    /// Why a write-back would fail; empty: it should not.
    const std::string& obstacle() const { return obstacle_; }

    enum class Outcome : std::uint8_t {
        written,
        superseded,  // another login lies there by now: use that one, read it again
    };
    /// Replaces the file atomically and durably (temporary file, fsync, rename, fsync of the folder)
    /// if it still holds the login() that was refreshed; mode and owner stay. After a failure it may
    /// be tried again.
    Result<Outcome, FileFailure> write_back(const NewTokens& tokens);

  private:
    FileRefresh(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    Result<void, FileFailure> make_draft();
    Result<void, FileFailure> fill_draft(const std::string& text);
    void drop_draft() noexcept;

    const std::string path_;
    const int fd_;  // holds the lock
    SharedLogin login_;
    std::string obstacle_;
    std::string draft_path_;
    int draft_fd_ = -1;
};

}  // namespace kg::credentials
