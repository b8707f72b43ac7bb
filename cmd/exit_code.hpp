#pragma once

#include "core/base/error.hpp"

namespace kg::cmd {

/// Exit statuses, the same for every command; kirogate(1) lists them.
enum class ExitCode : int {
    ok = 0,
    failure = 1,
    usage = 2,     // wrong options, or a configuration that does not load
    partial = 3,   // some of several items failed
    auth = 4,      // a key or login was refused
    quota = 5,     // a rate or credit limit
    upstream = 6,  // the provider failed or could not be reached
    interrupted = 130,
};

ExitCode exit_code_of(ErrorKind kind);

}  // namespace kg::cmd
