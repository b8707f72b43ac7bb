#include "tests/contract/store/backend.hpp"

using namespace kg;
using kg::test::Backend;

namespace {

store::KeptResponse response(const std::string& owner, int number, std::int64_t expires_at_ms = 1'000'000) {
    const auto id = "resp_" + owner + std::to_string(number);
    return {.id = id,
            .owner = owner,
            .body = "{\"id\":\"" + id + "\"}",
            .conversation = "{\"role\":\"user\",\"content\":\"caf\xc3\xa9\"}",
            .created_at_ms = number,
            .expires_at_ms = expires_at_ms};
}

bool has(Backend& stores, const std::string& owner, const std::string& id, std::int64_t now_ms = 0) {
    auto found = stores->responses().find(owner, id, now_ms);
    REQUIRE(found);
    return found->has_value();
}

}  // namespace

TEST_CASE("a kept response is its owner's alone, to find and to remove") {
    Backend stores;
    INFO(stores.kind());
    const auto before = stores.version();
    REQUIRE(stores->responses().put(response("key_a", 1), 10));
    REQUIRE(stores->responses().put(response("", 1), 10));
    auto found = stores->responses().find("key_a", "resp_key_a1", 5);
    REQUIRE(found);
    REQUIRE(found->has_value());
    const auto expected = response("key_a", 1);
    CHECK((*found)->id == expected.id);
    CHECK((*found)->owner == expected.owner);
    CHECK((*found)->body == expected.body);
    CHECK((*found)->conversation == expected.conversation);
    CHECK((*found)->created_at_ms == 1);
    CHECK((*found)->expires_at_ms == 1'000'000);
    CHECK_FALSE(has(stores, "key_b", "resp_key_a1"));
    CHECK_FALSE(has(stores, "", "resp_key_a1"));
    CHECK(has(stores, "", "resp_1"));
    CHECK(stores->responses().remove("key_b", "resp_key_a1").value() == false);
    CHECK(stores->responses().remove("key_a", "resp_key_a1").value() == true);
    CHECK(stores->responses().remove("key_a", "resp_key_a1").value() == false);
    CHECK_FALSE(has(stores, "key_a", "resp_key_a1"));
    CHECK(stores->responses().count().value() == 1);
    CHECK(stores.version() == before);  // nobody has to reload accounts for them
}

TEST_CASE("kept responses: the owner's oldest go beyond the bound, those of others stay") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->responses().put(response("key_b", 0), 3));
    for (int i = 1; i <= 5; ++i) REQUIRE(stores->responses().put(response("key_a", i), 3));
    CHECK(stores->responses().count().value() == 4);
    CHECK_FALSE(has(stores, "key_a", "resp_key_a2"));
    CHECK(has(stores, "key_a", "resp_key_a3"));
    CHECK(has(stores, "key_a", "resp_key_a5"));
    CHECK(has(stores, "key_b", "resp_key_b0"));
}

TEST_CASE("kept responses expire: not found from then on, deleted by the next one that is put") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->responses().put(response("key_a", 1, 100), 10));
    CHECK(has(stores, "key_a", "resp_key_a1", 99));
    CHECK_FALSE(has(stores, "key_a", "resp_key_a1", 100));
    CHECK(stores->responses().count().value() == 1);
    REQUIRE(stores->responses().put(response("key_b", 100), 10));
    CHECK(stores->responses().count().value() == 1);
}

TEST_CASE("a kept response put again is replaced, but not by another owner") {
    Backend stores;
    INFO(stores.kind());
    REQUIRE(stores->responses().put(response("key_a", 1), 10));
    auto other = response("key_a", 1);
    other.body = "{}";
    REQUIRE(stores->responses().put(other, 10));
    CHECK(stores->responses().find("key_a", other.id, 0).value()->body == "{}");
    other.owner = "key_b";
    REQUIRE(stores->responses().put(other, 10));
    CHECK(has(stores, "key_a", other.id));
    CHECK_FALSE(has(stores, "key_b", other.id));
}
