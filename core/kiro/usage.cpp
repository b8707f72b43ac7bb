#include "core/kiro/usage.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/http/url.hpp"
#include "core/json/document.hpp"
#include "core/kiro/auth.hpp"
#include "core/kiro/control_call.hpp"

namespace kg::kiro {
namespace {

/// A time in any of its spellings: seconds, milliseconds, a text.
std::optional<WallTime> time_of(json::Node node) {
    if (node.is_null_or_missing()) return std::nullopt;
    return parse_expiry(node.is_string() ? node.text() : node.raw());
}

/// The precise number where there is one; a wrong type or sign counts as nothing.
std::optional<double> amount(json::Node entry, std::string_view precise, std::string_view rounded) {
    for (const auto key : {precise, rounded}) {
        if (const auto value = entry[key].as_double(); value && std::isfinite(*value) && *value >= 0)
            return value;
    }
    return std::nullopt;
}

/// Adds what a trial, a bonus or the plan itself grants and has given.
bool add(Usage& usage, json::Node entry) {
    const auto limit = amount(entry, "usageLimitWithPrecision", "usageLimit");
    if (!limit) return false;
    usage.limit += *limit;
    usage.used += amount(entry, "currentUsageWithPrecision", "currentUsage").value_or(0);
    return true;
}

bool over(json::Node entry, std::string_view expiry_key, WallTime now) {
    const auto expires = time_of(entry[expiry_key]);
    return expires && *expires <= now;
}

json::Node credit_entry(json::Node list) {
    for (const json::Node entry : list.children()) {
        if (entry["resourceType"].text() == "CREDIT") return entry;
    }
    return list.at(0);
}

WallTime first_of_next_month(WallTime now) {
    using namespace std::chrono;
    const year_month_day date{floor<days>(now)};
    return sys_days{(date.year() / date.month() + months(1)) / 1};
}

}  // namespace

Result<Usage> parse_usage(std::string body, WallTime now) {
    KG_TRY(document, json::Document::parse(std::move(body)));
    const json::Node root = document.root();
    const json::Node entry = credit_entry(root["usageBreakdownList"]);
    Usage usage;
    if (!add(usage, entry))
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "no usage limit in the answer"});
    const json::Node trial = entry["freeTrialInfo"];
    if (trial["freeTrialStatus"].text() == "ACTIVE" && !over(trial, "freeTrialExpiry", now))
        add(usage, trial);
    for (const json::Node bonus : entry["bonuses"].children()) {
        const bool active = bonus["status"].is_null_or_missing() || bonus["status"].text() == "ACTIVE";
        if (active && !over(bonus, "expiresAt", now)) add(usage, bonus);
    }
    if (root["overageConfiguration"]["overageStatus"].text() == "ENABLED") {
        usage.limit += amount(entry, "overageCapWithPrecision", "overageCap").value_or(0);
        usage.used += amount(entry, "currentOveragesWithPrecision", "currentOverages").value_or(0);
    }
    auto resets = time_of(entry["nextDateReset"]);
    if (!resets) resets = time_of(root["nextDateReset"]);
    usage.resets_at = resets && *resets > now ? *resets : first_of_next_month(now);
    usage.plan = root["subscriptionInfo"]["subscriptionTitle"].text().substr(0, 64);
    return usage;
}

struct GetUsage::Impl {
    Impl(fetch::Fetcher& f, const UpstreamOptions& o, Caller c, const Clock& k, Done d)
        : fetcher(f),
          options(o),
          caller(std::move(c)),
          clock(k),
          done(std::move(d)),
          places(places_for(api_region_of(caller), options)) {
        ask();
    }

    void ask() {
        fetch::Request request = base_request(caller, options);
        request.url = places[place].base + "/getUsageLimits?origin=AI_EDITOR&resourceType=AGENTIC_REQUEST";
        if (const std::string arn = arn_of(caller); !arn.empty())
            request.url += "&profileArn=" + http::percent_encode(arn);
        call = std::make_unique<Collect>(fetcher, std::move(request), kAnswerBytesMax,
                                         [this](Collect::Answer answer) { answered(std::move(answer)); });
    }

    void answered(Collect::Answer answer) {
        if (auto failure = failure_of(answer)) return failed(std::move(*failure));
        auto usage = parse_usage(std::move(answer->body), clock.wall());
        if (!usage) return failed(unreadable("usage: " + usage.error().message));
        finish(std::move(*usage));
    }

    void failed(Failure failure) {
        if (!is_worth_another_place(failure) || place + 1 == places.size())
            return finish(Err(std::move(failure)));
        ++place;
        ask();
    }

    void finish(Result<Usage, Failure> result) {
        Done tell = std::move(done);  // may destroy this
        tell(std::move(result));
    }

    fetch::Fetcher& fetcher;
    const UpstreamOptions options;
    const Caller caller;
    const Clock& clock;
    Done done;
    const std::vector<Place> places;
    std::size_t place = 0;
    std::unique_ptr<Collect> call;
};

GetUsage::GetUsage(fetch::Fetcher& fetcher, const UpstreamOptions& options, Caller caller, const Clock& clock,
                   Done done)
    : impl_(std::make_unique<Impl>(fetcher, options, std::move(caller), clock, std::move(done))) {}

GetUsage::~GetUsage() = default;

}  // namespace kg::kiro
