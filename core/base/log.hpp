#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace kg::log {

enum class Level : std::uint8_t { debug, info, warn, error, off };
enum class Format : std::uint8_t { text, json };

/// One `key=value` of a line. Holds views: use only as an argument of write().
struct Field {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
    Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
    Field(std::string_view k, bool v) : key(k), value(v) {}
    Field(std::string_view k, double v) : key(k), value(v) {}
    template <std::integral T>
    Field(std::string_view k, T v) : key(k), value(static_cast<std::int64_t>(v)) {}
};

/// Process-wide sink (stderr). Every function is thread-safe; a line is written whole.
void configure(Level level, Format format);
void set_level(Level level);
bool enabled(Level level);
/// `domain` names the room ("http", "pool", "kiro", ...). Never pass a secret or an e-mail address:
/// values are escaped but not guessed at.
void write(Level level, std::string_view domain, std::string_view message,
           std::initializer_list<Field> fields = {});
void flush();

/// While one lives, this thread's lines below `warn` are gathered, at most 64 KiB, and written together
/// by flush(): a loop calls it at the end of a turn in which `pending` was called. What a turn said is
/// thus one write, and a kill loses no more than the turn. Create and destroy on the same thread.
class GatherLines {
  public:
    explicit GatherLines(std::function<void()> pending);
    GatherLines(const GatherLines&) = delete;
    GatherLines& operator=(const GatherLines&) = delete;
    ~GatherLines();
};
bool parse_level(std::string_view text, Level& out);  // accepts DEBUG/INFO/WARN/ERROR in any case

inline void debug(std::string_view domain, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
    write(Level::debug, domain, message, fields);
}
inline void info(std::string_view domain, std::string_view message,
                 std::initializer_list<Field> fields = {}) {
    write(Level::info, domain, message, fields);
}
inline void warn(std::string_view domain, std::string_view message,
                 std::initializer_list<Field> fields = {}) {
    write(Level::warn, domain, message, fields);
}
inline void error(std::string_view domain, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
    write(Level::error, domain, message, fields);
}

}  // namespace kg::log
