#include "core/json/read.hpp"

#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::json;

TEST_CASE("field readers report the path and what was found") {
    const auto doc =
        Document::parse(R"({"messages":[{"role":5,"name":null}],"n":1.5,"i":7,"s":"x","b":false,"o":{}})");
    REQUIRE(doc);
    const Node root = doc->root();
    const Node message = root["messages"].at(0);

    const auto role = require_string(message, "role");
    REQUIRE_FALSE(role);
    CHECK(role.error().message == "messages[0].role: expected a string, found a number");
    CHECK(role.error().param == "messages[0].role");
    CHECK(role.error().kind == ErrorKind::malformed_request);

    const auto model = require_string(root, "model");
    REQUIRE_FALSE(model);
    CHECK(model.error().message == "model: field required");
    CHECK(model.error().param == "model");
    CHECK(require_string(message, "name").error().message == "messages[0].name: field required");

    CHECK(optional_int(root, "n").error().message == "n: expected an integer");
    CHECK(optional_int(root, "s").error().message == "s: expected an integer, found a string");
    CHECK(*optional_int(root, "i") == 7);
    CHECK(*optional_int(root, "none") == std::nullopt);
    CHECK(*optional_string(message, "name") == std::nullopt);
    CHECK(*optional_string(root, "s") == "x");
    CHECK(*optional_bool(root, "b") == false);
    CHECK(optional_bool(root, "i").error().message == "i: expected a boolean, found a number");
    CHECK(require_array(root, "messages"));
    CHECK_FALSE(require_array(root, "o"));
    CHECK(require_object(root, "o"));
    CHECK_FALSE(optional_object(root, "none").value());
    CHECK_FALSE(optional_array(root, "s"));
    CHECK(value_error(root["i"], "must be less").message == "i: must be less");
}

TEST_CASE("a body that is not an object is named") {
    const auto doc = Document::parse("[1]");
    REQUIRE(doc);
    CHECK(type_error(doc->root(), "an object").message == "body: expected an object, found an array");
    CHECK(type_error(doc->root(), "an object").param.empty());
}
