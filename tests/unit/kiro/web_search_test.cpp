#include "core/kiro/web_search.hpp"

#include <optional>

#include "core/json/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;

namespace {

std::string answer(const std::string& text, const std::string& error = "null") {
    std::string out = R"({"id":"x","jsonrpc":"2.0","error":)" + error +
                      R"(,"result":{"isError":false,"content":[{"type":"text","text":)";
    json::Writer(out).string(text);
    return out + "}]}}";
}

}  // namespace

TEST_CASE("kiro-upstream 1.7: the pages of a search are read from the text inside the answer") {
    const auto hits = kiro::parse_web_search(answer(
        R"({"results":[{"title":"T","url":"https://example.org/","snippet":" S ","publishedDate":1767225600000,"id":"1","domain":"example.org"},)"
        R"({"title":"","url":"http://e.net/x","snippet":null,"publishedDate":null},{"title":"bad","url":"javascript:alert"},{"title":"bad","url":"https://a b"}],"totalResults":4,"error":null
})"));
    REQUIRE(hits);
    REQUIRE(hits->size() == 2);
    CHECK((*hits)[0].title == "T");
    CHECK((*hits)[0].text == "S");
    CHECK((*hits)[0].date == "2026-01-01");
    CHECK((*hits)[1].title == "http://e.net/x");
    CHECK((*hits)[1].date.empty());
}

TEST_CASE("kiro-upstream 1.7: only an explicit empty list is an empty search") {
    REQUIRE(kiro::parse_web_search(answer(R"({"results":[]})")));
    CHECK(kiro::parse_web_search(answer(R"({"results":[]})"))->empty());
    for (const auto& body :
         {answer("{}"), answer(R"({"results":null})"), answer("no JSON"), std::string("{}"),
          std::string("<html>"), std::string(R"({"result":{"content":[]}})"),
          answer("{}", R"({"code":-32602,"message":"bad"})"),
          std::string(
              R"({"result":{"isError":true,"content":[{"type":"text","text":"{\"results\":[]}"}]}})")}) {
        INFO(body);
        CHECK_FALSE(kiro::parse_web_search(body));
    }
}

TEST_CASE("kiro-upstream 1.7: a query has at most 200 characters and ends with a word") {
    CHECK(kiro::fit_query("  cats \n") == "cats");
    std::string words;
    for (int i = 0; i < 60; ++i) words += "w\xC3\xB6rd ";
    const auto fit = kiro::fit_query(words);
    CHECK(fit.size() == 40 * 6 - 1);
    CHECK(kiro::fit_query(std::string(300, 'x')).size() == 200);
}

TEST_CASE("kiro-upstream 1.7: the call's id has the form that the service knows") {
    SystemRandom random;
    const auto id = kiro::web_search_call_id(random, wall_from_ms(1'767'225'600'000));
    CHECK(id.size() == 19 + 22 + 1 + 13 + 1 + 8);
    CHECK(id.starts_with("web_search_tooluse_"));
    CHECK(id.find("_1767225600000_") == 19 + 22);
}

TEST_CASE("a search asks the next endpoint when one does not know the operation") {
    test::ScriptedFetcher fetcher;
    const kiro::UpstreamOptions options;
    std::optional<kiro::WebSearch::Answer> got;
    kiro::WebSearch::Input input;
    input.caller.access_token = Secret("t");
    input.caller.provider = "Google";
    input.call_id = "web_search_tooluse_1";
    input.query = "cats";
    const kiro::WebSearch search(fetcher, options, std::move(input),
                                 [&](kiro::WebSearch::Answer a) { got = std::move(a); });
    CHECK(fetcher.last().request.url == "https://runtime.us-east-1.kiro.dev/mcp");
    CHECK(fetcher.last().request.headers.size() > 3);
    CHECK(std::string(fetcher.last().header("x-amzn-kiro-profile-arn")).starts_with("arn:aws:codewhisperer"));
    fetcher.last().answer(404, "{}");
    REQUIRE(fetcher.count() == 2);
    CHECK(fetcher.last().request.url == "https://q.us-east-1.amazonaws.com/mcp");
    fetcher.last().answer(200, answer(R"({"results":[]})"));
    REQUIRE(got);
    CHECK(*got);
}
