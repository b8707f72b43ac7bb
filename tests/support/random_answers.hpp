#pragma once

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "core/chat/event.hpp"

namespace kg::test {

/// A legal answer of random events; owns the texts that the events view.
struct RandomAnswer {
    std::deque<std::string> texts;
    std::deque<chat::WebSearch> searches;
    std::vector<chat::StreamEvent> events;

    explicit RandomAnswer(std::uint32_t seed) : random_(seed) {
        for (std::size_t count = below(12); count > 0; --count) add_event();
    }

  private:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::string_view text() {
        static const std::vector<std::string> pieces = {"a",        "word ",
                                                        "\n",       "\"",
                                                        "\\",       "\t",
                                                        "{",        "data: x\n\n",
                                                        "\xC3\xA9", "\xF0\x9F\x98\x80",
                                                        "</think>", std::string(1, '\0')};
        std::string& out = texts.emplace_back();
        for (std::size_t count = 1 + below(4); count > 0; --count) out += pieces[below(pieces.size())];
        return out;
    }

    void add_tool() {
        static const std::vector<std::string> ids = {"tooluse_1", "tooluse_2", "bad id", "", "x/y"};
        events.emplace_back(chat::ToolUseStart{ids[below(ids.size())], "tool"});
        static const std::vector<std::string> inputs = {"", "{}",
                                                        "{\"a\":\"b \\\" c\",\"n\":[1,{\"x\":null}]}"};
        std::string_view input = inputs[below(inputs.size())];
        while (!input.empty()) {
            const std::size_t piece = 1 + below(input.size());
            events.emplace_back(chat::ToolInputDelta{input.substr(0, piece)});
            input.remove_prefix(piece);
        }
        events.emplace_back(chat::ToolUseEnd{});
    }

    void add_search() {
        chat::WebSearch& search = searches.emplace_back();
        search.id = std::string(31, '0') + "0123456789abcdef"[searches.size() % 16];
        search.query = text();
        if (below(4) == 0) search.error = chat::SearchError::unavailable;
        for (std::size_t count = search.error == chat::SearchError::none ? below(3) : 0; count > 0; --count)
            search.hits.push_back(
                {std::string(text()), "https://e.org/" + std::to_string(below(9)), "x", {}});
        events.emplace_back(chat::WebSearchStart{search.id, search.query});
        events.emplace_back(chat::WebSearchEnd{&search});
    }

    void add_event() {
        switch (below(9)) {
            case 0:
            case 1:
            case 2: events.emplace_back(chat::TextDelta{text()}); break;
            case 3: events.emplace_back(chat::ThinkingDelta{text()}); break;
            case 4: events.emplace_back(chat::ThinkingSignature{"c2ln"}); break;
            case 5: events.emplace_back(chat::RedactedThinking{"cmVk"}); break;
            case 6: events.emplace_back(chat::Usage{}); break;
            case 7: add_search(); break;
            default: add_tool(); break;
        }
    }

    std::mt19937 random_;
};

}  // namespace kg::test
