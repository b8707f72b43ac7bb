#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/config/load.hpp"

namespace kg::config {

struct SecretFile {
    std::string path;  // where it was found
    Secret secret;
};

/// Reads a secret: the whole file without one trailing line end. A relative path is looked up in
/// $CREDENTIALS_DIRECTORY, then in `base_dir`; a leading "%d/" means the former alone. The error,
/// for people, says why the file cannot be used.
Result<SecretFile, std::string> read_secret_file(const std::string& path, const std::string& base_dir,
                                                 const Environment& environment);

}  // namespace kg::config
