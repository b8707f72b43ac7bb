#include "core/kiro/web_search.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/time_zone.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/collect.hpp"
#include "core/kiro/control_call.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kTitleBytesMax = 1'000, kUrlBytesMax = 4'000;
constexpr std::int64_t kDateMsMax = 4'102'444'800'000;  // 2100

Failure service_error(json::Node error) {
    Failure failure = unreadable("web search: " + std::string(error["message"].text().substr(0, 200)));
    failure.cls = FailureClass::malformed;
    return failure;
}

std::string date_of(json::Node published) {
    const auto ms = published.as_int();
    if (!ms || *ms <= 0 || *ms > kDateMsMax) return {};
    return rfc3339(wall_from_ms(*ms)).substr(0, 10);
}

bool is_web_address(std::string_view url) {
    return url.size() <= kUrlBytesMax && (url.starts_with("https://") || url.starts_with("http://")) &&
           std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

}  // namespace

std::string fit_query(std::string_view query) {
    query = ascii::trim(query);
    std::size_t chars = 0, at = 0;
    for (; at < query.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(query[at]) & 0xC0) != 0x80;
        if (begins && chars++ == kSearchQueryCharsMax) break;
    }
    if (at == query.size()) return std::string(query);
    const auto space = query.substr(0, at).find_last_of(" \t\n");
    return std::string(ascii::trim(query.substr(0, space == std::string_view::npos ? at : space)));
}

std::string web_search_call_id(Random& random, WallTime now) {
    std::string id = "web_search_tooluse_" + random.base62(22);
    return id.append("_").append(std::to_string(to_ms(now))).append("_").append(random.hex(8));
}

std::string web_search_body(std::string_view call_id, std::string_view query) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().member("id", call_id).member("jsonrpc", "2.0").member("method", "tools/call");
    writer.key("params").begin_object().member("name", "web_search");
    writer.key("arguments").begin_object().member("query", query).end_object();
    writer.end_object().end_object();
    return out;
}

Result<std::vector<chat::SearchHit>, Failure> parse_web_search(std::string_view body) {
    const auto answer = json::Document::parse(std::string(body));
    if (!answer) return Err(unreadable("web search: " + answer.error().message));
    const json::Node root = answer->root();
    if (root["error"].is_object()) return Err(service_error(root["error"]));
    const json::Node result = root["result"];
    const std::string_view text = result["content"].at(0)["text"].text();
    if (result["isError"].as_bool().value_or(false)) {
        Failure failure = unreadable("web search: " + std::string(text.substr(0, 200)));
        failure.cls = FailureClass::transient;
        return Err(std::move(failure));
    }
    const auto found = json::Document::parse(std::string(text));
    if (!found) return Err(unreadable("web search: the result is not JSON"));
    const json::Node list = found->root()["results"];
    if (!list.is_array()) return Err(unreadable("web search: no results"));
    std::vector<chat::SearchHit> hits;
    for (const json::Node page : list.children()) {
        if (hits.size() == kSearchHitsMax) break;
        const std::string_view url = page["url"].text();
        if (!is_web_address(url)) continue;
        const auto title = ascii::trim(page["title"].text());
        hits.push_back({.title = std::string(ascii::utf8_prefix(title.empty() ? url : title, kTitleBytesMax)),
                        .url = std::string(url),
                        .text = std::string(
                            ascii::utf8_prefix(ascii::trim(page["snippet"].text()), kSearchExcerptBytesMax)),
                        .date = date_of(page["publishedDate"])});
    }
    return hits;
}

struct WebSearch::Impl {
    Impl(fetch::Fetcher& f, const UpstreamOptions& o, Input i, Done d)
        : fetcher(f), options(o), input(std::move(i)), done(std::move(d)) {
        const std::string region = api_region_of(input.caller);
        for (const Generation generation : options.endpoints) {
            std::string base = data_plane_url(generation, region, options);
            if (std::ranges::find(bases, base) == bases.end()) bases.push_back(std::move(base));
        }
        ask();
    }

    void ask() {
        fetch::Request request = base_request(input.caller, options);
        request.method = http::Method::post;
        request.url = bases[place] + "/mcp";
        request.headers.emplace_back("content-type: application/json");
        if (const std::string arn = arn_of(input.caller); valid_profile_arn(arn))
            request.headers.push_back("x-amzn-kiro-profile-arn: " + arn);
        request.body = web_search_body(input.call_id, input.query);
        request.first_byte_timeout = request.idle_timeout = request.total_timeout = input.time_max;
        call = std::make_unique<Collect>(fetcher, std::move(request), kAnswerBytesMax,
                                         [this](Collect::Answer answer) { answered(std::move(answer)); });
    }

    void answered(Collect::Answer answer) {
        if (auto failure = failure_of(answer)) {
            if (!is_worth_another_place(*failure) || place + 1 == bases.size())
                return finish(Err(std::move(*failure)));
            ++place;
            return ask();
        }
        finish(parse_web_search(answer->body));
    }

    void finish(Answer answer) {
        Done tell = std::move(done);  // may destroy this
        tell(std::move(answer));
    }

    fetch::Fetcher& fetcher;
    const UpstreamOptions& options;
    const Input input;
    Done done;
    std::vector<std::string> bases;
    std::size_t place = 0;
    std::unique_ptr<Collect> call;
};

WebSearch::WebSearch(fetch::Fetcher& fetcher, const UpstreamOptions& options, Input input, Done done)
    : impl_(std::make_unique<Impl>(fetcher, options, std::move(input), std::move(done))) {}

WebSearch::~WebSearch() = default;

}  // namespace kg::kiro
