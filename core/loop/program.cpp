#include "core/loop/program.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "core/loop/back.hpp"
#include "core/loop/timer.hpp"

namespace kg::loop {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;

void limit(int pid, __rlimit_resource what, std::uint64_t most) {
    const rlimit value{most, most};
    prlimit(pid, what, &value, nullptr);
}

}  // namespace

/// Everything that libuv may still touch. The front owns it until the child has ended and all handles
/// are closed; a front that goes earlier leaves it to itself.
struct Program::Back {
    Back(Loop& loop, Input next, const ProgramLimits& most, Done tell)
        : input(std::move(next)),
          limits(most),
          done(std::move(tell)),
          timer(std::in_place, loop, [this] { timed_out(); }) {}

    bool start(Loop& loop, std::vector<std::string>& arguments) {
        uv_pipe_init(loop.raw(), &in, 0);
        uv_pipe_init(loop.raw(), &out, 0);
        open_handles = 2;
        for (uv_handle_t* handle : {as_handle(in), as_handle(out), as_handle(process)}) handle->data = this;

        std::vector<char*> argv;
        for (auto& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
        static char locale[] = "LC_ALL=C.UTF-8";
        std::array<char*, 3> environment{path, locale, nullptr};
        std::array<uv_stdio_container_t, 3> pipes{};
        pipes[0].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_READABLE_PIPE);
        pipes[0].data.stream = reinterpret_cast<uv_stream_t*>(&in);
        pipes[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
        pipes[1].data.stream = reinterpret_cast<uv_stream_t*>(&out);
        pipes[2].flags = UV_IGNORE;
        uv_process_options_t options{};
        options.file = argv[0];
        options.args = argv.data();
        options.env = environment.data();
        options.cwd = "/";
        options.stdio = pipes.data();
        options.stdio_count = 3;
        options.exit_cb = &Back::exited;
        started = running = uv_spawn(loop.raw(), &process, &options) == 0;
        ++open_handles;  // the process handle wants closing either way
        if (!started) return false;
        limit(process.pid, RLIMIT_AS, limits.memory_max_bytes);
        limit(process.pid, RLIMIT_CPU, static_cast<std::uint64_t>(limits.cpu_max.count()));
        limit(process.pid, RLIMIT_FSIZE, 0);
        limit(process.pid, RLIMIT_CORE, 0);
        timer->start(limits.time_max);
        uv_read_start(reinterpret_cast<uv_stream_t*>(&out), &Back::give_buffer, &Back::read);
        feed();
        return true;
    }

    void feed() {
        piece = input ? input() : std::string();
        if (piece.empty()) return close(as_handle(in), in_closed);
        const uv_buf_t buffer = uv_buf_init(piece.data(), static_cast<unsigned>(piece.size()));
        write.data = this;
        if (uv_write(&write, reinterpret_cast<uv_stream_t*>(&in), &buffer, 1, &Back::written) != 0)
            close(as_handle(in), in_closed);
    }

    static void written(uv_write_t* request, int status) noexcept {
        auto& back = *static_cast<Back*>(request->data);
        if (back.in_closed) return;
        // A child that has read enough closes its end: what it says still counts.
        if (status != 0) return back.close(as_handle(back.in), back.in_closed);
        back.feed();
    }

    static void give_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
        auto& back = *static_cast<Back*>(handle->data);
        back.chunk.resize(kReadBytes);
        *buffer = uv_buf_init(back.chunk.data(), static_cast<unsigned>(back.chunk.size()));
    }

    static void read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) noexcept {
        auto& back = *static_cast<Back*>(stream->data);
        if (count < 0) {
            back.close(as_handle(back.out), back.out_closed);
            return back.finish();
        }
        const auto room = back.limits.output_max_bytes - back.result.output.size();
        const auto taken = static_cast<std::size_t>(count);
        back.result.output.append(back.chunk, 0, std::min(taken, room));
        if (taken > room) back.stop(ProgramResult::Ending::output_full);
    }

    static void exited(uv_process_t* process, std::int64_t status, int signal) noexcept {
        auto& back = *static_cast<Back*>(process->data);
        back.running = false;
        if (back.result.ending == ProgramResult::Ending::not_started) {
            back.result.ending = signal == 0 ? ProgramResult::Ending::exited : ProgramResult::Ending::killed;
            back.result.exit_status = static_cast<int>(status);
        }
        back.close(as_handle(back.process), back.process_closed);
        back.finish();
    }

    void timed_out() {
        if (started) stop(ProgramResult::Ending::out_of_time);
        finish();
    }

    void stop(ProgramResult::Ending why) {
        if (result.ending == ProgramResult::Ending::not_started) result.ending = why;
        if (running) uv_process_kill(&process, SIGKILL);
        // A grandchild may hold the pipe open; the reaped child says nothing more.
        close(as_handle(out), out_closed);
        close(as_handle(in), in_closed);
    }

    /// Tells the owner, once the child has ended and all of its output is here.
    void finish() {
        if (running || !out_closed) return;
        if (timer) timer->stop();
        close(as_handle(in), in_closed);
        Done tell = std::move(done);
        if (tell) tell(std::move(result));  // may destroy this
    }

    void close(uv_handle_t* handle, bool& closed) {
        if (std::exchange(closed, true)) return;
        uv_close(handle, [](uv_handle_t* ended) noexcept { static_cast<Back*>(ended->data)->released(); });
    }

    void released() {
        if (--open_handles == 0 && orphaned) delete this;
    }

    /// Nobody else reaps a child whose handle is closed. It has been killed, but a large one takes its time
    /// to die: that is awaited on another thread.
    void reap() {
        uv_loop_t* const loop = process.loop;
        close(as_handle(process), process_closed);
        reaping.data = this;
        const auto work = [](uv_work_t* request) noexcept {
            static_cast<Back*>(request->data)->wait_for_end();
        };
        const auto after = [](uv_work_t* request, int) noexcept {
            static_cast<Back*>(request->data)->released();
        };
        if (uv_queue_work(loop, &reaping, work, after) == 0)
            ++open_handles;
        else
            wait_for_end();
    }

    void wait_for_end() const {
        while (::waitpid(process.pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    Input input;
    const ProgramLimits limits;
    Done done;
    std::optional<Timer> timer;  // goes with the front
    uv_process_t process{};
    uv_pipe_t in{}, out{};
    uv_write_t write{};
    uv_work_t reaping{};
    std::string piece, chunk;
    ProgramResult result;
    int open_handles = 0;  // and the reaping
    bool started = false, running = false, in_closed = false, out_closed = false, process_closed = false;
    bool orphaned = false;
};

Program::Program(Loop& loop, std::vector<std::string> arguments, Input input, const ProgramLimits& limits,
                 Done done)
    : back_(new Back(loop, std::move(input), limits, std::move(done))) {
    if (back_->start(loop, arguments)) return;
    // Told from the loop, as every other ending.
    back_->close(as_handle(back_->process), back_->process_closed);
    back_->close(as_handle(back_->in), back_->in_closed);
    back_->close(as_handle(back_->out), back_->out_closed);
    back_->timer->start(std::chrono::milliseconds(0));
}

Program::~Program() {
    Back& back = *back_;
    back.done = {};
    back.timer.reset();
    back.stop(ProgramResult::Ending::killed);
    if (std::exchange(back.running, false)) back.reap();
    back.orphaned = true;
    if (back.open_handles == 0) delete back_;
}

}  // namespace kg::loop
