#include "daemon/http/request_target.hpp"

#include "core/base/ascii.hpp"

namespace kg::httpd {
namespace {

std::string_view without_authority(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!ascii::equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        const std::size_t path = target.find_first_of("/?", scheme.size());
        return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
    return target;
}

}  // namespace

void split_target(std::string_view target, std::string& path, std::string& query) {
    if (target.empty() || target.front() != '/') target = without_authority(target);
    target = target.substr(0, target.find('#'));
    const std::size_t mark = target.find('?');
    query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    target = target.substr(0, mark);

    constexpr std::string_view kDoubled = "/v1/v1";
    while (target.substr(0, kDoubled.size()) == kDoubled &&
           (target.size() == kDoubled.size() || target[kDoubled.size()] == '/')) {
        target.remove_prefix(3);
    }
    if (target.size() > 1 && target.back() == '/') target.remove_suffix(1);
    path = target.empty() ? std::string_view("/") : target;
}

}  // namespace kg::httpd
