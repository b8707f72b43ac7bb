#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/fetch/fetcher.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/collect.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"

/// What every control-plane call has in common (kiro-upstream 1.4-1.6).
namespace kg::kiro {

inline constexpr std::size_t kAnswerBytesMax = 4u << 20;

/// One place to ask. Generation C spells operations with dashes and needs no page size.
struct Place {
    std::string base;
    bool dashed = false;
    friend bool operator==(const Place&, const Place&) = default;
};

/// The configured generations in their order. An address of the user's own may speak either
/// spelling, so it is also asked in the older one.
std::vector<Place> places_for(const std::string& region, const UpstreamOptions& options);
fetch::Request base_request(const Caller& caller, const UpstreamOptions& options);
/// The account's profile, or the fixed one of its provider; "" when neither is known.
std::string arn_of(const Caller& caller);
Failure unreadable(std::string detail);
/// A place that does not know the operation, cannot be reached or talks nonsense is not the last
/// word.
bool is_worth_another_place(const Failure& failure);
std::optional<Failure> failure_of(const Collect::Answer& answer);

}  // namespace kg::kiro
