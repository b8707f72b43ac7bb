#include "core/json/writer.hpp"
#include "core/openai/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/random_answers.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

struct Call {
    std::string id, name, arguments;
};

/// A strict client: follows client-apis 6.4 chunk by chunk and rebuilds the message.
struct StrictClient {
    std::string text, thinking, finish;
    std::vector<Call> calls;

    void read(std::string_view stream) {
        bool first = true, done = false;
        while (!stream.empty()) {
            const auto end = stream.find("\n\n");
            REQUIRE(end != std::string_view::npos);
            const auto frame = stream.substr(0, end);
            stream.remove_prefix(end + 2);
            REQUIRE_FALSE(done);
            REQUIRE(frame.substr(0, 6) == "data: ");
            REQUIRE(frame.find('\n') == std::string_view::npos);
            if (frame == "data: [DONE]") {
                done = true;
                continue;
            }
            const auto chunk = json::Document::parse(std::string(frame.substr(6)));
            REQUIRE(chunk);
            REQUIRE(chunk->root()["object"].text() == "chat.completion.chunk");
            REQUIRE(chunk->root()["choices"].size() == 1);
            REQUIRE(finish.empty());
            const auto choice = chunk->root()["choices"].at(0);
            REQUIRE((choice["delta"]["role"].text() == "assistant") == first);
            first = false;
            read_delta(choice["delta"]);
            finish = std::string(choice["finish_reason"].text());
        }
        REQUIRE(done);
        REQUIRE_FALSE(finish.empty());
    }

    void read_delta(json::Node delta) {
        text += delta["content"].text();
        thinking += delta["reasoning_content"].text();
        for (const auto call : delta["tool_calls"].children()) {
            const auto index = static_cast<std::size_t>(call["index"].as_int().value());
            if (index == calls.size()) {
                REQUIRE(call["type"].text() == "function");
                calls.push_back(
                    {std::string(call["id"].text()), std::string(call["function"]["name"].text()), ""});
            } else {
                REQUIRE(index + 1 == calls.size());
                REQUIRE_FALSE(call["id"]);
            }
            REQUIRE(call["function"].is_object());
            calls.back().arguments += call["function"]["arguments"].text();
        }
    }
};

}  // namespace

TEST_CASE("C12: random answers obey the chunk rules and equal the whole answer") {
    const auto dialect = openai::make_dialect();
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        INFO("seed " << seed);
        const test::RandomAnswer answer(seed);
        Request request;
        request.model = "m\"odel";
        const auto played =
            test::play(*dialect, request, answer.events, StopReason::end_turn, test::usage(seed, 3));
        StrictClient client;
        client.read(played.stream);
        const auto whole = json::Document::parse(played.whole);
        REQUIRE(whole);
        const auto choice = whole->root()["choices"].at(0);
        const auto message = choice["message"];
        REQUIRE(client.text == message["content"].text());
        REQUIRE(client.thinking == message["reasoning_content"].text());
        REQUIRE(client.finish == choice["finish_reason"].text());
        REQUIRE(client.calls.size() == message["tool_calls"].size());
        for (std::size_t i = 0; i < client.calls.size(); ++i) {
            const auto call = message["tool_calls"].at(i);
            REQUIRE(client.calls[i].id == call["id"].text());
            REQUIRE(client.calls[i].name == call["function"]["name"].text());
            REQUIRE(client.calls[i].arguments == call["function"]["arguments"].text());
            for (std::size_t j = 0; j < i; ++j) REQUIRE(client.calls[j].id != client.calls[i].id);
        }
    }
}
