#include "core/config/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "core/base/scope_exit.hpp"

namespace kg::config {
namespace {

constexpr std::size_t kBytesMax = 64 << 10;

using Failure = Err<std::string>;

std::string reason(int code) {
    return std::generic_category().message(code);
}

bool exists(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0;
}

Result<std::string, std::string> locate(const std::string& path, const std::string& base_dir,
                                        const Environment& environment) {
    if (!path.empty() && path.front() == '/') return path;
    const auto credentials = environment ? environment("CREDENTIALS_DIRECTORY") : std::nullopt;
    constexpr std::string_view kSpecifier = "%d/";
    if (path.compare(0, kSpecifier.size(), kSpecifier) == 0) {
        if (!credentials || credentials->empty()) {
            return Failure("%d stands for $CREDENTIALS_DIRECTORY, which is not set");
        }
        return *credentials + '/' + path.substr(kSpecifier.size());
    }
    if (credentials && !credentials->empty()) {
        auto inside = *credentials + '/' + path;
        if (exists(inside)) return inside;
    }
    return base_dir.empty() ? path : base_dir + '/' + path;
}

Result<std::string, std::string> read_all(int fd) {
    std::string text;
    text.reserve(kBytesMax + 1);  // one buffer, so that growing leaves no copies behind
    char buffer[4096];
    const ScopeExit wipe([&] { ::explicit_bzero(buffer, sizeof buffer); });
    while (text.size() <= kBytesMax) {
        const auto n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Failure("cannot be read: " + reason(errno));
        if (n == 0) return text;
        text.append(buffer, static_cast<std::size_t>(n));
    }
    return Failure("is larger than 64KiB");
}

}  // namespace

Result<SecretFile, std::string> read_secret_file(const std::string& path, const std::string& base_dir,
                                                 const Environment& environment) {
    if (path.find('\0') != std::string::npos) return Failure("the path holds a zero byte");
    KG_TRY(where, locate(path, base_dir, environment));
    // Not blocking: a FIFO in this place must be refused, not waited for.
    const int fd = ::open(where.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return Failure("file " + where + " cannot be opened: " + reason(errno));
    const ScopeExit close([fd] { ::close(fd); });
    struct stat info {};
    if (::fstat(fd, &info) != 0) return Failure("file " + where + ": " + reason(errno));
    if (!S_ISREG(info.st_mode)) return Failure("file " + where + " is not a regular file");
    if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return Failure("file " + where + " can be read or written by every user; try: chmod 600 " + where);
    }
    auto text = read_all(fd);
    if (!text) return Failure("file " + where + ' ' + text.error());
    std::string secret = std::move(*text);
    if (!secret.empty() && secret.back() == '\n') secret.pop_back();
    if (!secret.empty() && secret.back() == '\r') secret.pop_back();
    if (secret.empty()) return Failure("file " + where + " is empty");
    return SecretFile{where, Secret(std::move(secret))};
}

}  // namespace kg::config
