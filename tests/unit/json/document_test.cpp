#include "core/json/document.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <random>

#include "core/json/writer.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using json::Document;
using json::Kind;
using json::Node;

namespace {

Document parsed(std::string text, const json::Limits& limits = {}) {
    auto result = Document::parse(std::move(text), limits);
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result);
    return std::move(result).value();
}

std::string failure(std::string text, const json::Limits& limits = {}) {
    const auto result = Document::parse(std::move(text), limits);
    if (result) return "accepted";
    CHECK(result.error().kind == ErrorKind::malformed_request);
    return result.error().message;
}

nlohmann::json rebuilt(Node node) {
    switch (node.kind()) {
        case Kind::missing: break;
        case Kind::null: return nullptr;
        case Kind::boolean: return *node.as_bool();
        case Kind::number: return nlohmann::json::parse(node.raw());
        case Kind::string: return std::string(node.text());
        case Kind::array: {
            auto out = nlohmann::json::array();
            for (const Node item : node.children()) out.push_back(rebuilt(item));
            return out;
        }
        case Kind::object: {
            auto out = nlohmann::json::object();
            for (const Node member : node.children()) out[std::string(member.key())] = rebuilt(member);
            return out;
        }
    }
    return "missing";
}

/// Another parser's opinion; lone surrogates, which it refuses, are kept out of the inputs.
bool reference_accepts(const std::string& text) {
    return nlohmann::json::accept(text);
}

}  // namespace

TEST_CASE("a document gives kinds, values and raw text") {
    const auto doc = parsed(R"( {"a": [1, -2.5e3, true , null, "x\n\u00e9"], "b":{ "c" : {} }, "n": 12.0} )");
    const Node root = doc.root();
    REQUIRE(root.is_object());
    CHECK(root.size() == 3);
    const Node a = root["a"];
    CHECK(a.size() == 5);
    CHECK(a.at(0).as_int() == 1);
    CHECK(a.at(1).as_double() == -2500.0);
    CHECK(a.at(1).as_int() == -2500);
    CHECK(a.at(1).raw() == "-2.5e3");
    CHECK(a.at(2).as_bool() == true);
    CHECK(a.at(2).raw() == "true");
    CHECK(a.at(3).kind() == Kind::null);
    CHECK(a.at(4).text() == "x\n\xc3\xa9");
    CHECK(a.at(4).raw() == R"("x\n\u00e9")");
    CHECK_FALSE(a.at(5));
    CHECK(root["b"].raw() == R"({ "c" : {} })");
    CHECK(root["b"]["c"].size() == 0);
    CHECK(root["n"].as_int() == 12);
    CHECK_FALSE(root["none"]["deeper"].at(3));
    CHECK(root["none"].text().empty());
    CHECK_FALSE(a.at(0).as_string());
    CHECK_FALSE(root.as_int());
}

TEST_CASE("scalars may be the whole document") {
    CHECK(parsed(" \"hi\" ").root().text() == "hi");
    CHECK(parsed("12").root().as_int() == 12);
    CHECK(parsed("null\n").root().kind() == Kind::null);
    CHECK(parsed("true").root().raw() == "true");
    CHECK(parsed("[]").root().size() == 0);
    CHECK(parsed("\xef\xbb\xbf{}").root().is_object());
}

TEST_CASE("numbers keep their text and convert only when they fit") {
    const auto doc = parsed(
        "[123456789012345678901234567890, 9223372036854775807, 9223372036854775808, 1.5, 1e3, -0, "
        "1e400, 0.1, -9223372036854775808]");
    const Node root = doc.root();
    CHECK(root.at(0).raw() == "123456789012345678901234567890");
    CHECK_FALSE(root.at(0).as_int());
    CHECK(root.at(1).as_int() == INT64_MAX);
    CHECK_FALSE(root.at(2).as_int());
    CHECK_FALSE(root.at(3).as_int());
    CHECK(root.at(4).as_int() == 1000);
    CHECK(root.at(5).as_int() == 0);
    CHECK_FALSE(root.at(6).as_int());
    CHECK_FALSE(root.at(6).as_double());
    CHECK(root.at(7).as_double() == 0.1);
    CHECK(root.at(8).as_int() == INT64_MIN);
}

TEST_CASE("the last of equal keys counts and all are iterated") {
    const auto doc = parsed(R"({"a":1,"b":2,"a":3,"\u0061":4})");
    CHECK(doc.root()["a"].as_int() == 4);
    std::string keys;
    for (const Node member : doc.root().children()) keys += member.key();
    CHECK(keys == "abaa");
}

TEST_CASE("unpaired surrogate escapes become U+FFFD instead of failing the request") {
    CHECK(parsed(R"(["\ud800"])").root().at(0).text() == "\xef\xbf\xbd");
    CHECK(parsed(R"(["\udc00x"])").root().at(0).text() == "\xef\xbf\xbdx");
    CHECK(parsed(R"(["\ud800\ud83d\ude00"])").root().at(0).text() == "\xef\xbf\xbd\xf0\x9f\x98\x80");
    CHECK(parsed(R"(["\ud83d\n"])").root().at(0).text() == "\xef\xbf\xbd\n");
    CHECK(parsed(R"({"\ud800":1})").root()["\xef\xbf\xbd"].as_int() == 1);
    CHECK(parsed(R"(["\u0000"])").root().at(0).text() == std::string_view("\0", 1));
}

TEST_CASE("paths name the way from the root") {
    const auto doc = parsed(R"({"messages":[{"content":[{"text":1},{"odd key":2}]}]})");
    const Node content = doc.root()["messages"].at(0)["content"];
    CHECK(doc.root().path().empty());
    CHECK(content.at(0)["text"].path() == "messages[0].content[0].text");
    CHECK(content.at(1)["odd key"].path() == R"(messages[0].content[1]."odd key")");
}

TEST_CASE("handles survive a move of the document") {
    auto doc = parsed(R"({"a":"b"})");
    const Node a = doc.root()["a"];
    const Document moved = std::move(doc);
    CHECK(a.text() == "b");
    CHECK_FALSE(doc.root());
}

TEST_CASE("errors carry the byte offset and a reason") {
    CHECK(failure("") == "empty body");
    CHECK(failure(" \r\n") == "empty body");
    CHECK(failure(R"({"a" 1})") == "invalid JSON at byte 5: expected a colon");
    CHECK(failure(R"({"a":1,})") == "invalid JSON at byte 7: expected a key in quotation marks");
    CHECK(failure(R"([1 2])") == "invalid JSON at byte 3: expected a comma or ]");
    CHECK(failure(R"([1,])") == "invalid JSON at byte 3: expected a value");
    CHECK(failure(R"([1])"
                  "x") == "invalid JSON at byte 3: unexpected text after the value");
    CHECK(failure(R"({} {})") == "invalid JSON at byte 3: unexpected text after the value");
    CHECK(failure(R"(["a)") == "invalid JSON at byte 1: a string is not closed");
    CHECK(failure(R"(["\x"])") == "invalid JSON at byte 2: unknown escape in a string");
    CHECK(failure("[\"a\nb\"]") ==
          "invalid JSON at byte 3: a control character inside a string must be escaped");
    CHECK(failure("[\"\xc3\x28\"]") == "invalid JSON at byte 2: the text is not UTF-8");
    CHECK(failure("[\"\xed\xa0\x80\"]") == "invalid JSON at byte 2: the text is not UTF-8");
    CHECK(failure("[01]") == "invalid JSON at byte 1: malformed number");
    CHECK(failure("{\"a\":") == "invalid JSON at byte 5: the text ends where a value was expected");
    CHECK(failure("{\"a\":{}") == "invalid JSON at byte 7: an object is not closed");
    CHECK(failure("\"a\"b") == "invalid JSON at byte 3: unexpected text after the value");
    CHECK(failure("{a:1}") == "invalid JSON at byte 1: expected a key in quotation marks");
    CHECK(failure("tru") == "invalid JSON at byte 0: expected a value");
}

TEST_CASE("depth and number of values are bounded") {
    const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    CHECK(parsed(nested(128)).root().is_array());
    CHECK(failure(nested(129)) == "invalid JSON at byte 128: nested too deeply");
    CHECK(failure(std::string(1'000'000, '[')).find("nested too deeply") != std::string::npos);
    CHECK(failure("[1,2,3]", {.depth_max = 8, .nodes_max = 3}) == "invalid JSON at byte 5: too many values");
    CHECK(parsed("[1,2]", {.depth_max = 8, .nodes_max = 3}).root().size() == 2);
}

TEST_CASE("what is accepted and what it means agree with another parser on mutated texts") {
    const std::string seed =
        R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a\"b\\ \u00e9 ü"},)"
        R"({"n":[1,-2.5,3e2,0,true,false,null,{}]}]}],"stream":true, "x" : [ ] })";
    const std::string letters = "{}[]:,\"\\ 0123456789-+.eEtrufalsn\n\t\x01u/\xc3\xa9";
    std::mt19937 random(7);
    int accepted = 0;
    for (int round = 0; round < 60'000; ++round) {
        std::string text = seed;
        const int edits = static_cast<int>(random() % 3) + 1;
        for (int i = 0; i < edits; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = letters[random() % letters.size()]; break;
                case 1: text.erase(at, random() % 4 + 1); break;
                default: text.insert(at, 1, letters[random() % letters.size()]);
            }
        }
        if (text.find("\\ud") != std::string::npos || text.find("\\uD") != std::string::npos) continue;
        const auto ours = Document::parse(text);
        INFO("round " << round << ": " << text);
        if (!ours && ours.error().message == "empty body") continue;
        REQUIRE(ours.has_value() == reference_accepts(text));
        if (!ours) continue;
        ++accepted;
        REQUIRE(rebuilt(ours->root()) == nlohmann::json::parse(text));
    }
    CHECK(accepted > 1000);
}

TEST_CASE("escapes are decoded alike wherever they stand in a block") {
    for (std::size_t before = 0; before < 40; ++before) {
        for (const std::string escape : {"\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\\/"}) {
            for (std::size_t after : {0u, 1u, 15u, 16u, 17u, 33u}) {
                const std::string literal =
                    '"' + std::string(before, 'a') + escape + std::string(after, 'b') + escape + '"';
                const auto document = Document::parse("[" + literal + "]");
                REQUIRE(document);
                CHECK(document->root().at(0).text() == nlohmann::json::parse(literal).get<std::string>());
            }
        }
    }
}

TEST_CASE("a shared text knows how it was written, unless decoding altered it") {
    const auto document =
        Document::parse(R"({"plain":"text","escaped":"a\tb\u0041","cut":"x\ud800y","number":1})");
    REQUIRE(document);
    const auto shared = [&](std::string_view key) { return document->root()[key].shared_text(); };
    CHECK(shared("plain").escaped() == "text");
    CHECK(shared("escaped") == "a\tbA");
    CHECK(shared("escaped").escaped() == R"(a\tb\u0041)");
    CHECK(shared("cut") == "x\xef\xbf\xbdy");
    CHECK(shared("cut").escaped().empty());
    CHECK(shared("number").empty());
    std::string out;
    for (const auto* key : {"plain", "escaped", "cut"}) kg::json::append_shared(out, shared(key));
    CHECK(out == "texta\\tb\\u0041x\xef\xbf\xbdy");
}

TEST_CASE("a copy of a document keeps the slices of it valid") {
    SharedText text;
    Document kept;
    {
        const auto document = Document::parse(R"({"key":"a text that is long enough for the heap\n"})");
        REQUIRE(document);
        text = document->root()["key"].shared_text();
        kept = *document;
    }
    CHECK(text == "a text that is long enough for the heap\n");
}
