#include "daemon/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstddef>
#include <cstring>

#include "core/base/log.hpp"

namespace kg::daemon {

void notify(std::string_view socket, std::string_view message) {
    sockaddr_un address{};
    if (socket.empty() || socket.size() >= sizeof address.sun_path || (socket[0] != '/' && socket[0] != '@'))
        return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket.data(), socket.size());
    if (socket[0] == '@') address.sun_path[0] = '\0';  // abstract name
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    if (::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL,
                 static_cast<const sockaddr*>(static_cast<const void*>(&storage)), length) < 0) {
        log::warn("service", "the service manager could not be notified", {{"error", std::strerror(errno)}});
    }
    ::close(fd);
}

}  // namespace kg::daemon
