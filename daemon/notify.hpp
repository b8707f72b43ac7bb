#pragma once

#include <string_view>

namespace kg::daemon {

/// Tells the service manager ("READY=1", "STOPPING=1", "RELOADING=1", "STATUS=..."): one datagram
/// to the socket named by NOTIFY_SOCKET (sd_notify(3)); does nothing when `socket` is empty.
void notify(std::string_view socket, std::string_view message);

}  // namespace kg::daemon
