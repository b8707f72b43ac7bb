#include <set>
#include <string>

#include "core/base/ascii.hpp"
#include "core/kiro/request_encoder.hpp"
#include "tests/support/catch.hpp"

using kg::kiro::ToolNames;

TEST_CASE("C8: names that upstream takes stay as they are") {
    ToolNames names;
    for (const std::string name : {"read_file", "Read-File2", "a", "mcp__x__y"}) {
        CHECK(names.to_wire(name) == name);
        CHECK(names.to_client(name) == name);
    }
    CHECK(names.to_wire(std::string(64, 'n')).size() == 64);
}

TEST_CASE("23: long and odd names come back") {
    ToolNames names;
    for (const std::string& name :
         {std::string(100, 'n'), std::string(65, 'n'), std::string("1st"), std::string("_x"),
          std::string("a.b/c d"), std::string("\xE6\x90\x9C\xE7\xB4\xA2"), std::string(), std::string("-")}) {
        const std::string wire(names.to_wire(name));
        INFO(name << " -> " << wire);
        CHECK(wire.size() <= 64);
        CHECK(kg::ascii::is_alpha(wire[0]));
        CHECK(wire.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
              std::string::npos);
        CHECK(names.to_client(wire) == name);
        CHECK(names.to_wire(name) == wire);
    }
}

TEST_CASE("24: long names with one beginning stay apart") {
    ToolNames names;
    std::set<std::string> wires;
    for (char c = 'a'; c <= 'z'; ++c) wires.insert(std::string(names.to_wire(std::string(90, 'p') + c)));
    CHECK(wires.size() == 26);
}

TEST_CASE("D4: a short name that equals another's alias is kept apart") {
    const std::string longer(90, 'p');
    ToolNames first;
    const std::string alias(first.to_wire(longer));
    CHECK(first.to_wire(alias) != alias);
    CHECK(first.to_client(first.to_wire(alias)) == alias);
    CHECK(first.to_client(alias) == longer);

    ToolNames second;  // the other order
    CHECK(second.to_wire(alias) == alias);
    const std::string other(second.to_wire(longer));
    CHECK(other != alias);
    CHECK(second.to_client(other) == longer);
    CHECK(second.to_client(alias) == alias);
}

TEST_CASE("tool_names: an unknown name comes back unchanged") {
    const ToolNames names;
    CHECK(names.to_client("never_declared") == "never_declared");
}

TEST_CASE("tool_names: views stay valid while names are added and the map is moved") {
    ToolNames names;
    const std::string_view first = names.to_wire("first_tool_with_a_name_beyond_the_small_buffer");
    for (int i = 0; i < 1000; ++i) names.to_wire("tool_" + std::to_string(i));
    const ToolNames moved = std::move(names);
    CHECK(first == "first_tool_with_a_name_beyond_the_small_buffer");
    CHECK(moved.to_client(first) == first);
}
