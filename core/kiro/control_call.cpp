#include "core/kiro/control_call.hpp"

#include <algorithm>
#include <utility>

namespace kg::kiro {
namespace {

void add_once(std::vector<Place>& places, Place place) {
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(std::move(place));
}

}  // namespace

std::vector<Place> places_for(const std::string& region, const UpstreamOptions& options) {
    std::vector<Place> places;
    for (const Generation generation : options.endpoints) {
        add_once(places, {control_plane_url(generation, region, options), generation == Generation::runtime});
    }
    if (!options.management_url.empty() || !options.api_url.empty()) {
        add_once(places, {control_plane_url(Generation::q, region, options), false});
    }
    if (places.empty()) places.push_back({control_plane_url(Generation::runtime, region, options), true});
    return places;
}

fetch::Request base_request(const Caller& caller, const UpstreamOptions& options) {
    fetch::Request request;
    request.headers = control_headers(caller, options);
    request.proxy = caller.proxy.empty() ? options.proxy : caller.proxy;
    request.connect_timeout = options.connect_timeout;
    request.first_byte_timeout = std::chrono::seconds{30};
    request.idle_timeout = std::chrono::seconds{30};
    request.total_timeout = std::chrono::seconds{60};
    return request;
}

std::string arn_of(const Caller& caller) {
    return caller.profile_arn.empty() ? default_profile_arn(caller.auth_method, caller.provider)
                                      : caller.profile_arn;
}

Failure unreadable(std::string detail) {
    Failure failure;
    failure.cls = FailureClass::damaged_stream;
    failure.http_status = 200;
    failure.detail = std::move(detail);
    return failure;
}

bool is_worth_another_place(const Failure& failure) {
    return failure.cls == FailureClass::wrong_endpoint || failure.cls == FailureClass::connect ||
           failure.cls == FailureClass::damaged_stream;
}

std::optional<Failure> failure_of(const Collect::Answer& answer) {
    if (!answer) return classify_transport(answer.error());
    if (answer->status == 200) return std::nullopt;
    return classify_response(answer->status, answer->headers, answer->body);
}

}  // namespace kg::kiro
