#include <iterator>
#include <utility>

#include "core/kiro/normalise.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kHistoryMax = 10'000;

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void merge(Turn& into, Turn& from) {
    append(into.texts, from.texts);
    append(into.images, from.images);
    append(into.results, from.results);
    append(into.answers, from.answers);
    append(into.calls, from.calls);
    if (!into.reasoning) into.reasoning = from.reasoning;
}

constexpr std::string_view kGoOn =
    "Continue your last message from exactly where it stops, without saying any of it again.";

}  // namespace

void start_with_user(Conversation& conversation) {
    auto& turns = conversation.turns;
    if (turns.empty() || turns.front().from_assistant) turns.insert(turns.begin(), Turn{});
}

void drop_empty_turns(Conversation& conversation) {
    auto& turns = conversation.turns;
    if (turns.empty()) return;
    std::size_t last = 0;  // the turn that the next one is compared with
    for (std::size_t i = 1; i < turns.size(); ++i) {
        if (turns[i].empty()) continue;
        if (turns[i].from_assistant == turns[last].from_assistant) {
            merge(turns[last], turns[i]);
        } else if (++last != i) {
            turns[last] = std::move(turns[i]);
        }
    }
    turns.resize(last + 1);
}

void end_with_user(Conversation& conversation) {
    if (!conversation.turns.back().from_assistant) return;
    conversation.warn("assistant prefill emulated");
    conversation.turns.push_back(Turn{.texts = {std::string(kGoOn)}});
}

void fill_blank_turns(Conversation& conversation, bool has_system_text) {
    auto& turns = conversation.turns;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        Turn& turn = turns[i];
        if (turn.from_assistant || !turn.texts.empty() || !turn.answers.empty()) continue;
        if (i == 0 && has_system_text) continue;
        if (!turn.images.empty()) {
            turn.texts.push_back(turn.images.size() == 1 ? "[image]" : "[images]");
        } else {
            turn.texts.push_back(i + 1 == turns.size() ? "Continue" : "Hello");
        }
    }
}

Result<void> check_history_length(const Conversation& conversation) {
    if (conversation.turns.size() <= kHistoryMax + 1) return {};
    Error error{.kind = ErrorKind::context_too_long};
    error.param = conversation.field;
    error.message = error.param + ": the conversation has more than 10000 turns";
    return Err(std::move(error));
}

void normalise(Conversation& conversation) {
    start_with_user(conversation);
    drop_empty_turns(conversation);
    pair_results(conversation);
    drop_empty_turns(conversation);  // a late result may have left nothing behind
    lift_images(conversation);
    end_with_user(conversation);
}

}  // namespace kg::kiro
