#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"

namespace kg::cmd {

struct HttpAnswer {
    int status = 0;
    http::Headers headers;
    std::string body;  // at most 64 MiB
};

/// One request to a gateway, run to its end on a loop of its own. `on_body`, when given, sees the
/// body of a 200 as it arrives instead of collecting it. Ctrl-C ends it with ErrorKind::cancelled.
Result<HttpAnswer> http_call(fetch::Request request, UniqueFunction<void(std::string_view)> on_body = {});

/// A short GET; `key`, unless empty, is sent as bearer.
Result<HttpAnswer> http_get(const std::string& url, const std::string& key = {});
std::string without_slash(std::string url);  // at its end

}  // namespace kg::cmd
