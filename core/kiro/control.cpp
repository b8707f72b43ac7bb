#include "core/kiro/control.hpp"

#include <utility>

#include "core/http/url.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/control_call.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kPagesMax = 20;

}  // namespace

struct ListModels::Impl {
    Impl(fetch::Fetcher& f, const UpstreamOptions& o, Caller c, Done d)
        : fetcher(f),
          options(o),
          caller(std::move(c)),
          done(std::move(d)),
          places(places_for(api_region_of(caller), options)) {
        ask();
    }

    void ask() {
        fetch::Request request = base_request(caller, options);
        const Place& at = places[place];
        request.url =
            at.base + (at.dashed ? "/List-Available-Models" : "/ListAvailableModels") + "?origin=AI_EDITOR";
        if (!at.dashed) request.url += "&maxResults=50";
        if (const std::string arn = arn_of(caller); !arn.empty())
            request.url += "&profileArn=" + http::percent_encode(arn);
        if (!next_token.empty()) request.url += "&nextToken=" + http::percent_encode(next_token);
        call = std::make_unique<Collect>(fetcher, std::move(request), kAnswerBytesMax,
                                         [this](Collect::Answer answer) { answered(std::move(answer)); });
    }

    void answered(Collect::Answer answer) {
        if (auto failure = failure_of(answer)) return failed(std::move(*failure));
        auto page = parse_model_page(answer->body);
        if (!page) return failed(unreadable("model list: " + page.error().message));
        for (Model& model : page->models) models.push_back(std::move(model));
        const bool more = !page->next_token.empty() && page->next_token != next_token && ++pages < kPagesMax;
        next_token = std::move(page->next_token);
        if (more) return ask();
        finish(std::move(models));
    }

    void failed(Failure failure) {
        if (!is_worth_another_place(failure) || place + 1 == places.size())
            return finish(Err(std::move(failure)));
        ++place;
        pages = 0;
        models.clear();
        next_token.clear();
        ask();
    }

    void finish(Result<std::vector<Model>, Failure> result) {
        Done tell = std::move(done);  // may destroy this
        tell(std::move(result));
    }

    fetch::Fetcher& fetcher;
    const UpstreamOptions options;
    const Caller caller;
    Done done;
    const std::vector<Place> places;
    std::size_t place = 0;
    std::size_t pages = 0;
    std::vector<Model> models;
    std::string next_token;
    std::unique_ptr<Collect> call;
};

ListModels::ListModels(fetch::Fetcher& fetcher, const UpstreamOptions& options, Caller caller, Done done)
    : impl_(std::make_unique<Impl>(fetcher, options, std::move(caller), std::move(done))) {}

ListModels::~ListModels() = default;

struct ListProfiles::Impl {
    Impl(fetch::Fetcher& f, const UpstreamOptions& o, Caller c, Done d)
        : fetcher(f), options(o), caller(std::move(c)), done(std::move(d)) {
        // Profiles live in one region and nobody says which: ask the likely one first.
        regions = {api_region_of(caller)};
        if (options.management_url.empty() && options.api_url.empty()) {
            for (const char* other : {"us-east-1", "eu-central-1"}) {
                if (regions[0] != other) regions.emplace_back(other);
            }
        }
        enter_region();
    }

    void enter_region() {
        places = places_for(regions[region], options);
        place = 0;
        restart();
    }

    void restart() {
        pages = 0;
        next_token.clear();
        profiles.clear();
        ask();
    }

    void ask() {
        fetch::Request request = base_request(caller, options);
        request.method = http::Method::post;
        request.headers.emplace_back("content-type: application/json");
        const Place& at = places[place];
        request.url = at.base + (at.dashed ? "/List-Available-Profiles" : "/ListAvailableProfiles");
        request.body = profiles_body(at.dashed, next_token);
        call = std::make_unique<Collect>(fetcher, std::move(request), kAnswerBytesMax,
                                         [this](Collect::Answer answer) { answered(std::move(answer)); });
    }

    void answered(Collect::Answer answer) {
        if (auto failure = failure_of(answer)) return failed(std::move(*failure));
        std::string token;
        if (!read_page(answer->body, token)) return failed(unreadable("profile list"));
        const bool more = !token.empty() && token != next_token && ++pages < kPagesMax;
        next_token = std::move(token);
        if (more) return ask();
        if (profiles.empty() && region + 1 < regions.size()) {
            answered_empty = true;
            ++region;
            return enter_region();
        }
        finish(std::move(profiles));
    }

    void failed(Failure failure) {
        if (is_worth_another_place(failure) && place + 1 < places.size()) {
            ++place;
            return restart();
        }
        // A refusal or an unreachable host in one region says nothing about the others.
        const bool elsewhere = failure.http_status == 403 || is_worth_another_place(failure);
        const bool token_dead =
            failure.cls == FailureClass::token_dead || failure.cls == FailureClass::suspended;
        if (elsewhere && !token_dead && region + 1 < regions.size()) {
            ++region;
            return enter_region();
        }
        if (elsewhere && !token_dead && answered_empty) return finish(std::vector<Profile>{});
        finish(Err(std::move(failure)));
    }

    bool read_page(const std::string& body, std::string& token);
    static std::string profiles_body(bool dashed, std::string_view token);

    void finish(Result<std::vector<Profile>, Failure> result) {
        Done tell = std::move(done);  // may destroy this
        tell(std::move(result));
    }

    fetch::Fetcher& fetcher;
    const UpstreamOptions options;
    const Caller caller;
    Done done;
    std::vector<std::string> regions;
    std::size_t region = 0;
    std::vector<Place> places;
    std::size_t place = 0;
    std::size_t pages = 0;
    std::vector<Profile> profiles;
    std::string next_token;
    bool answered_empty = false;
    std::unique_ptr<Collect> call;
};

bool ListProfiles::Impl::read_page(const std::string& body, std::string& token) {
    const auto document = json::Document::parse(body);
    if (!document || !document->root().is_object()) return false;
    const json::Node root = document->root();
    const json::Node list = root["profiles"];
    if (!list.is_null_or_missing() && !list.is_array()) return false;
    for (const json::Node item : list.children()) {
        const std::string_view arn = item["arn"].text();
        if (!valid_profile_arn(arn)) continue;  // never store what would be sent with every request
        const std::string_view name = item["profileName"].text();
        profiles.push_back({std::string(arn), std::string(name)});
    }
    token = root["nextToken"].text();
    return true;
}

std::string ListProfiles::Impl::profiles_body(bool dashed, std::string_view token) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    if (!dashed) writer.member("maxResults", 10);
    if (!token.empty()) writer.member("nextToken", token);
    writer.end_object();
    return body;
}

ListProfiles::ListProfiles(fetch::Fetcher& fetcher, const UpstreamOptions& options, Caller caller, Done done)
    : impl_(std::make_unique<Impl>(fetcher, options, std::move(caller), std::move(done))) {}

ListProfiles::~ListProfiles() = default;

}  // namespace kg::kiro
