#include "core/schema/format.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "core/base/ascii.hpp"
#include "core/schema/pattern.hpp"

namespace kg::schema {
namespace {

constexpr std::string_view kDate = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
constexpr std::string_view kTime =
    R"(^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$)";
constexpr std::string_view kDuration =
    R"(^P(?!$)([0-9]+W|([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?)$)";
constexpr std::string_view kEmail = R"(^[^\s@]{1,64}@[^\s@]{1,255}$)";
constexpr std::string_view kHostname =
    R"(^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$)";
constexpr std::string_view kUuid = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";

/// The patterns are literals of this file and compile.
template <const std::string_view& text>
bool is(std::string_view value) {
    static const Pattern pattern = std::move(*Pattern::compile(text));
    return pattern.search(value) == Pattern::Match::yes;
}

bool is_date(std::string_view text) {
    if (!is<kDate>(text)) return false;
    const auto number = [&](std::size_t at, std::size_t size) {
        int value = 0;
        for (const char c : text.substr(at, size)) value = value * 10 + (c - '0');
        return value;
    };
    const auto month = static_cast<unsigned>(number(5, 2)), day = static_cast<unsigned>(number(8, 2));
    return std::chrono::year_month_day(std::chrono::year(number(0, 4)), std::chrono::month(month),
                                       std::chrono::day(day))
        .ok();
}

bool is_date_time(std::string_view text) {
    return text.size() > 11 && (text[10] == 'T' || text[10] == 't' || text[10] == ' ') &&
           is_date(text.substr(0, 10)) && is<kTime>(text.substr(11));
}

template <int family>
bool is_address(std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return text.size() < 64 && inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

struct Format {
    std::string_view name;
    bool (*fits)(std::string_view text);
};
constexpr auto kFormats = std::to_array<Format>({
    {"date", &is_date},
    {"time", &is<kTime>},
    {"date-time", &is_date_time},
    {"duration", &is<kDuration>},
    {"email", &is<kEmail>},
    {"hostname", &is<kHostname>},
    {"ipv4", &is_address<AF_INET>},
    {"ipv6", &is_address<AF_INET6>},
    {"uuid", &is<kUuid>},
});

}  // namespace

bool has_format(std::string_view text, std::string_view format) {
    const auto row = std::ranges::find(kFormats, format, &Format::name);
    return row == kFormats.end() || row->fits(text);
}

}  // namespace kg::schema
