// Rules, the half about what a record may hold.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/ascii.hpp"
#include "core/base/ip_network.hpp"
#include "core/store/ids.hpp"
#include "core/store/rules.hpp"

namespace kg::store {
namespace {

constexpr std::size_t kListMax = 256, kPatternMaxBytes = 128, kSystemMaxBytes = 64 << 10;
constexpr std::int64_t kRateMax = 1'000'000'000;  // what a bucket can count exactly
constexpr std::int64_t kTokensMax = 1'000'000'000'000'000;
constexpr double kCreditsMax = 1e12;
constexpr std::array<std::string_view, 5> kEfforts{"low", "medium", "high", "xhigh", "max"};

Error refused(std::string_view field, std::string why) {
    std::string message(field);
    message.append(": ").append(why);
    return {.kind = ErrorKind::malformed_request, .message = std::move(message), .param = std::string(field)};
}

Result<void> check_whole(std::string_view field, std::optional<std::int64_t> value, std::int64_t least,
                         std::int64_t most) {
    if (!value || (*value >= least && *value <= most)) return {};
    return Err(
        refused(field, "use a whole number from " + std::to_string(least) + " to " + std::to_string(most)));
}

Result<void> check_credits(std::string_view field, std::optional<double> value) {
    if (!value || (std::isfinite(*value) && *value >= 0 && *value <= kCreditsMax)) return {};
    return Err(refused(field, "use a number of credits from 0 to 1000000000000"));
}

Result<void> check_patterns(std::string_view field, const std::vector<std::string>& patterns) {
    if (patterns.size() > kListMax) return Err(refused(field, "at most 256 patterns"));
    for (const auto& pattern : patterns) {
        const bool plain =
            std::all_of(pattern.begin(), pattern.end(), [](char c) { return c > 0x20 && c < 0x7f; });
        if (pattern.empty() || pattern.size() > kPatternMaxBytes || !plain)
            return Err(refused(field,
                               "a pattern is a model's name with * and ?, without spaces, at most "
                               "128 characters"));
    }
    return {};
}

Result<void> check_networks(const std::vector<std::string>& networks) {
    if (networks.size() > kListMax) return Err(refused("allowed_networks", "at most 256 address ranges"));
    for (const auto& network : networks) {
        if (auto parsed = IpNetwork::parse(network); !parsed)
            return Err(refused("allowed_networks", parsed.error().message));
    }
    return {};
}

Result<void> check_groups(const std::vector<std::string>& groups) {
    if (groups.size() > kListMax) return Err(refused("allowed_groups", "at most 256 groups"));
    for (const auto& group : groups) {
        if (!valid_account_name(group))
            return Err(refused("allowed_groups",
                               "a group is named with letters, digits, . _ - (at most 64, the first a "
                               "letter or digit)"));
    }
    return {};
}

Result<void> check_system(std::string_view field, const std::string& text) {
    if (text.size() > kSystemMaxBytes) return Err(refused(field, "at most 64 KiB"));
    if (!ascii::is_utf8(text)) return Err(refused(field, "is not UTF-8"));
    return {};
}

}  // namespace

std::optional<KeyCompression> compression_of(std::string_view text) {
    if (text.empty()) return KeyCompression{};
    if (text == "off" || text == "on") return KeyCompression{.enabled = text == "on", .percent = {}};
    unsigned percent = 0;
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, percent);
    if (parsed.ec != std::errc() || parsed.ptr != end || percent < 1 || percent > 90) return std::nullopt;
    return KeyCompression{.enabled = true, .percent = percent};
}

Result<void> check_account(const Account& account) {
    KG_CHECK(check_whole("requests_per_minute", account.requests_per_minute, 0, kRateMax));
    KG_CHECK(check_whole("request_burst", account.request_burst, 1, kRateMax));
    KG_CHECK(check_whole("tokens_per_minute", account.tokens_per_minute, 0, kRateMax));
    if (account.request_burst && account.requests_per_minute.value_or(0) == 0)
        return Err(refused("request_burst", "needs a limit of requests a minute"));
    return {};
}

Result<void> check_key(const Key& key) {
    KG_CHECK(check_patterns("allowed_models", key.allowed_models));
    KG_CHECK(check_patterns("denied_models", key.denied_models));
    KG_CHECK(check_networks(key.allowed_networks));
    KG_CHECK(check_groups(key.allowed_groups));
    KG_CHECK(check_credits("credit_limit", key.credit_limit));
    KG_CHECK(check_whole("token_limit", key.token_limit, 0, kTokensMax));
    for (const Period period : {Period::day, Period::week, Period::month}) {
        const std::string name(period_name(period));
        KG_CHECK(check_credits("credits_per_" + name, key.quota(period).credits));
        KG_CHECK(check_whole("tokens_per_" + name, key.quota(period).tokens, 0, kTokensMax));
    }
    if (auto zone = TimeZone::find(key.time_zone); !zone)
        return Err(refused("time_zone", zone.error().message));
    KG_CHECK(check_whole("requests_per_minute", key.requests_per_minute, 0, kRateMax));
    KG_CHECK(check_whole("request_burst", key.request_burst, 1, kRateMax));
    KG_CHECK(check_whole("tokens_per_minute", key.tokens_per_minute, 1, kRateMax));
    KG_CHECK(check_whole("streams_max", key.streams_max, 1, kRateMax));
    if (key.request_burst && key.requests_per_minute.value_or(0) == 0)
        return Err(refused("request_burst", "needs a limit of requests a minute"));
    KG_CHECK(check_system("system_prepend", key.system_prepend));
    KG_CHECK(check_system("system_append", key.system_append));
    if (!key.thinking.empty() && std::find(kEfforts.begin(), kEfforts.end(), key.thinking) == kEfforts.end())
        return Err(refused("thinking", "use low, medium, high, xhigh or max"));
    if (!compression_of(key.compression))
        return Err(refused("compression", "use off, on or a percentage of the window from 1 to 90"));
    if (!key.web_search.empty() && key.web_search != "off" && key.web_search != "on")
        return Err(refused("web_search", "use off or on"));
    return {};
}

}  // namespace kg::store
