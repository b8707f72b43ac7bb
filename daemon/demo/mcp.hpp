#pragma once

#include "core/http/message.hpp"
#include "core/json/document.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::demo {

/// The MCP endpoint (kiro-upstream 1.7): `initialize`, `tools/list`, and `tools/call` of web_search,
/// which finds the same three made-up pages about any query. Checks what the service checks; a query
/// with "nothing" in it finds no page.
http::Response mcp_answer(const httpd::RequestHead& head, json::Node body, bool require_profile);

}  // namespace kg::demo
