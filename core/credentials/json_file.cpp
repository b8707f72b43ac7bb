#include "core/credentials/json_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include "core/base/random.hpp"
#include "core/base/scope_exit.hpp"
#include "core/credentials/small_file.hpp"

namespace kg::credentials {
namespace {

constexpr off_t kGrowthMaxBytes = 16 << 10;  // what new tokens may be longer than old ones
constexpr int kOpenTriesMax = 5;             // each lost to somebody who replaced the file

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// A locked descriptor of the file that has this name now.
Result<int, FileFailure> open_locked(const std::string& path) {
    for (int i = 0; i < kOpenTriesMax; ++i) {
        constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
        int fd = ::open(path.c_str(), O_RDWR | kFlags);  // some file systems lock only what may be written
        if (fd < 0 && (errno == EACCES || errno == EROFS)) fd = ::open(path.c_str(), O_RDONLY | kFlags);
        if (fd < 0) return Err(system_failure("open", path, errno));
        if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
            const int error = errno;
            ::close(fd);
            if (error == EINTR) continue;
            if (error == EWOULDBLOCK)
                return Err(FileFailure{FileFailure::Kind::busy, path + " is locked by another process"});
            return Err(system_failure("lock", path, error));
        }
        struct stat held {
        }, named{};
        if (::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 && same_file(held, named))
            return fd;
        ::close(fd);  // replaced between open and lock
    }
    return Err(FileFailure{FileFailure::Kind::busy, path + " is being replaced"});
}

Result<void, FileFailure> sync_folder(const std::string& path) {
    const auto folder = folder_of(path);
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return Err(system_failure("open", folder, errno));
    const ScopeExit close_fd([fd] { ::close(fd); });
    // Some file systems know no fsync of a folder; the new name is there all the same.
    if (::fsync(fd) != 0 && errno != EINVAL) return Err(system_failure("sync", folder, errno));
    return {};
}

class JsonRefresh final : public FileRefresh {
  public:
    JsonRefresh(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    JsonRefresh(const JsonRefresh&) = delete;
    JsonRefresh& operator=(const JsonRefresh&) = delete;
    ~JsonRefresh() override {
        drop_draft();
        ::close(fd_);  // unlocks
    }
    Result<void, FileFailure> read();
    Result<Outcome, FileFailure> write_back(const NewTokens& tokens) override;

  private:
    Result<void, FileFailure> make_draft();
    Result<void, FileFailure> fill_draft(const std::string& text);
    void drop_draft() noexcept;

    const std::string path_;
    const int fd_;  // holds the lock
    std::string draft_path_;
    int draft_fd_ = -1;
};

Result<void, FileFailure> JsonRefresh::read() {
    auto text = read_small_file(fd_, path_);
    if (!text) return Err(std::move(text).error());
    auto login = parse_login(std::move(*text), folder_of(path_));
    if (!login) return Err(std::move(login).error());
    login_ = std::move(*login);
    if (auto made = make_draft(); !made) obstacle_ = std::move(made).error().what;
    return {};
}

void JsonRefresh::drop_draft() noexcept {
    if (draft_fd_ >= 0) ::close(std::exchange(draft_fd_, -1));
    if (!draft_path_.empty()) ::unlink(draft_path_.c_str());
    draft_path_.clear();
}

Result<void, FileFailure> JsonRefresh::make_draft() {
    drop_draft();
    struct stat old {};
    if (::fstat(fd_, &old) != 0) return Err(system_failure("read", path_, errno));
    SystemRandom random;
    const auto path = path_ + "." + random.base62(12) + ".tmp";
    draft_fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (draft_fd_ < 0) return Err(system_failure("create", path, errno));
    draft_path_ = path;
    struct stat made {};
    if (::fstat(draft_fd_, &made) != 0) return Err(system_failure("read", path, errno));
    const bool foreign = made.st_uid != old.st_uid || made.st_gid != old.st_gid;
    if (foreign && ::fchown(draft_fd_, old.st_uid, old.st_gid) != 0 && made.st_uid != old.st_uid)
        return Err(FileFailure{FileFailure::Kind::failed, path_ + " belongs to another user"});
    if (::fchmod(draft_fd_, old.st_mode & 07777) != 0) return Err(system_failure("change", path, errno));
    const int error = ::posix_fallocate(draft_fd_, 0, old.st_size + kGrowthMaxBytes);
    if (error != 0 && error != EOPNOTSUPP && error != EINVAL)
        return Err(system_failure("reserve room for", path, error));
    return {};
}

Result<void, FileFailure> JsonRefresh::fill_draft(const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const auto n = ::pwrite(draft_fd_, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Err(system_failure("write", draft_path_, errno));
        done += static_cast<std::size_t>(n);
    }
    if (::ftruncate(draft_fd_, static_cast<off_t>(text.size())) != 0 || ::fsync(draft_fd_) != 0)
        return Err(system_failure("write", draft_path_, errno));
    return {};
}

Result<FileRefresh::Outcome, FileFailure> JsonRefresh::write_back(const NewTokens& tokens) {
    if (draft_fd_ < 0) {
        if (auto made = make_draft(); !made) return Err(std::move(made).error());
    }
    auto text = read_small_file(path_);
    if (!text && text.error().kind == FileFailure::Kind::missing) return Outcome::superseded;
    if (!text) return Err(std::move(text).error());
    auto now = parse_login(*text, folder_of(path_));
    if (!now && now.error().kind == FileFailure::Kind::missing) return Outcome::superseded;
    if (!now) return Err(std::move(now).error());
    if (!(now->refresh_token == login_.refresh_token)) return Outcome::superseded;
    auto changed = with_tokens(std::move(*text), tokens);
    if (!changed) return Err(std::move(changed).error());
    if (auto filled = fill_draft(*changed); !filled) return Err(std::move(filled).error());
    if (::rename(draft_path_.c_str(), path_.c_str()) != 0)
        return Err(system_failure("replace", path_, errno));
    draft_path_.clear();
    drop_draft();
    if (auto synced = sync_folder(path_); !synced) return Err(std::move(synced).error());
    return Outcome::written;
}

}  // namespace

Result<SharedLogin, FileFailure> read_json_login(const std::string& path) {
    auto text = read_small_file(path);
    if (!text) return Err(std::move(text).error());
    return parse_login(std::move(*text), folder_of(path));
}

Result<std::unique_ptr<FileRefresh>, FileFailure> begin_json_refresh(const std::string& path) {
    auto fd = open_locked(path);
    if (!fd) return Err(std::move(fd).error());
    auto refresh = std::make_unique<JsonRefresh>(path, *fd);
    if (auto read = refresh->read(); !read) return Err(std::move(read).error());
    return std::unique_ptr<FileRefresh>(std::move(refresh));
}

}  // namespace kg::credentials
