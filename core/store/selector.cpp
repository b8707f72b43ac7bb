#include "core/store/selector.hpp"

#include <algorithm>
#include <cstddef>

#include "core/base/ascii.hpp"

namespace kg::store {
namespace {

constexpr std::size_t kPrefixMin = 4;
constexpr std::size_t kListedMax = 5;

bool named(const Handle& handle, std::string_view selector) {
    return handle.name == selector ||
           (!handle.email.empty() && ascii::equals_ignoring_case(handle.email, selector));
}

bool prefixed(const Handle& handle, std::string_view selector) {
    if (selector.size() < kPrefixMin) return false;
    const std::string_view id = handle.id;
    const auto tag_end = id.find('_');
    if (tag_end == std::string_view::npos) return id.starts_with(selector);
    if (selector.size() > tag_end + 1 && id.starts_with(selector)) return true;
    return id.substr(tag_end + 1).starts_with(selector);
}

Error several(const std::vector<const Handle*>& matches, std::string_view selector, std::string_view what) {
    std::string message = "\"";
    message.append(selector).append("\" fits ").append(std::to_string(matches.size()));
    message.append(" ").append(what).append("s: ");
    for (std::size_t i = 0; i < matches.size() && i < kListedMax; ++i) {
        if (i > 0) message += ", ";
        message += matches[i]->id;
    }
    if (matches.size() > kListedMax) message += ", ...";
    return Error{.kind = ErrorKind::malformed_request, .message = std::move(message)};
}

}  // namespace

Result<std::optional<std::string>> resolve_selector(const std::vector<Handle>& handles,
                                                    std::string_view selector, std::string_view what) {
    if (selector.empty()) return std::optional<std::string>{};
    for (const Handle& handle : handles) {
        if (handle.id == selector) return std::optional<std::string>{handle.id};
    }
    for (auto* fits : {&named, &prefixed}) {
        std::vector<const Handle*> matches;
        for (const Handle& handle : handles) {
            if (fits(handle, selector)) matches.push_back(&handle);
        }
        if (matches.size() == 1) return std::optional<std::string>{matches.front()->id};
        if (matches.size() > 1) return Err(several(matches, selector, what));
    }
    return std::optional<std::string>{};
}

}  // namespace kg::store
