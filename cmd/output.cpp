#include "cmd/output.hpp"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "cmd/exit_code.hpp"
#include "core/base/ascii.hpp"
#include "core/config/load.hpp"
#include "core/kiro/auth.hpp"

namespace kg::cmd {
namespace {

bool g_print_failed = false;  // stdout is one per process

void write_all(int fd, std::string_view text, bool& failed) {
    while (!text.empty() && !failed) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n > 0)
            text.remove_prefix(static_cast<std::size_t>(n));
        else if (errno != EINTR)
            failed = true;
    }
}

std::size_t width(std::string_view text) {
    std::size_t n = 0;
    for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return n;
}

}  // namespace

ExitCode exit_code_of(ErrorKind kind) {
    using enum ErrorKind;
    switch (kind) {
        case unauthenticated:
        case forbidden:
        case model_not_allowed:
        case upstream_auth:
        case account_suspended:
        case upstream_forbidden: return ExitCode::auth;
        case key_quota_exhausted:
        case rate_limited:
        case accounts_exhausted:
        case upstream_throttled: return ExitCode::quota;
        case no_account:
        case upstream_overloaded:
        case upstream_rejected:
        case upstream_failed:
        case upstream_timeout:
        case overloaded: return ExitCode::upstream;
        case malformed_request:
        case unsupported:
        case config_invalid: return ExitCode::usage;
        case cancelled: return ExitCode::interrupted;
        default: return ExitCode::failure;
    }
}

void print(std::string_view text) {
    write_all(STDOUT_FILENO, text, g_print_failed);
}
bool print_failed() {
    return g_print_failed;
}

void print_line(std::string_view text) {
    std::string line(text);
    line += '\n';
    print(line);
}

void print_error(std::string_view text) {
    bool ignored = false;
    write_all(STDERR_FILENO, text, ignored);
}

void note(std::string_view text) {
    // Each line says who speaks: several errors of one file come as several lines.
    std::string lines;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.append("kirogate: ").append(text.substr(begin, end - begin)) += '\n';
        begin = end + 1;
    }
    print_error(lines);
}

void complain(const Error& error) {
    note(error.param.empty() || error.message.find(error.param) != std::string::npos
             ? error.message
             : error.param + ": " + error.message);
    if (!error.detail.empty()) note("  " + error.detail);
}

bool stdout_is_terminal() {
    return ::isatty(STDOUT_FILENO) == 1;
}
bool stderr_is_terminal() {
    return ::isatty(STDERR_FILENO) == 1;
}

bool colours(bool terminal) {
    if (!terminal) return false;
    const auto environment = config::process_environment();
    return environment("NO_COLOR").value_or("").empty() && environment("TERM").value_or("dumb") != "dumb";
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        while (line.ends_with(' ')) line.pop_back();
        out += line + '\n';
    }
    return out;
}

std::string format_time(std::int64_t epoch_ms) {
    if (epoch_ms <= 0) return "-";
    using namespace std::chrono;
    const sys_time<milliseconds> at{milliseconds(epoch_ms)};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{floor<seconds>(at - day)};
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

bool parse_time(std::string_view text, std::int64_t now_ms, std::int64_t& out_ms) {
    if (text.size() >= 2 && (text.back() == 'd' || text.back() == 'h')) {
        std::int64_t n = 0;
        const auto end = text.data() + text.size() - 1;
        const auto parsed = std::from_chars(text.data(), end, n);
        if (parsed.ec == std::errc() && parsed.ptr == end && n > 0 && n < 100'000) {
            out_ms = now_ms + n * (text.back() == 'd' ? 86'400'000 : 3'600'000);
            return true;
        }
        return false;
    }
    std::string whole(text);
    if (whole.size() == 10) whole += "T00:00:00Z";
    const auto at = kiro::parse_expiry(whole);
    if (!at || whole.find('-') == std::string::npos) return false;
    out_ms = to_ms(*at);
    return true;
}

}  // namespace kg::cmd
