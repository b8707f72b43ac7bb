#include "daemon/demo/mcp.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/base/ascii.hpp"
#include "core/json/writer.hpp"
#include "daemon/demo/replies.hpp"

namespace kg::demo {
namespace {

constexpr std::size_t kQueryCharsMax = 200;
constexpr int kUnknownMethod = -32601, kBadParams = -32602;

struct Page {
    std::string_view title, url, domain, about;
    std::int64_t published_ms;
};
constexpr auto kPages = std::to_array<Page>({
    {"The kirogate demo", "https://example.org/", "example.org", "A made-up page about ", 1'767'225'600'000},
    {"Notes from the field", "https://docs.example.com/notes", "docs.example.com",
     "Somebody's careful notes on ", 1'735'689'600'000},
    {"Old news", "https://example.net/archive?id=7", "example.net", "An undated rumour of ", 0},
});

constexpr std::string_view kToolList =
    R"({"tools":[{"name":"web_search","description":"Searches the web.","inputSchema":{"type":"object",)"
    R"("properties":{"query":{"type":"string","maxLength":200}},"required":["query"]}}]})";

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string found_text(std::string_view query) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("results").begin_array();
    const bool none = query.find("nothing") != std::string_view::npos;
    for (std::size_t i = 0; i < kPages.size() && !none; ++i) {
        const Page& page = kPages[i];
        writer.begin_object().member("title", page.title).member("url", page.url);
        writer.member("snippet", std::string(page.about).append(query).append("."));
        writer.key("publishedDate");
        page.published_ms == 0 ? writer.null() : writer.integer(page.published_ms);
        writer.member("id", std::to_string(i + 1)).member("domain", page.domain);
        writer.member("maxVerbatimWordLimit", 30).member("publicDomain", false).end_object();
    }
    writer.end_array().member("totalResults", none ? 0 : kPages.size()).member("query", query);
    writer.key("error").null().end_object();
    return out;
}

http::Response answer(json::Node id, std::string_view error, std::string_view result) {
    http::Response out = json_reply({});
    json::Writer writer(out.body);
    writer.begin_object().member("id", id.text()).member("jsonrpc", "2.0");
    writer.key("error").raw(error).key("result").raw(result).end_object();
    return out;
}

http::Response failure(json::Node id, int code, std::string_view message) {
    std::string error;
    json::Writer(error).begin_object().member("code", code).member("message", message).end_object();
    return answer(id, error, "null");
}

}  // namespace

http::Response mcp_answer(const httpd::RequestHead& head, json::Node body, bool require_profile) {
    if (require_profile && head.headers.get("x-amzn-kiro-profile-arn").empty() &&
        body["profileArn"].text().empty())
        return refuse(Refusal::profile_required);
    const json::Node id = body["id"];
    const std::string_view method = body["method"].text();
    if (body["jsonrpc"].text() != "2.0") return failure(id, -32600, "Invalid request");
    if (method == "tools/list") return answer(id, "null", kToolList);
    if (method == "initialize")
        return answer(id, "null", R"({"protocolVersion":"2025-03-26","capabilities":{"tools":{}}})");
    if (method != "tools/call") return failure(id, kUnknownMethod, "Method not found");
    const json::Node query = body["params"]["arguments"]["query"];
    if (body["params"]["name"].text() != "web_search") return failure(id, kBadParams, "Unknown tool");
    if (!id.text().starts_with("web_search_tooluse_")) return failure(id, kBadParams, "Invalid id");
    if (ascii::is_blank(query.text()) || characters(query.text()) > kQueryCharsMax)
        return failure(id, kBadParams, "query must hold 1 to 200 characters");
    std::string result;
    json::Writer writer(result);
    writer.begin_object().member("isError", false).key("content").begin_array();
    writer.begin_object().member("type", "text").member("text", found_text(query.text())).end_object();
    writer.end_array().end_object();
    return answer(id, "null", result);
}

}  // namespace kg::demo
