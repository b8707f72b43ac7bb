#include "core/responses/storage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;
using namespace kg::chat;

TEST_CASE("7.1: a continued body has the earlier items before its own, as items or as a string") {
    constexpr std::string_view earlier =
        R"({"role":"user","content":"one"},{"role":"assistant","content":"two"})";
    const auto text =
        test::parse(R"({"model":"m","previous_response_id":"resp_1","input":"three","stream":true})");
    CHECK(responses::continued(text.root(), earlier) ==
          R"({"model":"m","kirogate.continued_from":"resp_1","stream":true,"input":[)" +
              std::string(earlier) + R"(,{"type":"message","role":"user","content":"three"}]})");
    const auto items = test::parse(
        R"({"input": [ {"type":"function_call_output","call_id":"c","output":"x"} ],"kirogate.continued_from":"forged"})");
    CHECK(responses::continued(items.root(), earlier) ==
          R"({"input":[)" + std::string(earlier) +
              R"(,{"type":"function_call_output","call_id":"c","output":"x"}]})");
    CHECK(responses::continued(items.root(), "") ==
          R"({"input":[{"type":"function_call_output","call_id":"c","output":"x"}]})");
}

TEST_CASE("7.1: a conversation is its input and what was answered") {
    const auto body = test::parse(R"({"input":"q"})");
    const auto answer = test::parse(R"({"output":[{"type":"message"},{"type":"function_call"}]})");
    const std::string asked = R"({"type":"message","role":"user","content":"q"})";
    CHECK(responses::conversation_of(body.root(), answer.root()) ==
          asked + R"(,{"type":"message"},{"type":"function_call"})");
    CHECK(responses::conversation_of(body.root(), test::parse(R"({"output":[]})").root()) == asked);
}

TEST_CASE("7.4: only a gateway that keeps answers says that it stores them, and what they continue") {
    const auto seal = [] {
        return responses::ReasoningSeal{.seal = [](std::string_view plain) { return std::string(plain); },
                                        .open = [](std::string_view) { return std::nullopt; }};
    };
    const auto echo = [&](responses::Storage storage, const std::string& members) {
        const auto dialect = responses::make_dialect(seal(), storage);
        auto request = test::decode(*dialect, R"({"model":"m","input":"q")" + members + "}");
        REQUIRE(request);
        const auto answer = test::parse(dialect->encode({}, *request, test::answer_context()));
        return std::string(answer.root()["store"].raw()) + " " +
               std::string(answer.root()["previous_response_id"].raw());
    };
    using enum responses::Storage;
    const std::string from = R"(,"kirogate.continued_from":"resp_1")";
    CHECK(echo(none, "") == "false null");
    CHECK(echo(none, R"(,"store":true)" + from) == "false null");
    CHECK(echo(kept, "") == "true null");
    CHECK(echo(kept, from) == R"(true "resp_1")");
    CHECK(echo(kept, R"(,"store":false)") == "false null");
}

TEST_CASE("7.1: a previous response that was not found is refused, kept answers or not") {
    const auto dialect =
        responses::make_dialect({.seal = [](std::string_view plain) { return std::string(plain); },
                                 .open = [](std::string_view) { return std::nullopt; }},
                                responses::Storage::kept);
    const auto refused =
        test::decode(*dialect, R"({"model":"m","input":"q","previous_response_id":"resp_1"})");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "previous_response_not_found");
}
