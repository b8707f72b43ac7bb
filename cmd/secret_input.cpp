#include "cmd/secret_input.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "cmd/output.hpp"
#include "core/base/ascii.hpp"
#include "core/base/scope_exit.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kSecretMaxBytes = 64 << 10;

Error io_error(const std::string& what) {
    return {.kind = ErrorKind::io_failed, .message = what + ": " + std::strerror(errno)};
}

Result<std::string> read_fd(int fd, const std::string& name, std::size_t max_bytes) {
    std::string out;
    char buffer[65536];
    for (;;) {
        const auto n = ::read(fd, buffer, sizeof buffer);
        if (n == 0) return out;
        if (n < 0) {
            if (errno == EINTR) continue;
            return Err(io_error("cannot read " + name));
        }
        out.append(buffer, static_cast<std::size_t>(n));
        if (out.size() > max_bytes) {
            return Err(Error{.kind = ErrorKind::io_failed,
                             .message = name + " is larger than " + std::to_string(max_bytes) + " bytes"});
        }
    }
}

Result<std::string> prompt(std::string_view what) {
    const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty < 0)
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = "no terminal to ask for the " + std::string(what) +
                                    "; give it on stdin or with a file option"});
    const ScopeExit close_tty([tty] { ::close(tty); });
    termios old{};
    const bool known = ::tcgetattr(tty, &old) == 0;
    if (known) {
        termios quiet = old;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(tty, TCSAFLUSH, &quiet);
    }
    const ScopeExit restore([&] {
        if (known) ::tcsetattr(tty, TCSAFLUSH, &old);
        [[maybe_unused]] const auto n = ::write(tty, "\n", 1);
    });
    const auto question = std::string(what) + ": ";
    [[maybe_unused]] const auto n = ::write(tty, question.data(), question.size());
    std::string line;
    char c = 0;
    while (line.size() < kSecretMaxBytes && ::read(tty, &c, 1) == 1 && c != '\n') line += c;
    return line;
}

}  // namespace

bool stdin_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    if (path == "-") return read_fd(STDIN_FILENO, "stdin", max_bytes);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Err(io_error("cannot open " + path));
    const ScopeExit close_fd([fd] { ::close(fd); });
    return read_fd(fd, path, max_bytes);
}

Result<Secret> read_secret(std::string_view what, const std::optional<std::string>& file) {
    auto text = file                  ? read_file(*file, kSecretMaxBytes)
                : stdin_is_terminal() ? prompt(what)
                                      : read_file("-", kSecretMaxBytes);
    if (!text) return Err(std::move(text).error());
    const auto trimmed = ascii::trim(*text);
    if (trimmed.empty())
        return Err(
            Error{.kind = ErrorKind::malformed_request, .message = "the " + std::string(what) + " is empty"});
    return Secret(std::string(trimmed));
}

}  // namespace kg::cmd
