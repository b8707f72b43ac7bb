#include "core/chat/thinking_splitter.hpp"

#include <chrono>
#include <random>

#include "tests/support/catch.hpp"

using namespace kg::chat;

namespace {

/// Blocks as one readable text: T(...) for text, K(...) for thinking; "!" where a block ended.
class Blocks final : public ThinkingSplitter::Output {
  public:
    void on_text(std::string_view text) override { add('T', text); }
    void on_thinking(std::string_view text) override { add('K', text); }
    void on_thinking_end() override {
        close();
        shown_ += '!';
    }
    std::string take() {
        close();
        return std::exchange(shown_, {});
    }

  private:
    void add(char kind, std::string_view text) {
        CHECK_FALSE(text.empty());
        if (kind_ != kind) {
            close();
            shown_ += kind;
            shown_ += '(';
            kind_ = kind;
        }
        shown_ += text;
    }
    void close() {
        if (kind_ != 0) shown_ += ')';
        kind_ = 0;
    }
    std::string shown_;
    char kind_ = 0;
};

std::string split(const std::vector<std::string_view>& pieces) {
    Blocks blocks;
    ThinkingSplitter splitter(blocks);
    for (const auto piece : pieces) splitter.push(piece);
    splitter.finish();
    return blocks.take();
}

struct Case {
    const char* name;
    std::string text;
    std::string blocks;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all{
        {"plain text", "Hello\nworld <b>", "T(Hello\nworld <b>)"},
        {"thinking first", "<thinking>\nhm\n</thinking>\n\nHello", "K(hm\n)!T(Hello)"},
        {"only one newline is dropped after the tag", "<thinking>\n\nhm</thinking>\n\n\nHi",
         "K(\nhm)!T(\nHi)"},
        {"no newline after the tag", "<thinking>hm</thinking>\n\nHi", "K(hm)!T(Hi)"},
        {"at the start of a later line", "Sure.\n<thinking>x</thinking>\n\ny", "T(Sure.\n)K(x)!T(y)"},
        {"mentioned in a line", "Use <thinking> tags\nand </thinking>\n\nso",
         "T(Use <thinking> tags\nand </thinking>\n\nso)"},
        {"indented is not at the start", " <thinking>x", "T( <thinking>x)"},
        {"closing tag in prose", "<thinking>the </thinking> tag\nand `</thinking>`\nx</thinking>\n\nok",
         "K(the </thinking> tag\nand `</thinking>`\nx)!T(ok)"},
        {"closing tag and one newline", "<thinking>a</thinking>\nb</thinking>\n\nc",
         "K(a</thinking>\nb)!T(c)"},
        {"closing tag at the end", "<thinking>a</thinking>", "K(a)!"},
        {"closing tag and newline at the end", "<thinking>a</thinking>\n", "K(a)!"},
        {"closing tag, blank line, end", "<thinking>a</thinking>\n\n", "K(a)!"},
        {"never closed", "<thinking>a\nb", "K(a\nb)!"},
        {"never closed, tag begun", "<thinking>a</thinki", "K(a</thinki)!"},
        {"opening tag begun at the end", "<thinki", "T(<thinki)"},
        {"nothing inside", "<thinking></thinking>\n\nx", "!T(x)"},
        {"twice", "<thinking>a</thinking>\n\n<thinking>b</thinking>\n\nc", "K(a)!K(b)!T(c)"},
        {"false starts", "<<thinking>\n<think\n<thinking>a<</thinking</thinking>\n\nb",
         "T(<<thinking>\n<think\n)K(a<</thinking)!T(b)"},
        {"inside a fence", "```xml\n<thinking>a</thinking>\n\n```\n<thinking>b</thinking>\n\nc",
         "T(```xml\n<thinking>a</thinking>\n\n```\n)K(b)!T(c)"},
        {"tilde fence is closed by tildes alone", "~~~\n```\n<thinking>\n~~~\n<thinking>b",
         "T(~~~\n```\n<thinking>\n~~~\n)K(b)!"},
        {"longer fence", "````\n```\n<thinking>\n````  \n<thinking>b",
         "T(````\n```\n<thinking>\n````  \n)K(b)!"},
        {"a fence with text does not close", "```\n``` x\n<thinking>", "T(```\n``` x\n<thinking>)"},
        {"code on one line is no fence", "```a```\n<thinking>b", "T(```a```\n)K(b)!"},
        {"four spaces are no fence", "    ```\n<thinking>b", "T(    ```\n)K(b)!"},
        {"two back-ticks are no fence", "``\n<thinking>b", "T(``\n)K(b)!"},
        {"other letters", "\xc3\xa9\n<thinking>\xe6\x80\x9d</thinking>\n\n\xe7\xad\x94",
         "T(\xc3\xa9\n)K(\xe6\x80\x9d)!T(\xe7\xad\x94)"},
    };
    return all;
}

}  // namespace

TEST_CASE("C1: thinking tags become thinking blocks, whole and split at every two positions") {
    for (const Case& c : cases()) {
        INFO(c.name);
        const std::string_view text = c.text;
        REQUIRE(split({text}) == c.blocks);
        for (std::size_t i = 0; i <= text.size(); ++i) {
            for (std::size_t j = i; j <= text.size(); ++j) {
                INFO("split at " << i << " and " << j);
                REQUIRE(split({text.substr(0, i), text.substr(i, j - i), text.substr(j)}) == c.blocks);
            }
        }
    }
}

TEST_CASE("C1: byte by byte and in random pieces the blocks are the same") {
    std::mt19937 random(11);
    for (const Case& c : cases()) {
        INFO(c.name);
        const std::string_view text = c.text;
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
        REQUIRE(split(bytes) == c.blocks);
        for (int round = 0; round < 50; ++round) {
            std::vector<std::string_view> pieces;
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t n = random() % 7;
                pieces.push_back(text.substr(at, n));
                at += n;
            }
            REQUIRE(split(pieces) == c.blocks);
        }
    }
}

TEST_CASE("text is shown at once: only what may be a tag is held back") {
    Blocks blocks;
    ThinkingSplitter splitter(blocks);
    splitter.push("Hello <thinking");
    CHECK(blocks.take() == "T(Hello <thinking)");
    splitter.push("\n<th");
    CHECK(blocks.take() == "T(\n)");
    splitter.push("e");
    CHECK(blocks.take() == "T(<the)");
    splitter.push("\n<thinking>abc</thinking>\n");
    CHECK(blocks.take() == "T(\n)K(abc)");
    CHECK(splitter.inside_thinking());
    splitter.push("\nx");
    CHECK(blocks.take() == "!T(x)");
    CHECK_FALSE(splitter.inside_thinking());
}

TEST_CASE("after a native thinking event text stays text") {
    Blocks blocks;
    ThinkingSplitter splitter(blocks);
    splitter.push("<thin");
    splitter.disable();
    splitter.push("king>a\n<thinking>b");
    splitter.finish();
    CHECK(blocks.take() == "T(<thinking>a\n<thinking>b)");
}

TEST_CASE("a tool call ends open thinking, and text behind it starts a line") {
    Blocks blocks;
    ThinkingSplitter splitter(blocks);
    splitter.push("<thinking>a</thinking>");
    splitter.finish();
    CHECK(blocks.take() == "K(a)!");
    splitter.push("<thinking>b");
    splitter.finish();
    CHECK(blocks.take() == "K(b)!");
    splitter.finish();
    CHECK(blocks.take().empty());
}

TEST_CASE("K3: an unclosed tag in many small pieces costs linear time") {
    // Work is counted, not time: every byte must leave the splitter as soon as it is decided, so
    // that nothing grows that could be scanned again.
    class Count final : public ThinkingSplitter::Output {
      public:
        void on_text(std::string_view text) override { bytes += text.size(); }
        void on_thinking(std::string_view text) override { bytes += text.size(); }
        void on_thinking_end() override {}
        std::size_t bytes = 0;
    } count;
    ThinkingSplitter splitter(count);
    splitter.push("<thinking>");
    std::size_t pushed = 0;
    for (int i = 0; i < 200'000; ++i) {
        splitter.push("</thinking>\nx");
        pushed += 13;
        REQUIRE(pushed - count.bytes <= 12);
    }
}
