#include "core/base/result.hpp"

#include <memory>

#include "core/base/error.hpp"
#include "core/base/scope_exit.hpp"
#include "core/base/unique_function.hpp"
#include "tests/support/catch.hpp"

using namespace kg;

namespace {

Result<int> half(int n) {
    if (n % 2 != 0) return Err(Error{.kind = ErrorKind::unsupported, .message = "odd"});
    return n / 2;
}
Result<int> quarter(int n) {
    KG_TRY(h, half(n));
    KG_TRY(q, half(h));
    return q;
}
Result<void> check(int n) {
    KG_CHECK(half(n));
    return {};
}

}  // namespace

TEST_CASE("results carry a value or the error through early returns") {
    CHECK(*quarter(8) == 2);
    CHECK(quarter(6).error().message == "odd");
    CHECK(quarter(6).value_or(-1) == -1);
    CHECK(check(2));
    CHECK(check(3).error().kind == ErrorKind::unsupported);
    Result<std::unique_ptr<int>> owned(std::make_unique<int>(3));
    const auto taken = std::move(owned).value();
    CHECK(*taken == 3);
}

TEST_CASE("every kind of error has a row that clients can use") {
    for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i) {
        const auto& row = error_row(static_cast<ErrorKind>(i));
        INFO(row.name);
        CHECK(static_cast<int>(row.kind) == i);
        CHECK(row.openai_status >= 400);
        CHECK(row.openai_status < 600);
        CHECK(row.anthropic_status >= 400);
        CHECK_FALSE(row.openai_type.empty());
        CHECK((row.anthropic_type.ends_with("_error") || row.anthropic_type == "request_too_large"));
        // An SDK that sees our own 401 would throw away a good key.
        CHECK((row.openai_status != 401 || row.kind == ErrorKind::unauthenticated));
    }
}

TEST_CASE("scope exit and one-shot functions") {
    int runs = 0;
    {
        ScopeExit a([&] { ++runs; });
        ScopeExit b([&] { runs += 10; });
        b.release();
    }
    CHECK(runs == 1);
    UniqueFunction<int(int)> f([p = std::make_unique<int>(4)](int n) { return *p + n; });
    UniqueFunction<int(int)> g = std::move(f);
    CHECK_FALSE(f);
    CHECK(g(3) == 7);
}
