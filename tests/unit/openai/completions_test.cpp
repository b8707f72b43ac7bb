#include "core/openai/completions.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/refusals.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

const auto kDialect = openai::make_completions_dialect();

Request accept(const std::string& text) {
    auto request = test::decode(*kDialect, text);
    INFO(text);
    if (!request) FAIL(request.error().message);
    return std::move(*request);
}

}  // namespace

TEST_CASE("A10: completions refuse wrong shapes and what has no counterpart") {
    constexpr auto bad = ErrorKind::malformed_request, unsupported = ErrorKind::unsupported;
    test::check_refused(*kDialect, {
                                       {"[]", bad, ""},
                                       {R"({"prompt":"a"})", bad, "model"},
                                       {R"({"model":"m"})", bad, "prompt"},
                                       {R"({"model":"m","prompt":7})", bad, "prompt"},
                                       {R"({"model":"m","prompt":""})", bad, "prompt"},
                                       {R"({"model":"m","prompt":[]})", unsupported, "prompt"},
                                       {R"({"model":"m","prompt":["a","b"]})", unsupported, "prompt"},
                                       {R"({"model":"m","prompt":[1]})", unsupported, "prompt[0]"},
                                       {R"({"model":"m","prompt":[[1,2]]})", unsupported, "prompt[0]"},
                                       {R"({"model":"m","prompt":"a","suffix":"b"})", unsupported, "suffix"},
                                       {R"({"model":"m","prompt":"a","n":2})", unsupported, "n"},
                                       {R"({"model":"m","prompt":"a","best_of":2})", unsupported, "best_of"},
                                       {R"({"model":"m","prompt":"a","echo":1})", bad, "echo"},
                                       {R"({"model":"m","prompt":"a","stop":[""]})", bad, "stop[0]"},
                                   });
}

TEST_CASE("completions: the prompt is the one user turn") {
    const auto request = accept(
        R"({"model":"m","prompt":["Once"],"max_tokens":9,"stop":"\n","stream":true,"suffix":"","logprobs":2})");
    REQUIRE(request.messages.size() == 1);
    CHECK(test::part<Text>(request, 0, 0).text == "Once");
    CHECK(request.max_tokens == 9u);
    CHECK(request.stop_sequences == std::vector<std::string>{"\n"});
    CHECK(test::warns_about(request, "logprobs"));
}

TEST_CASE("completions: whole and streamed answers, byte for byte") {
    const auto request = accept(
        R"({"model":"m","prompt":"Once ","echo":true,"stream":true,"stream_options":{"include_usage":true}})");
    const auto played =
        test::play(*kDialect, request, {ThinkingDelta{"hm"}, TextDelta{"upon"}, TextDelta{" a"}},
                   StopReason::max_tokens, test::usage(20, 5));
    const std::string head =
        R"({"id":"cmpl-AbCdEfGhIjKlMnOpQrStUvWx","object":"text_completion","created":1763900000,"model":"m","choices":[)";
    const std::string usage =
        R"("usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}})";
    CHECK(played.whole ==
          head + R"({"text":"Once upon a","index":0,"logprobs":null,"finish_reason":"length"}],)" + usage);
    const auto chunk = [&](const std::string& text, const std::string& finish) {
        return "data: " + head + R"({"text":")" + text + R"(","index":0,"logprobs":null,"finish_reason":)" +
               finish + "}],\"usage\":null}\n\n";
    };
    CHECK(played.stream == chunk("Once ", "null") + chunk("upon", "null") + chunk(" a", "null") +
                               chunk("", "\"length\"") + "data: " + head + "]," + usage +
                               "\n\ndata: [DONE]\n\n");
}

TEST_CASE("completions: a stream that broke ends with the family's error and no end mark") {
    std::string out;
    const auto encoder = kDialect->stream(accept(R"({"model":"m","prompt":"a"})"), test::answer_context());
    encoder->begin(out);
    encoder->event(TextDelta{"half"}, out);
    encoder->fail({.kind = ErrorKind::context_too_long, .message = "long"}, out);
    CHECK(out.find("[DONE]") == std::string::npos);
    const auto last = test::parse(test::data_lines(out).back());
    CHECK(last.root()["error"]["param"].text() == "prompt");
}
