#pragma once

#include <string>
#include <string_view>

#include "core/fetch/fetcher.hpp"

namespace kg::fetch {

/// The Failure for a CURLcode. `text` is curl's own sentence; it is replaced by the code's general
/// one when it quotes the URL's query or the proxy's credentials.
Failure curl_failure(int curl_code, std::string_view text, std::string_view url, std::string_view proxy);

}  // namespace kg::fetch
