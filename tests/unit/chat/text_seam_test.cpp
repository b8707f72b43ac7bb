#include "core/chat/text_seam.hpp"

#include <random>

#include "tests/support/catch.hpp"

using kg::chat::TextSeam;

namespace {

/// What the reader has in the end, with the second part in pieces of `bytes`.
std::string joined(std::string said, const std::string& more, std::size_t bytes) {
    TextSeam seam(said);
    for (std::size_t at = 0; at < more.size(); at += bytes) said += seam.push(more.substr(at, bytes));
    said += seam.finish();
    return said;
}

void check(const std::string& said, const std::string& more, const std::string& whole) {
    for (std::size_t bytes = 1; bytes <= more.size() + 1; bytes += 1 + bytes / 8)
        CHECK(joined(said, more, bytes) == whole);
}

}  // namespace

TEST_CASE("a continuation that goes on exactly is joined as it is") {
    check("The quick brown fox ju", "mps over the lazy dog.", "The quick brown fox jumps over the lazy dog.");
    check("first line\n", "\nsecond line", "first line\n\nsecond line");
    check("one", "", "one");
    check("a", "b", "ab");
}

TEST_CASE("the last words said again are dropped") {
    check("The quick brown fox jumps", "brown fox jumps over the lazy dog.",
          "The quick brown fox jumps over the lazy dog.");
    check("Hello", "Hello, world", "Hello, world");  // all of it
    check("the build num", "number is 42", "the build number is 42");
    check("the build number is 42.", "number is 42.", "the build number is 42.");  // and nothing more
    const std::string han = "\xe6\xb1\x89\xe5\xad\x97\xe5\xbe\x88\xe5\xa4\x9a\xe3\x80\x82";
    check("x" + han, han + "y", "x" + han + "y");
}

TEST_CASE("what belongs there is not taken for a repetition") {
    check("a list: 0, 0, 0, 0, 0, 0, 0, ", "0, 0, 0, 0, 0, 0, 1",
          "a list: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1");
    check("+----------------", "----------------+", "+--------------------------------+");
    check("{\n    foo(a, b);\n    foo(a, b);\n", "    foo(a, b);\n}",
          "{\n    foo(a, b);\n    foo(a, b);\n    foo(a, b);\n}");
    check("I said: no", "no more", "I said: nono more");  // two letters are no evidence
    check("can", "can", "can");                           // all of it once more
    check("in the", " the same", "in the the same");
    check("        return", "        return 1;", "        return 1;");
}

TEST_CASE("a seam looks back a bounded way and holds no more than that") {
    std::mt19937 random(7);
    std::string said;
    while (said.size() < 3 * TextSeam::kLookBackMax) said += std::to_string(random()) + " ";
    const auto repeated = said.substr(said.size() - TextSeam::kLookBackMax + 1);
    CHECK(joined(said, repeated + "the rest", 100) == said + "the rest");
    TextSeam seam(said);
    std::size_t held = 0;
    for (std::size_t at = 0; at < said.size(); ++at) held += 1 - seam.push(said.substr(at, 1)).size();
    CHECK(held <= TextSeam::kLookBackMax + 1);
}

TEST_CASE(
    "random texts broken anywhere, and continued with any overlap of sixteen bytes or more, join exactly") {
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string text;
        while (text.size() < 400)
            text += "w" + std::to_string(random() % 100'000) + (random() % 9 ? " " : "\n");
        const std::size_t cut = 40 + random() % 300;
        const std::size_t overlap = random() % 3 ? 0 : 16 + random() % 24;
        INFO(round << " cut " << cut << " overlap " << overlap);
        CHECK(joined(text.substr(0, cut), text.substr(cut - overlap), 1 + random() % 40) == text);
    }
}
