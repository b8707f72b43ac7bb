#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace kg::cmd {

/// Writes to stdout and stderr; exits quietly on a closed pipe (write errors are remembered).
void print(std::string_view text);  // stdout, as it is
bool print_failed();                // a write to stdout failed (EPIPE, disk full)
void print_line(std::string_view text);
void print_error(std::string_view text);  // stderr, as it is
void note(std::string_view text);         // stderr: "kirogate: ..."
void complain(const Error& error);        // stderr: "kirogate: <what>" and, with detail, a second line
bool stdout_is_terminal();
bool stderr_is_terminal();
bool colours(bool terminal);  // honours a non-empty NO_COLOR and TERM=dumb

/// Left-aligned columns, two spaces apart, no trailing blanks.
class Table {
  public:
    explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

std::string format_time(std::int64_t epoch_ms);  // "2026-01-01 12:00:00Z", "-" for 0
/// "2026-12-31", "2026-12-31T10:00:00Z", or "30d" / "12h" from now.
bool parse_time(std::string_view text, std::int64_t now_ms, std::int64_t& out_ms);

}  // namespace kg::cmd
