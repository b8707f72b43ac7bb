#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/unique_function.hpp"
#include "core/loop/loop.hpp"

namespace kg::loop {

/// What a child process may use; it is killed when it uses more.
struct ProgramLimits {
    std::chrono::milliseconds time_max{10'000};
    std::chrono::seconds cpu_max{10};
    std::uint64_t memory_max_bytes = 1u << 30;  // of address space
    std::size_t output_max_bytes = 4u << 20;
};

struct ProgramResult {
    /// `output_full`: stopped because it said more than it may, which is kept up to the limit.
    enum class Ending : std::uint8_t { exited, killed, out_of_time, output_full, not_started };
    Ending ending = Ending::not_started;
    int exit_status = 0;  // with Ending::exited
    std::string output;
};

/// One run of a program as a child process: bytes in, bytes out, nothing else; standard error and the
/// environment stay behind (but for PATH and a UTF-8 locale), no files may be written. It gets its input
/// only once its limits hold.
/// The process must ignore SIGPIPE.
/// Lives on its loop. Destroying kills the child and is silent; otherwise `done` runs exactly once and may
/// destroy the Program.
class Program {
  public:
    /// The next piece of the input, empty at its end; called whenever the child has taken the last.
    using Input = UniqueFunction<std::string()>;
    using Done = UniqueFunction<void(ProgramResult)>;

    /// `arguments`: the program, looked for in PATH, and what it is told.
    Program(Loop& loop, std::vector<std::string> arguments, Input input, const ProgramLimits& limits,
            Done done);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

  private:
    struct Back;
    Back* back_;  // freed when the child is gone and its pipes are closed
};

}  // namespace kg::loop
