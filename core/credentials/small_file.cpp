#include "core/credentials/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/scope_exit.hpp"

namespace kg::credentials {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

FileFailure system_failure(const char* verb, const std::string& path, int error) {
    const auto kind = error == ENOENT ? FileFailure::Kind::missing : FileFailure::Kind::failed;
    const std::string why =
        error == ELOOP ? "it is a symbolic link; name the file that it points to" : std::strerror(error);
    return {kind, std::string("cannot ") + verb + " " + path + ": " + why};
}

Result<std::string, FileFailure> read_small_file(int fd, const std::string& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return Err(system_failure("read", path, errno));
    if (!S_ISREG(info.st_mode))
        return Err(FileFailure{FileFailure::Kind::failed, path + " is no plain file"});
    std::string out(kCredentialFileMaxBytes + 1, '\0');
    std::size_t size = 0;
    while (size < out.size()) {
        const auto n = ::pread(fd, out.data() + size, out.size() - size, static_cast<off_t>(size));
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Err(system_failure("read", path, errno));
        size += static_cast<std::size_t>(n);
    }
    if (size > kCredentialFileMaxBytes)
        return Err(FileFailure{FileFailure::Kind::failed, path + " is larger than 64 KiB"});
    out.resize(size);
    return out;
}

Result<std::string, FileFailure> read_small_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return Err(system_failure("open", path, errno));
    const ScopeExit close_fd([fd] { ::close(fd); });
    return read_small_file(fd, path);
}

}  // namespace kg::credentials
