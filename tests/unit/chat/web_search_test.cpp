#include "core/chat/web_search.hpp"

#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::chat;

TEST_CASE("a domain stands for its subdomains and not for names that end alike") {
    const auto allowed = [](std::string domain, std::string_view url) {
        return may_show(url, WebSearchTool{.allowed = {std::move(domain)}});
    };
    CHECK(allowed("example.com", "https://example.com/a"));
    CHECK(allowed("example.com", "https://docs.Example.com:8443/a"));
    CHECK(allowed("https://example.com", "http://example.com"));
    CHECK_FALSE(allowed("example.com", "https://badexample.com/"));
    CHECK_FALSE(allowed("example.com", "https://example.com.evil.net/"));
    CHECK_FALSE(allowed("example.com", "https://evil.net/?example.com"));
    CHECK_FALSE(allowed("example.com", "https://example.com@evil.net/"));
    CHECK(allowed("example.com/blog", "https://example.com/blog/1"));
    CHECK(allowed("example.com/blog", "https://example.com/blog?page=2"));
    CHECK(allowed("example.com/blog/", "https://example.com/blog/1"));
    CHECK_FALSE(allowed("example.com/blog", "https://example.com/shop"));
    CHECK_FALSE(allowed("example.com/blog", "https://example.com/blogger"));
    CHECK(allowed("example.com/*/articles", "https://example.com/en/articles/1"));
    CHECK_FALSE(allowed("example.com/*/articles", "https://example.com/en/shop"));
    CHECK_FALSE(may_show("https://a.example.com/", WebSearchTool{.blocked = {"example.com"}}));
    CHECK(may_show("https://example.org/", WebSearchTool{.blocked = {"example.com"}}));
}

TEST_CASE("an excerpt comes back from its opaque form, other texts do not") {
    const SearchHit hit{.title = "T", .url = "https://e.org", .text = "line\nline", .date = "2026-01-31"};
    const auto back = open_excerpt(seal_excerpt(hit));
    REQUIRE(back);
    CHECK(back->text == hit.text);
    CHECK(back->date == hit.date);
    CHECK_FALSE(open_excerpt("EqgfCioIARgBIiQ3YTAwMjY1Mi1mZjM5LTQ1NGUtODgxNC1kNjNjNTk1ZWI3Y"));
    CHECK_FALSE(open_excerpt(""));
}

TEST_CASE("citations are Markdown links and bare addresses, counted in code points") {
    const std::vector<SearchHit> pages{{.title = "A", .url = "https://e.org/"},
                                       {.title = "B", .url = "https://e.org/b"}};
    const std::string text =
        "\xC3\xA9 [see \xC3\xA9](https://e.org/b), https://e.org/. And https://e.org/beta";
    const auto found = find_citations(text, pages);
    REQUIRE(found.size() == 2);
    CHECK(found[0].page->title == "B");
    CHECK(found[0].begin == 2);
    CHECK(found[0].end == 2 + 24);
    CHECK(found[1].page->title == "A");
    CHECK(found[1].end - found[1].begin == 14);
    CHECK(find_citations("nothing", pages).empty());
}
