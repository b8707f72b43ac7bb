#pragma once

#include <cstddef>
#include <string>

#include "core/credentials/shared_login.hpp"

namespace kg::credentials {

inline constexpr std::size_t kCredentialFileMaxBytes = 64 << 10;

/// The whole of a regular file of at most kCredentialFileMaxBytes. A symbolic link is refused: what
/// is written back would replace the link. Blocking.
Result<std::string, FileFailure> read_small_file(const std::string& path);
/// The same of a descriptor, from its beginning.
Result<std::string, FileFailure> read_small_file(int fd, const std::string& path);

/// The part before the last slash, "." without one.
std::string folder_of(const std::string& path);

/// "cannot open /x: Permission denied"; `missing` for ENOENT, `failed` for the rest.
FileFailure system_failure(const char* verb, const std::string& path, int error);

}  // namespace kg::credentials
