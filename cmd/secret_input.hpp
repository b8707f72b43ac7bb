#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/secret.hpp"

namespace kg::cmd {

/// A secret from a file ("-" is stdin), from stdin when that is not a terminal, or from a prompt
/// with echo off. Never from argv. One trailing newline is dropped; empty input is an error.
Result<Secret> read_secret(std::string_view what, const std::optional<std::string>& file);
/// Whole file, at most `max_bytes`; "-" is stdin.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);
bool stdin_is_terminal();

}  // namespace kg::cmd
