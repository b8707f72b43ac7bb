#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"

namespace kg::kiro {

/// A tool call of an assistant turn and what upstream will know it by.
struct Call {
    const chat::ToolUse* use = nullptr;
    std::string_view wire_id;
    std::string_view wire_name;
};

/// The place of one call's result in the user turn that follows it.
struct Answer {
    std::string_view wire_id;
    const chat::ToolResult* result = nullptr;  // null: the client never sent one
};

/// One message of Kiro's history. Everything points into the chat::Request or into the arena of the
/// Conversation.
struct Turn {
    bool from_assistant = false;
    std::vector<SharedText> texts;                 // none blank; joined by a newline
    std::vector<const chat::Image*> images;        // user
    std::vector<const chat::ToolResult*> results;  // user, as the client sent them, until paired
    std::vector<Answer> answers;                   // user, one for each call of the turn before
    std::vector<Call> calls;                       // assistant
    const chat::Thinking* reasoning = nullptr;     // assistant

    bool empty() const {
        return texts.empty() && images.empty() && results.empty() && answers.empty() && calls.empty();
    }
};

/// A request on its way to Kiro's body: turns that the rules of normalise.hpp repair one by one.
struct Conversation {
    std::vector<SharedText> system;  // sections folded into the first turn, joined by a blank line
    std::vector<Turn> turns;
    std::vector<std::string> warnings;
    std::size_t image_bytes = 0;
    std::string_view field = "messages";  // what the client calls its conversation

    SharedText keep(std::string text) { return SharedText::borrowed(arena_.emplace_back(std::move(text))); }
    void warn(std::string_view clause);  // once for each distinct clause

  private:
    std::deque<std::string> arena_;  // elements never move
};

/// Reads the client's messages; equal neighbours are merged, `system` turns become user text where
/// they stand. Refuses what upstream has no place for, naming the path.
Result<Conversation> read_conversation(const chat::Request& request, bool keep_reasoning);

/// Empty or white space only, as the service's own JavaScript validator sees it (Unicode included).
bool is_blank_text(std::string_view text);

}  // namespace kg::kiro
