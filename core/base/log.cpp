#include "core/base/log.hpp"

#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"

namespace kg::log {
namespace {

std::atomic<Level> g_level{Level::info};
std::atomic<Format> g_format{Format::text};

/// Lines that this thread has said and not yet written.
struct Gathered {
    std::function<void()> pending;  // empty: lines are written at once
    std::string lines;
};
thread_local Gathered t_gathered;
constexpr std::size_t kGatheredBytesMax = 64 * 1024;

/// Never destroyed: threads may still log while the process leaves main.
spdlog::logger& sink() {
    static spdlog::logger* const logger = [] {
        auto* made = new spdlog::logger("kirogate", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->set_level(spdlog::level::trace);
        // Line by line, so that a crash or a kill loses nothing that was said before it.
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *logger;
}

void append_timestamp(std::string& out) {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    const std::time_t seconds = static_cast<std::time_t>(now / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char buffer[32];
    out.append(buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S.", &utc));
    const auto ms = static_cast<int>(now % 1000);
    out += static_cast<char>('0' + ms / 100);
    out += static_cast<char>('0' + ms / 10 % 10);
    out += static_cast<char>('0' + ms % 10);
    out += 'Z';
}

void append_u(std::string& out, unsigned code) {
    constexpr char kHex[] = "0123456789abcdef";
    out += "\\u00";
    out += kHex[code >> 4 & 15];
    out += kHex[code & 15];
}

/// One line stays one line and no terminal is steered: C0, DEL and C1 controls are escaped, bytes
/// that are not UTF-8 replaced. With `quote` also what JSON strings must escape.
void append_clean(std::string& out, std::string_view text, bool quote) {
    const bool utf8 = ascii::is_utf8(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20 || c == 0x7f) {
            append_u(out, c);
        } else if (quote && (c == '"' || c == '\\')) {
            out += '\\';
            out += text[i];
        } else if (c >= 0x80 && !utf8) {
            out += "\xef\xbf\xbd";
        } else if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
            append_u(out, static_cast<unsigned char>(text[++i]));
        } else {
            out += text[i];
        }
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    append_clean(out, text, true);
    out += '"';
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text) {
        const auto b = static_cast<unsigned char>(c);
        if (b <= 0x20 || b >= 0x7f || c == '"' || c == '=' || c == '\\') return true;
    }
    return false;
}

template <class N, class... Form>
void append_number(std::string& out, N value, Form... form) {
    char buffer[40];
    const auto r = std::to_chars(buffer, buffer + sizeof buffer, value, form...);
    out.append(buffer, r.ptr);
}

void append_value(std::string& out, const Field& field, Format format) {
    std::visit(overloaded{[&](std::string_view v) {
                              if (format == Format::json || needs_quotes(v)) return append_quoted(out, v);
                              out += v;
                          },
                          [&](std::int64_t v) { append_number(out, v); },
                          [&](double v) {
                              if (format == Format::json && !std::isfinite(v))
                                  out += "null";
                              else
                                  append_number(out, v, std::chars_format::general, 12);
                          },
                          [&](bool v) { out += v ? "true" : "false"; }},
               field.value);
}

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error", "off"};
constexpr std::string_view kColumns[] = {" DEBUG ", " INFO  ", " WARN  ", " ERROR ", " OFF   "};

void append_text(std::string& out, Level level, std::string_view domain, std::string_view message,
                 std::initializer_list<Field> fields) {
    append_timestamp(out);
    out += kColumns[static_cast<std::size_t>(level)];
    append_clean(out, domain, false);
    out += ": ";
    append_clean(out, message, false);
    for (const Field& field : fields) {
        out += ' ';
        append_clean(out, field.key, false);
        out += '=';
        append_value(out, field, Format::text);
    }
}

void append_json(std::string& out, Level level, std::string_view domain, std::string_view message,
                 std::initializer_list<Field> fields) {
    out += "{\"time\":\"";
    append_timestamp(out);
    out += "\",\"level\":\"";
    out += kNames[static_cast<std::size_t>(level)];
    out += "\",\"domain\":";
    append_quoted(out, domain);
    out += ",\"message\":";
    append_quoted(out, message);
    for (const Field& field : fields) {
        out += ',';
        append_quoted(out, field.key);
        out += ':';
        append_value(out, field, Format::json);
    }
    out += '}';
}

}  // namespace

void configure(Level level, Format format) {
    g_format.store(format, std::memory_order_relaxed);
    set_level(level);
}

void set_level(Level level) {
    g_level.store(level, std::memory_order_relaxed);
}

bool enabled(Level level) {
    return level != Level::off && level >= g_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view domain, std::string_view message,
           std::initializer_list<Field> fields) {
    if (!enabled(level)) return;
    thread_local std::string line;
    line.clear();
    if (g_format.load(std::memory_order_relaxed) == Format::json) {
        append_json(line, level, domain, message, fields);
    } else {
        append_text(line, level, domain, message, fields);
    }
    Gathered& gathered = t_gathered;
    if (gathered.pending && level < Level::warn) {
        const bool first = gathered.lines.empty();
        (gathered.lines += line) += '\n';
        if (gathered.lines.size() > kGatheredBytesMax) return flush();
        if (first) gathered.pending();
        return;
    }
    if (!gathered.lines.empty()) flush();
    sink().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
    // One enormous line must not stay with the thread for ever.
    if (line.capacity() > 64 * 1024) line = {};
}

void flush() {
    std::string& lines = t_gathered.lines;
    if (!lines.empty()) {
        lines.pop_back();  // the sink ends what it is given
        sink().log(spdlog::level::info, spdlog::string_view_t(lines.data(), lines.size()));
        lines.clear();
    }
    sink().flush();
}

GatherLines::GatherLines(std::function<void()> pending) {
    t_gathered.pending = std::move(pending);
}

GatherLines::~GatherLines() {
    flush();
    t_gathered.pending = nullptr;
    t_gathered.lines = {};
}

bool parse_level(std::string_view text, Level& out) {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (ascii::equals_ignoring_case(text, kNames[i])) {
            out = static_cast<Level>(i);
            return true;
        }
    }
    return false;
}

}  // namespace kg::log
