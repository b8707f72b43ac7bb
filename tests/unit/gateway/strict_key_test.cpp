#include "core/gateway/strict_key.hpp"

#include "tests/support/catch.hpp"

using namespace kg;

TEST_CASE("a strict key is told what would not be done, not what was done about it") {
    CHECK(gateway::refuse_what_others_are_warned_of({}));
    const auto refused = gateway::refuse_what_others_are_warned_of(
        {"seed is not supported by the backend and was ignored",
         "tool type computer is not available and was dropped", "content part of type x was dropped",
         "tool_choice emulated"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::unsupported);
    CHECK_THAT(refused.error().message,
               Catch::EndsWith(": seed is not supported by the backend; tool type computer is not available; "
                               "content part of type x; tool_choice emulated"));
}
