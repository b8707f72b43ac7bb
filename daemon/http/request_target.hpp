#pragma once

#include <string>
#include <string_view>

namespace kg::httpd {

/// Splits a request target into path and query. Absolute form loses scheme and host, a fragment is
/// dropped, one trailing slash and a doubled "/v1" are removed: people configure base URLs both
/// ways.
void split_target(std::string_view target, std::string& path, std::string& query);

}  // namespace kg::httpd
