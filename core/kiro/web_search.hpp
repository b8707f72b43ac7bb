#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/chat/web_search.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"

/// Kiro's search service, behind its MCP endpoint (kiro-upstream 1.7).
namespace kg::kiro {

/// Longer queries are refused by the service.
inline constexpr std::size_t kSearchQueryCharsMax = 200;
/// Pages of one search that are taken, and how much of one excerpt.
inline constexpr std::size_t kSearchHitsMax = 20;
inline constexpr std::size_t kSearchExcerptBytesMax = 16u << 10;

/// The query as it may be sent: white space trimmed, cut at a word where it is too long.
std::string fit_query(std::string_view query);
/// "web_search_tooluse_AbCdEfGhIjKlMnOpQrStUv_1767225600000_a1b2c3d4"
std::string web_search_call_id(Random& random, WallTime now);
std::string web_search_body(std::string_view call_id, std::string_view query);
/// The pages in the order of the service. Only an explicit empty list means that nothing was found.
Result<std::vector<chat::SearchHit>, Failure> parse_web_search(std::string_view body);

/// One search with one account; places that do not know the operation are passed over. Destroying
/// cancels; otherwise `done` runs exactly once, on the fetcher's loop, and may destroy the object.
class WebSearch {
  public:
    using Answer = Result<std::vector<chat::SearchHit>, Failure>;
    using Done = UniqueFunction<void(Answer)>;
    struct Input {
        Caller caller;
        std::string call_id;
        std::string query;  // fit_query()
        std::chrono::milliseconds time_max{20'000};
    };
    WebSearch(fetch::Fetcher& fetcher, const UpstreamOptions& options, Input input, Done done);
    ~WebSearch();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::kiro
