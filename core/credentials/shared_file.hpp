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
    std::int64_t journal_size = 0, journal_changed_ns = 0;  // of a database
    auto operator<=>(const Fingerprint&) const = default;
};
/// Nothing when the file cannot be looked at.
std::optional<Fingerprint> fingerprint(const std::string& path);

/// The login in a JSON file or in a database of kiro-cli, told apart by their names.
Result<SharedLogin, FileFailure> read_login(const std::string& path);

/// One refresh of the login in a file that other programs refresh too: from the lock to the
/// write-back. Lifecycle: begin(); refresh with login(); write_back() before the tokens are used;
/// destroy, which unlocks. json_file.hpp and cli_database.hpp say how either kind is locked.
class FileRefresh {
  public:
    /// `busy` while another process holds the lock; `failed` when it could not be written back.
    static Result<std::unique_ptr<FileRefresh>, FileFailure> begin(const std::string& path);
    virtual ~FileRefresh() = default;

    /// As it lay in the file when the lock was taken.
    const SharedLogin& login() const { return login_; }
    /// Why a write-back would fail; empty: it should not.
    const std::string& obstacle() const { return obstacle_; }

    enum class Outcome : std::uint8_t {
        written,
        superseded,  // another login lies there by now: use that one, read it again
    };
    /// Puts the tokens in place of the old ones, all at once and durably, if the file still holds the login()
    /// that was refreshed. After a failure it may be tried again.
    virtual Result<Outcome, FileFailure> write_back(const NewTokens& tokens) = 0;

  protected:
    SharedLogin login_;
    std::string obstacle_;
};

}  // namespace kg::credentials
