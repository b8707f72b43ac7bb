#include "core/http/message.hpp"

#include "tests/support/catch.hpp"

using namespace kg::http;

TEST_CASE("header names compare without case and keep their order") {
    Headers headers;
    headers.add("X-Api-Key", "one");
    headers.add("Accept", "");
    headers.add("x-api-key", "two");
    CHECK(headers.get("X-API-KEY") == "one");
    CHECK(headers.has("accept"));
    CHECK(headers.get("accept").empty());
    CHECK_FALSE(headers.has("x-api"));
    headers.set("x-API-key", "three");
    REQUIRE(headers.fields().size() == 2);
    CHECK(headers.fields()[0].second == "three");
    CHECK(headers.fields()[1].first == "Accept");
    headers.set("New", "n");
    CHECK(headers.fields().back().first == "New");
}

TEST_CASE("statuses and methods have their names") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(429) == "Too Many Requests");
    CHECK(reason_phrase(529) == "Overloaded");
    CHECK(reason_phrase(499) == "Client Closed Request");
    CHECK(reason_phrase(0) == "Unknown");
    CHECK(reason_phrase(999) == "Unknown");
    CHECK(method_name(Method::delete_) == "DELETE");
    CHECK(method_name(Method::get) == "GET");
}
