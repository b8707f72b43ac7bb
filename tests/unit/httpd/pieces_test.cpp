// The pure parts: targets, framing words, chunks, response heads.

#include "daemon/http/body_reader.hpp"
#include "daemon/http/request_target.hpp"
#include "daemon/http/response_head.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::httpd;

TEST_CASE("request targets are normalised") {
    const auto split = [](std::string_view target) {
        std::string path, query;
        split_target(target, path, query);
        return path + "|" + query;
    };
    CHECK(split("/v1/messages?beta=true") == "/v1/messages|beta=true");
    CHECK(split("/v1/messages/") == "/v1/messages|");
    CHECK(split("/v1/messages//") == "/v1/messages/|");
    CHECK(split("/") == "/|");
    CHECK(split("/?") == "/|");
    CHECK(split("/?a?b") == "/|a?b");
    CHECK(split("/v1/v1/models") == "/v1/models|");
    CHECK(split("/v1/v1/v1/models/") == "/v1/models|");
    CHECK(split("/v1/v1") == "/v1|");
    CHECK(split("/v1/v10/x") == "/v1/v10/x|");
    CHECK(split("/x/v1/v1") == "/x/v1/v1|");
    CHECK(split("http://host:1/a/b?c#d") == "/a/b|c");
    CHECK(split("HTTPS://host") == "/|");
    CHECK(split("http://host?q") == "/|q");
    CHECK(split("*") == "*|");
}

TEST_CASE("comma lists are searched by whole words") {
    CHECK(list_has("keep-alive, Close", "close"));
    CHECK(list_has("close", "close"));
    CHECK_FALSE(list_has("closed, not-close", "close"));
    CHECK_FALSE(list_has("", "close"));
    CHECK_FALSE(list_has(",,", "close"));
}

TEST_CASE("the chunked decoder yields the same body however the bytes are cut") {
    const std::string wire = "1\r\na\r\n00A;x=y\r\nbcdefghijk\r\nb\r\nlmnopqrstuv\r\n0\r\nt: 1\r\n\r\nREST";
    for (std::size_t step = 1; step <= wire.size(); ++step) {
        BodyReader reader;
        Framing framing;
        framing.body = BodyKind::chunked;
        reader.begin(framing, 100);
        auto state = BodyReader::State::more;
        std::string_view left;
        for (std::size_t at = 0; at < wire.size() && state == BodyReader::State::more; at += step) {
            left = std::string_view(wire).substr(at, step);
            state = reader.feed(left);
        }
        CAPTURE(step);
        REQUIRE(state == BodyReader::State::done);
        REQUIRE(reader.take() == "abcdefghijklmnopqrstuv");
        REQUIRE(left.size() <= 4);  // nothing behind the end was taken
    }
}

TEST_CASE("a response head cannot be broken by a field, nor the server's own be overridden") {
    http::Headers headers;
    headers.add("x-good", "1");
    headers.add("x-bad", "1\r\nset-cookie: a");
    headers.add("x-bad\n", "1");
    headers.add("Content-Length", "99");
    headers.add("Transfer-Encoding", "chunked");
    headers.add("X-Request-Id", "forged");
    std::string wire;
    append_status_and_fields(wire, 503, headers);
    CHECK(wire == "HTTP/1.1 503 Service Unavailable\r\nx-good: 1\r\n");
    CHECK_FALSE(status_has_body(204));
    CHECK(status_has_body(200));
}

TEST_CASE("a body reader takes nothing beyond the length") {
    BodyReader reader;
    Framing framing;
    framing.body = BodyKind::length;
    framing.length = 5;
    reader.begin(framing, 5);
    CHECK(reader.untouched());
    std::string_view input = "HelloGET / HTTP/1.1";
    CHECK(reader.feed(input) == BodyReader::State::done);
    CHECK(input == "GET / HTTP/1.1");
    CHECK(reader.take() == "Hello");
    framing.length = 6;
    reader.begin(framing, 5);
    input = "toolong";
    CHECK(reader.feed(input) == BodyReader::State::failed);
    CHECK(reader.failure().status == 413);
}
