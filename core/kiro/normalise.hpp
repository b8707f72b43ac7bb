#pragma once

#include "core/kiro/conversation.hpp"

namespace kg::kiro {

/// The repairs of kiro-upstream 2.10 step 3, one function a rule; the numbers are those of 2.8.
/// Upstream answers every breach with the same "Improperly formed request."

/// No tool is offered, so upstream knows none (C9, C23): calls and results become plain text.
void flatten_tool_history(Conversation& conversation);
/// C1: an empty user turn in front of a leading assistant turn; fill_blank_turns gives it words.
void start_with_user(Conversation& conversation);
/// C2, C3: turns that say nothing go, their neighbours of one role become one turn. The first
/// stays.
void drop_empty_turns(Conversation& conversation);
/// C4-C7: every call gets a unique safe id and exactly one answer, in call order, in the next user
/// turn: late results move there, missing ones are filled, orphans become text, duplicates go.
void pair_results(Conversation& conversation);
/// The model is shown no images inside results: they join the turn's own, in call order.
void lift_images(Conversation& conversation);
/// C1, C21: a trailing assistant turn is history, and the model is asked to go on.
void end_with_user(Conversation& conversation);
/// C3: placeholder words for user turns that still have none and need some. The system text, folded
/// into the first turn, is words enough; instructions and tags of our own are not.
void fill_blank_turns(Conversation& conversation, bool has_system_text);

/// C18: more messages than upstream keeps.
Result<void> check_history_length(const Conversation& conversation);

/// All of the above but flatten_tool_history, check_history_length and fill_blank_turns (which must
/// know the system text), in order.
void normalise(Conversation& conversation);

}  // namespace kg::kiro
