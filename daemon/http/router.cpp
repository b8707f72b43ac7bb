#include "daemon/http/router.hpp"

#include <algorithm>
#include <array>

namespace kg::httpd {
namespace {

bool is_wildcard(std::string_view pattern) {
    return pattern.size() >= 2 && pattern.substr(pattern.size() - 2) == "/*";
}

/// The rest of `path` behind "prefix/", or null; the rest may be empty only for the pattern "/*".
bool match_wildcard(std::string_view pattern, std::string_view path, std::string_view& rest) {
    const std::string_view prefix = pattern.substr(0, pattern.size() - 1);
    if (path.substr(0, prefix.size()) != prefix) return false;
    rest = path.substr(prefix.size());
    return !rest.empty() || prefix == "/";
}

std::string_view first_segment(std::string_view path) {
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    return path.substr(0, path.find('/'));
}

bool serves(const Route& route, http::Method method) {
    if (method == http::Method::other) return false;
    return route.method == method || (method == http::Method::head && route.method == http::Method::get);
}

struct Before {
    bool operator()(const Route& route, std::string_view path) const { return route.path < path; }
    bool operator()(std::string_view path, const Route& route) const { return path < route.path; }
};

}  // namespace

/// The routes a path may mean, of any method, in order of precedence: exact ones, then wildcards.
struct Router::Candidates {
    const Route* exact_begin = nullptr;
    const Route* exact_end = nullptr;
};

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
    std::stable_sort(routes_.begin(), routes_.end(),
                     [](const Route& a, const Route& b) { return a.path < b.path; });
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        if (is_wildcard(routes_[i].path)) wildcards_.push_back(i);
    }
    std::stable_sort(wildcards_.begin(), wildcards_.end(), [this](std::size_t a, std::size_t b) {
        return routes_[a].path.size() > routes_[b].path.size();
    });
}

Router::Candidates Router::candidates(std::string_view path) const {
    const auto range = std::equal_range(routes_.begin(), routes_.end(), path, Before{});
    const Route* base = routes_.data();
    return {base + (range.first - routes_.begin()), base + (range.second - routes_.begin())};
}

Router::Match Router::find(http::Method method, std::string_view path) const {
    Match match;
    std::array<bool, static_cast<std::size_t>(http::Method::other) + 1> allowed{};
    const auto consider = [&](const Route& route, std::string_view parameter) {
        allowed[static_cast<std::size_t>(route.method)] = true;
        if (!serves(route, method)) return false;
        match.route = &route;
        match.parameter = parameter;
        return true;
    };
    const Candidates exact = candidates(path);
    for (const Route* route = exact.exact_begin; route != exact.exact_end; ++route) {
        if (!is_wildcard(route->path) && consider(*route, {})) return match;
    }
    for (const std::size_t index : wildcards_) {
        std::string_view rest;
        if (match_wildcard(routes_[index].path, path, rest) && consider(routes_[index], rest)) return match;
    }
    if (allowed[static_cast<std::size_t>(http::Method::get)]) {
        allowed[static_cast<std::size_t>(http::Method::head)] = true;
    }
    for (std::size_t i = 0; i + 1 < allowed.size(); ++i) {
        if (!allowed[i]) continue;
        if (!match.allow.empty()) match.allow += ", ";
        match.allow += http::method_name(static_cast<http::Method>(i));
    }
    return match;
}

bool Router::path_has_cors(std::string_view path) const {
    const Candidates exact = candidates(path);
    if (exact.exact_begin != exact.exact_end) {
        return std::any_of(exact.exact_begin, exact.exact_end, [](const Route& r) { return r.cors; });
    }
    std::string_view rest;
    for (const std::size_t index : wildcards_) {
        if (match_wildcard(routes_[index].path, path, rest)) return routes_[index].cors;
    }
    const std::string_view segment = first_segment(path);
    return std::none_of(routes_.begin(), routes_.end(), [&](const Route& route) {
        return !route.cors && first_segment(route.path) == segment;
    });
}

}  // namespace kg::httpd
