#include "tests/contract/store/backend.hpp"

using namespace kg;
using kg::test::Backend;

namespace {

store::Summary summary(const std::string& name, std::int64_t used_at_ms, std::size_t bytes = 100) {
    return {
        .key = sha256(name), .text = name + std::string(bytes - name.size(), '.'), .used_at_ms = used_at_ms};
}

bool has(Backend& stores, const std::string& name) {
    auto found = stores->summaries().find({sha256(name)}, 0, 0);
    REQUIRE(found);
    return !found->empty();
}

}  // namespace

TEST_CASE("summaries are found by key, several at once, and unknown keys are passed over") {
    Backend stores;
    INFO(stores.kind());
    const auto before = stores.version();
    REQUIRE(stores->summaries().put(summary("one", 10)));
    REQUIRE(stores->summaries().put({.key = sha256("two"), .text = "caf\xc3\xa9 \"2\"\n", .used_at_ms = 10}));
    auto found = stores->summaries().find({sha256("two"), sha256("three"), sha256("one")}, 0, 20);
    REQUIRE(found);
    REQUIRE(found->size() == 2);
    for (const auto& one : *found) {
        CHECK(one.used_at_ms == 20);
        CHECK(one.text == (one.key == sha256("one") ? summary("one", 0).text : "caf\xc3\xa9 \"2\"\n"));
    }
    CHECK(stores->summaries().find({}, 0, 20)->empty());
    CHECK(stores->summaries().find({sha256("one")}, 21, 30)->empty());  // too old
    CHECK(stores->summaries().count().value() == 2);
    CHECK(stores.version() == before);  // nobody has to reload accounts for them
}

TEST_CASE("a summary that is put again replaces the first") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->summaries().put(summary("one", 10)));
    REQUIRE(stores->summaries().put({.key = sha256("one"), .text = "better", .used_at_ms = 11}));
    auto found = stores->summaries().find({sha256("one")}, 0, 11);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().text == "better");
    CHECK(stores->summaries().count().value() == 1);
}

TEST_CASE("pruning summaries drops the old, then the longest unused beyond the size") {
    Backend stores;
    INFO(stores.kind());
    for (int i = 0; i < 600; ++i) REQUIRE(stores->summaries().put(summary("old" + std::to_string(i), i)));
    REQUIRE(stores->summaries().put(summary("a", 1000)));
    REQUIRE(stores->summaries().put(summary("b", 1001)));
    REQUIRE(stores->summaries().put(summary("c", 1002)));
    REQUIRE(stores->summaries().prune(1000, 1'000'000));
    CHECK(stores->summaries().count().value() == 3);
    REQUIRE(stores->summaries().find({sha256("a")}, 0, 2000));  // used: now "b" is the oldest
    REQUIRE(stores->summaries().prune(0, 450));                 // two sealed texts or four plain ones
    if (stores.kind() == "memory") {
        CHECK(stores->summaries().count().value() == 3);
        REQUIRE(stores->summaries().prune(0, 250));
    }
    CHECK(stores->summaries().count().value() == 2);
    CHECK_FALSE(has(stores, "b"));
    CHECK(has(stores, "a"));
    REQUIRE(stores->summaries().prune(0, 0));
    CHECK(stores->summaries().count().value() == 0);
}
