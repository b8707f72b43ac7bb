// ChatJob, what is done about an answer that broke off: a text is asked for on from there, a lost tool
// call is told to the model in the next turn.
#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/kiro/event_decoder.hpp"

namespace kg::gateway {
namespace {

/// Longer texts are not continued: they are held in memory, and sent again with every continuation.
constexpr std::size_t kSaidMax = 256u << 10;

constexpr std::string_view kGoOn =
    "[The connection broke off in the middle of your last message. The reader has exactly what stands "
    "above. Go on with the very next character: no greeting, no comment, nothing said twice, no list or "
    "code block opened anew.]";

std::string cut_call_note(std::string_view tool) {
    return "[Note from the gateway: your turn above broke off while you were writing a call of the tool `" +
           std::string(tool) +
           "`. That call is lost and did not run. If it is still needed, call the tool again; if its input "
           "was long, use several smaller calls.]";
}

std::uint64_t text_tokens(const chat::Message& message) {
    chat::TokenEstimate sum;
    for (const auto& part : message.parts) {
        if (const auto* text = std::get_if<chat::Text>(&part)) sum.add(text->text);
    }
    return sum.tokens();
}

/// Whether this is the turn in which the call was lost, as its client sends it back; spaces at the
/// ends may be gone.
bool is_turn_of(const CutCall& call, const std::vector<chat::Message>& messages) {
    if (call.turn + 1 >= messages.size()) return false;
    const auto& turn = messages[call.turn];
    if (turn.role != chat::Role::assistant) return false;
    const auto tokens = text_tokens(turn);
    return tokens <= call.text_tokens && tokens + 1 >= call.text_tokens;
}

void prepend_text(chat::Message& message, std::string text) {
    const auto first = std::ranges::find_if(
        message.parts, [](const chat::Part& part) { return std::holds_alternative<chat::Text>(part); });
    message.parts.insert(first, chat::Text{std::move(text)});
}

}  // namespace

/// Tells the model what it cannot know: a tool call that it believes to have made never ran. Later
/// turns of the conversation say it again, so that what precedes them stays the same.
void ChatJob::recall_cut_calls() {
    if (!service_.cut_calls || service_.cut_calls->size() == 0) return;
    for (const auto& call : service_.cut_calls->find(conversation_key(), service_.clock.steady())) {
        // A turn of nothing but the lost call leaves no trace: the client asks again, or says more.
        const bool silent = call.text_tokens == 0 && call.turn < request_.messages.size() &&
                            request_.messages[call.turn].role == chat::Role::user;
        if (!silent && !is_turn_of(call, request_.messages)) continue;
        auto& next = request_.messages[silent ? call.turn : call.turn + 1];
        if (next.role != chat::Role::user) continue;
        prepend_text(next, cut_call_note(call.tool));
        log::info("kiro", "the model is told of a cut tool call",
                  {{"tool", call.tool}, {"key", permissions_.key_id}, {"turn", call.turn}});
    }
}

void ChatJob::tool_was_cut(std::string_view tool) {
    if (tool_seen_ && request_.tool_choice.disable_parallel) return;  // it would have been withheld
    report_.cut_tool = true;
    service_.stats.cut_tool_calls.fetch_add(1, std::memory_order_relaxed);
    log::warn("kiro", "a tool call was cut",
              {{"tool", tool}, {"account", report_.account_id}, {"key", permissions_.key_id}});
    if (!service_.cut_calls) return;
    service_.cut_calls->remember(
        conversation_key(),
        {.turn = turns_asked_, .text_tokens = text_estimate_.tokens(), .tool = std::string(tool)},
        service_.clock.steady());
}

void ChatJob::remember_said(std::string_view text) {
    if (settings_->continue_text && request_.stream && said_.size() <= kSaidMax) said_ += text;
}

bool ChatJob::may_continue(const kiro::Failure& failure) const {
    using Next = kiro::NextStep;
    const auto next = kiro::failure_row(failure.cls).next;
    const bool elsewhere = next == Next::refresh_and_retry || next == Next::other_account ||
                           next == Next::other_endpoint || next == Next::retry_same;
    // Upstream refused the request for the rest, in a way that react() knows to mend, once.
    const bool mendable = !heard_ && ((next == Next::strip_thinking && !stripped_thinking_) ||
                                      (next == Next::strip_fields && !stripped_fields_) ||
                                      (next == Next::retry_once && !retried_once_));
    return settings_->continue_text && (elsewhere || mendable) && !tool_seen_ && repair_.empty() &&
           failure.cut_tool.empty() && !ascii::is_blank(said_) && said_.size() <= kSaidMax && !early_end_ &&
           report_.attempts < settings_->attempts_max;
}

bool ChatJob::continue_answer(const kiro::Failure& failure) {
    const bool nothing_left =
        failure.cls == kiro::FailureClass::empty_answer && failure.reason == kiro::kEndTurn;
    if (nothing_left && report_.continuations > 0) {
        // Only the end of the stream was missing: the model has nothing to add.
        flush_held_text();
        conclude(early_end_.value_or(Ending{}));
        return true;
    }
    if (!may_continue(failure)) return false;
    // The time that a long answer took until here is not time spent on failing.
    if (heard_) budget_began_ = service_.clock.steady();
    if (out_of_budget()) return false;
    // What the splitter and the seam held back was not said: it will come again.
    splitter_.emplace(static_cast<chat::ThinkingSplitter::Output&>(*this));
    seam_.emplace(said_);
    carried_output_ = round_usage().output_tokens;
    carried_credits_ += usage_.credits.value_or(0);
    usage_ = {};
    if (auto encoded = encode_continuation(); !encoded) return false;
    ++report_.continuations;
    service_.stats.continuations.fetch_add(1, std::memory_order_relaxed);
    log::info("kiro", "a text that broke off is continued",
              {{"account", report_.account_id},
               {"key", permissions_.key_id},
               {"bytes", said_.size()},
               {"continuation", report_.continuations}});
    react(failure);
    return true;
}

/// What is asked for now, in the form that was settled on since: the answer, or the rest of it.
Result<void> ChatJob::encode_again() {
    return seam_ ? encode_continuation() : encode(stripped_thinking_, stripped_fields_);
}

/// The conversation, the text so far as the model's own turn, and the request to go on.
Result<void> ChatJob::encode_continuation() {
    const auto asked = request_.messages.size();
    const auto max_tokens = request_.max_tokens;
    const auto thinking = request_.thinking;
    request_.messages.push_back({chat::Role::assistant, {chat::Text{said_}}});
    request_.messages.push_back({chat::Role::user, {chat::Text{std::string(kGoOn)}}});
    appended_tokens_ = chat::estimate_message_tokens(request_.messages[asked]) +
                       chat::estimate_message_tokens(request_.messages[asked + 1]);
    if (max_tokens) {
        const auto used = std::min<std::uint64_t>(text_estimate_.tokens(), *max_tokens - 1);
        request_.max_tokens = *max_tokens - static_cast<std::uint32_t>(used);
    }
    request_.thinking.enabled = false;  // it has been thought
    auto encoded = encode(stripped_thinking_, stripped_fields_);
    request_.messages.resize(asked);
    request_.max_tokens = max_tokens;
    request_.thinking = thinking;
    return encoded;
}

}  // namespace kg::gateway
