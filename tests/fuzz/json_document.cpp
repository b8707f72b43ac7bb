// Any bytes: parse, and if accepted, visit every value through every reader. What a document says
// of a value (its raw text) must parse again to a value of the same kind and text.
#include "core/json/document.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using kg::json::Document;
using kg::json::Node;

namespace {

void demand(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

void visit(Node node, std::size_t& budget) {
    if (budget == 0) return;
    --budget;
    const auto again = Document::parse(std::string(node.raw()));
    demand(again.has_value(), "raw text of a value parses");
    demand(again->root().kind() == node.kind(), "raw text has the same kind");
    demand(again->root().text() == node.text(), "raw text has the same contents");
    demand(again->root().size() == node.size(), "raw text has the same size");
    demand(!node.as_int() || node.kind() == kg::json::Kind::number, "only numbers are integers");
    std::size_t seen = 0;
    for (const Node child : node.children()) {
        demand(!child.path().empty(), "a child has a path");
        if (node.is_object()) demand(static_cast<bool>(node[child.key()]), "a key finds its member");
        ++seen;
        if (budget == 0) return;
        visit(child, budget);
    }
    demand(seen == node.size(), "the size is the number of children");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = Document::parse(std::string(reinterpret_cast<const char*>(data), size));
    if (!document) {
        demand(!document.error().message.empty(), "an error has a message");
        return 0;
    }
    std::size_t budget = 64;
    visit(document->root(), budget);
    return 0;
}
