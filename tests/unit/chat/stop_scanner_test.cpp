#include "core/chat/stop_scanner.hpp"

#include <random>

#include "tests/support/catch.hpp"

using kg::chat::StopScanner;

namespace {

struct Found {
    std::string text;
    std::string matched;
    bool operator==(const Found& other) const { return text == other.text && matched == other.matched; }
};
std::ostream& operator<<(std::ostream& out, const Found& f) {
    return out << '"' << f.text << "\" stop \"" << f.matched << '"';
}

Found scan(const std::vector<std::string>& sequences, const std::vector<std::string_view>& pieces) {
    StopScanner scanner(sequences);
    Found found;
    for (const auto piece : pieces) {
        const auto out = scanner.push(piece);
        found.text += out.text;
        if (out.matched) {
            found.matched = *out.matched;
            CHECK(scanner.push("more").text.empty());
            CHECK(scanner.finish().empty());
            return found;
        }
    }
    found.text += scanner.finish();
    return found;
}

/// The definition, slowly: the first place where any sequence is complete, the longest there.
Found expected(const std::vector<std::string>& sequences, std::string_view text) {
    for (std::size_t end = 1; end <= text.size(); ++end) {
        std::string_view best;
        for (const auto& s : sequences) {
            if (!s.empty() && text.substr(0, end).ends_with(s) && s.size() > best.size()) best = s;
        }
        if (!best.empty()) return {std::string(text.substr(0, end - best.size())), std::string(best)};
    }
    return {std::string(text), {}};
}

}  // namespace

TEST_CASE("C17: stop sequences cut the text at every split point alike") {
    const struct {
        std::vector<std::string> sequences;
        std::string text;
        Found found;
    } cases[] = {
        {{"STOP"}, "abc STOP def", {"abc ", "STOP"}},
        {{"STOP"}, "abc STO", {"abc STO", ""}},
        {{"aab"}, "aaaab!", {"aa", "aab"}},
        {{"abab", "bab"}, "xabab", {"x", "abab"}},
        {{"abc", "b"}, "xabc", {"xa", "b"}},
        {{"\n\n", "\n\nHuman:"}, "a\nb\n\nHuman:", {"a\nb", "\n\n"}},
        {{"END", "NDX"}, "ENDX", {"", "END"}},
        {{"", "x"}, "abxc", {"ab", "x"}},
        {{"\xe2\x82\xac"}, "5 \xe2\x82\xac", {"5 ", "\xe2\x82\xac"}},
        {{"nothing"}, "", {"", ""}},
        {{}, "all of it", {"all of it", ""}},
    };
    for (const auto& c : cases) {
        REQUIRE(expected(c.sequences, c.text) == c.found);
        const std::string_view text = c.text;
        for (std::size_t i = 0; i <= text.size(); ++i) {
            for (std::size_t j = i; j <= text.size(); ++j) {
                INFO("split at " << i << " and " << j);
                REQUIRE(scan(c.sequences, {text.substr(0, i), text.substr(i, j - i), text.substr(j)}) ==
                        c.found);
            }
        }
    }
}

TEST_CASE("C17: random texts and sequences agree with the definition") {
    std::mt19937 random(3);
    const auto word = [&](std::size_t max) {
        std::string out(random() % max + 1, ' ');
        for (char& c : out) c = static_cast<char>('a' + random() % 2);
        return out;
    };
    for (int round = 0; round < 5'000; ++round) {
        std::vector<std::string> sequences;
        for (std::size_t n = random() % 3 + 1; n > 0; --n) sequences.push_back(word(6));
        const std::string text = word(40);
        std::vector<std::string_view> pieces;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t n = random() % 5;
            pieces.push_back(std::string_view(text).substr(at, n));
            at += n;
        }
        INFO("round " << round << ": " << text);
        REQUIRE(scan(sequences, pieces) == expected(sequences, text));
    }
}

TEST_CASE("C17: only a possible beginning of a sequence is held back, and released when it is none") {
    StopScanner scanner({"STOP"});
    CHECK(scanner.push("go ST").text == "go ");
    CHECK(scanner.push("A").text == "STA");
    CHECK(scanner.push("S").text.empty());
    CHECK(scanner.finish() == "S");
    // After a tool call another text begins; the halves do not join.
    CHECK(scanner.push("TOP").text == "TOP");
    CHECK_FALSE(scanner.push("!").matched);
    CHECK(scanner.push("STOP").matched == "STOP");
}
