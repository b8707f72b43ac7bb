#include "core/loop/program.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "tests/support/catch.hpp"

using namespace kg;
using loop::ProgramResult;
using Ending = loop::ProgramResult::Ending;

namespace {

loop::Program::Input once(std::string text) {
    return [text = std::move(text)]() mutable { return std::exchange(text, std::string()); };
}

ProgramResult run(std::vector<std::string> arguments, loop::Program::Input input = {},
                  const loop::ProgramLimits& limits = {}) {
    std::signal(SIGPIPE, SIG_IGN);
    loop::Loop loop;
    std::optional<ProgramResult> got;
    const loop::Program program(loop, std::move(arguments), std::move(input), limits,
                                [&](ProgramResult result) { got = std::move(result); });
    while (!got) loop.run_once();
    return std::move(*got);
}

}  // namespace

TEST_CASE("a program gets its input in pieces and its output back") {
    int pieces = 0;
    const auto result =
        run({"cat"}, [&pieces] { return pieces++ < 100 ? std::string(10'000, 'x') : std::string(); });
    CHECK(result.ending == Ending::exited);
    CHECK(result.exit_status == 0);
    CHECK(result.output.size() == 1'000'000);
}

TEST_CASE("a program's status, and one that does not exist") {
    const auto failed = run({"sh", "-c", "echo said; exit 3"}, once("not read"));
    CHECK(failed.ending == Ending::exited);
    CHECK(failed.exit_status == 3);
    CHECK(failed.output == "said\n");
    CHECK(run({"kirogate-no-such-program"}).ending == Ending::not_started);
}

TEST_CASE("a program that takes too long or says too much is killed") {
    loop::ProgramLimits limits;
    limits.time_max = std::chrono::milliseconds(50);
    CHECK(run({"sleep", "60"}, {}, limits).ending == Ending::out_of_time);
    limits = {};
    limits.output_max_bytes = 1000;
    const auto loud = run({"sh", "-c", "while :; do echo yes yes yes; done"}, {}, limits);
    CHECK(loud.ending == Ending::output_full);
    CHECK(loud.output.size() == 1000);
}

TEST_CASE("a program has bounded memory, no files to write and a bare environment") {
    loop::ProgramLimits limits;
    limits.memory_max_bytes = 64u << 20;
    // The limits hold before the first byte of input arrives.
    const auto memory = run({"sh", "-c", "read x; ulimit -v; ulimit -c; ulimit -f"}, once("go\n"), limits);
    CHECK(memory.output == "65536\n0\n0\n");
    const auto environment = run({"env"});
    CHECK(environment.output == "PATH=/usr/local/bin:/usr/bin:/bin\nLC_ALL=C.UTF-8\n");
}

TEST_CASE("destroying a running program kills it, is silent and leaves nothing to reap") {
    {
        loop::Loop loop;
        bool told = false;
        {
            const loop::Program program(loop, {"sleep", "60"}, {}, {}, [&](ProgramResult) { told = true; });
            loop.run_once(false);
        }
        CHECK_FALSE(told);
        // The loop's destructor waits until the child has been reaped.
    }
    CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);
    CHECK(errno == ECHILD);
}
