// ChatJob, what is done about an answer that is whole and yet not what was demanded: the model is asked
// once more, in the same conversation, and what both rounds used is counted.
#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "core/gateway/chat_job.hpp"

namespace kg::gateway {
namespace {

constexpr unsigned kRepairsMax = 1;

void add(chat::FinalUsage& sum, const chat::FinalUsage& more) {
    sum.input_tokens += more.input_tokens;
    sum.cache_read_tokens += more.cache_read_tokens;
    sum.cache_write_tokens += more.cache_write_tokens;
    sum.output_tokens += more.output_tokens;
    sum.thinking_tokens += more.thinking_tokens;
    sum.credits += more.credits;
}

}  // namespace

/// Whether a call that has just come may reach the client.
bool ChatJob::may_call(std::string_view tool) {
    if (check_ && !check_->take_call(tool)) return false;
    if (!tool_seen_ || !request_.tool_choice.disable_parallel) return true;
    // One call is what the client takes: the answer ends with it, whatever else upstream would say.
    early_end_ = Ending{.reason = chat::StopReason::tool_use, .stop_sequence = {}, .usage = {}};
    return false;
}

/// What had to wait until the answer was known to be one.
void ChatJob::tell_held() {
    if (!check_) return;
    if (const auto text = check_->release(); !text.empty()) deliver(chat::TextDelta{text});
}

/// The answer is whole: tells the rest of it, or asks for a better one.
void ChatJob::conclude(const Ending& ending) {
    if (check_) {
        if (const auto fault = check_->judge(ending.reason)) {
            rejected_ = true;  // the rounds so far are paid for, however this ends
            if (report_.repairs < kRepairsMax && !out_of_attempts()) return ask_again(*fault);
            if (!fault->tolerable) return reject(*fault);
            report_.warnings.push_back(fault->sentence);
        }
        tell_held();
    }
    finish(ending.reason, ending.stop_sequence);
}

void ChatJob::reject(const AnswerCheck::Fault& fault) {
    fail({.kind = ErrorKind::answer_unfit,
          .message = fault.sentence + (report_.repairs > 0 ? "; the model was asked twice" : ""),
          .param = fault.param,
          .code = fault.code});
}

/// More was said than can wait for a verdict.
void ChatJob::give_up() {
    rejected_ = true;
    charge_account();
    if (lease_) service_.pool.report_success(lease_, attempt_began_, usage_.credits.value_or(0));
    fail({.kind = ErrorKind::answer_unfit,
          .message = "the answer is too large to be held until it can be checked"});
}

void ChatJob::ask_again(const AnswerCheck::Fault& fault) {
    log::info("gateway", "the answer is asked for once more",
              {{"reason", fault.code},
               {"model", report_.wire_model},
               {"account", report_.account_id},
               {"key", permissions_.key_id}});
    report_.warnings.push_back(fault.sentence + "; the model was asked once more");
    spent_ = final_usage();
    ++report_.repairs;
    service_.stats.repairs.fetch_add(1, std::memory_order_relaxed);
    const auto& said = check_->said();
    if (!ascii::is_blank(said)) repair_.push_back({chat::Role::assistant, {chat::Text{said}}});
    repair_.push_back({chat::Role::user, {chat::Text{"[" + fault.complaint + "]"}}});
    // A text that has reached the client stays: what comes is a paragraph of its own.
    const bool goes_on = !check_->holds() && !ascii::is_blank(said);
    if (goes_on) kept_ = said;
    if (!goes_on) report_.unheard_tokens += round_usage().output_tokens;
    if (request_.max_tokens && goes_on) {
        const auto used = std::min<std::uint64_t>(text_estimate_.tokens(), *request_.max_tokens - 1);
        request_.max_tokens = *request_.max_tokens - static_cast<std::uint32_t>(used);
    }
    begin_round();
    separate_ = goes_on;
    budget_began_ = service_.clock.steady();  // the time of the first round was not spent on failing
    retries_ = account_attempts_ = 0;
    if (auto encoded = encode(stripped_thinking_, stripped_fields_); !encoded)
        return fail(std::move(encoded).error());
    attempt();
}

/// Nothing of a round has been heard yet: it begins, or is tried again from its start.
void ChatJob::begin_round() {
    delivered_ = tool_seen_ = skipping_tool_ = false;
    early_end_.reset();
    said_.clear();
    seam_.reset();
    splitter_.emplace(static_cast<chat::ThinkingSplitter::Output&>(*this));
    scanner_ = chat::StopScanner(request_.stop_sequences);
    text_estimate_ = thinking_estimate_ = tool_estimate_ = {};
    usage_ = {};
    carried_output_ = appended_tokens_ = 0;
    carried_credits_ = 0;
    if (check_) check_->restart();
    expect_echo();
}

/// What all rounds used.
chat::FinalUsage ChatJob::with_earlier_rounds(chat::FinalUsage usage) const {
    if (report_.repairs == 0) return usage;
    add(usage, spent_);
    return usage;
}

}  // namespace kg::gateway
