#include "core/store/state_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/base/scope_exit.hpp"

namespace kg::store {
namespace {

Error failed(const std::string& what, int code) {
    return Error{.kind = ErrorKind::store_failed,
                 .message = what + ": " + std::generic_category().message(code)};
}

Error refused(std::string message) {
    return Error{.kind = ErrorKind::store_failed, .message = std::move(message)};
}

std::string octal(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
    return text.data();
}

/// mkdir -p: everything that is missing belongs to us alone. Only the last step's failure counts: a
/// parent may well exist in a place where we may create nothing.
Result<void> make_folders(const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        static_cast<void>(::mkdir(path.substr(0, slash).c_str(), 0700));
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return Err(failed("the state folder " + path + " cannot be created", errno));
    }
    return {};
}

/// A new name survives a power loss only once its folder is on disk.
Result<void> sync_folder(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return Err(failed("the state folder " + path + " cannot be opened", errno));
    const ScopeExit close_fd([fd] { ::close(fd); });
    if (::fsync(fd) != 0) {
        return Err(failed("the state folder " + path + " cannot be written to disk", errno));
    }
    return {};
}

}  // namespace

Result<void> prepare_state_dir(const std::string& path) {
    if (path.empty()) return Err(refused("no state folder is set"));
    KG_CHECK(make_folders(path));
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return Err(failed("the state folder " + path + " cannot be read", errno));
    }
    if (!S_ISDIR(info.st_mode)) return Err(refused("the state folder " + path + " is not a folder"));
    if (info.st_uid != ::geteuid()) {
        return Err(refused("the state folder " + path + " belongs to another user (uid " +
                           std::to_string(info.st_uid) + "): chown it or choose another one"));
    }
    if ((info.st_mode & 022) != 0) {
        return Err(refused("the state folder " + path + " can be written by other users (mode " +
                           octal(info.st_mode) + "): run chmod 700 on it"));
    }
    return {};
}

Result<void> prepare_private_file(const std::string& path) {
    // mknod and not open: closing a descriptor of a database file would drop the locks that another
    // connection of this process holds on it.
    if (::mknod(path.c_str(), S_IFREG | 0600, 0) == 0) {
        const auto slash = path.rfind('/');
        return sync_folder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
    }
    if (errno != EEXIST) return Err(failed(path + " cannot be created", errno));
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return Err(failed(path + " cannot be read", errno));
    if (!S_ISREG(info.st_mode)) return Err(refused(path + " is not a file"));
    if ((info.st_mode & 077) != 0 && ::chmod(path.c_str(), 0600) != 0) {
        return Err(failed(path + " can be read by other users and that cannot be changed", errno));
    }
    return {};
}

}  // namespace kg::store
