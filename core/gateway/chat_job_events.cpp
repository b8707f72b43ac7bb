// ChatJob, the half that carries an answer from the attempt to the sink.
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "core/base/overloaded.hpp"
#include "core/gateway/chat_job.hpp"

namespace kg::gateway {
namespace {

constexpr std::size_t kKeptMax = AnswerCheck::kQuoteMax - 3;  // as long, and the end may be missing

/// The longest prefix of `text` that keeps `already` + prefix within `max` tokens.
std::string_view prefix_within(std::string_view text, const chat::TokenEstimate& already,
                               std::uint64_t others, std::uint64_t max) {
    std::size_t low = 0, high = text.size();
    while (low < high) {
        const auto middle = (low + high + 1) / 2;
        auto estimate = already;
        estimate.add(ascii::utf8_prefix(text, middle));
        if (estimate.tokens() + others <= max)
            low = middle;
        else
            high = middle - 1;
    }
    return ascii::utf8_prefix(text, low);
}

}  // namespace

Flow ChatJob::on_event(const chat::StreamEvent& event) {
    if (!heard_) {
        heard_ = true;
        pass_.succeeded();
        if (lease_) service_.pool.report_first_event(lease_, attempt_began_);
    }
    std::visit(overloaded{
                   [&](const chat::TextDelta& e) {
                       if (encoded_.parse_thinking_tags)
                           splitter_->push(e.text);
                       else
                           on_text(e.text);
                   },
                   [&](const chat::ThinkingDelta& e) {
                       splitter_->disable();
                       on_thinking(e.text);
                   },
                   [&](const chat::ThinkingSignature&) {
                       splitter_->disable();
                       if (shows_thinking()) deliver(event);
                   },
                   [&](const chat::RedactedThinking&) {
                       if (shows_thinking()) deliver(event);
                   },
                   [&](const chat::ToolUseStart& e) {
                       if (early_end_) return;
                       flush_held_text();  // said before the call: it is judged, and may end the answer, so
                       if (early_end_) return;
                       skipping_tool_ = !may_call(e.name);
                       if (skipping_tool_) return;
                       tell_held();
                       tool_seen_ = true;
                       deliver(event);  // the attempt has put the client's tool name back
                   },
                   [&](const chat::ToolInputDelta& e) {
                       if (skipping_tool_) return;
                       tool_estimate_.add(e.json);
                       deliver(event);
                   },
                   [&](const chat::ToolUseEnd&) {
                       if (!skipping_tool_) deliver(event);
                   },
                   [](const chat::WebSearchStart&) {},
                   [](const chat::WebSearchEnd&) {},
                   [&](const chat::Usage& e) { take_usage(e); },
                   [&](const chat::MessageEnd& e) {
                       if (early_end_) return;
                       flush_held_text();
                       if (!e.cut_tool.empty()) tool_was_cut(e.cut_tool);
                       if (!early_end_)
                           early_end_ = Ending{.reason = e.reason,
                                               .stop_sequence = std::string(e.stop_sequence),
                                               .usage = {}};
                   },
               },
               event);
    if (early_end_ && !std::holds_alternative<chat::MessageEnd>(event) && !over_) {
        const auto ending = *early_end_;
        if (check_ && check_->too_much())
            give_up();
        else
            cut_short(ending);
        return Flow::more;
    }
    return flow_;
}

void ChatJob::on_text(std::string_view text) {
    if (early_end_) return;
    if (echo_) {
        text = echo_->push(text);
        if (!text.empty()) say(text);
        if (echo_->settled()) echo_.reset();
        return;
    }
    if (!seam_) return say(text);
    if (text = seam_->push(text); !text.empty()) say(text);
    if (seam_->settled()) seam_.reset();
}

/// The model's own words, on their way to the client.
void ChatJob::say(std::string_view text) {
    remember_said(text);
    if (!scanner_.active()) return deliver_text(text);
    const auto found = scanner_.push(text);
    if (!found.text.empty()) deliver_text(found.text);
    if (found.matched && !early_end_) {
        early_end_ = Ending{.reason = chat::StopReason::stop_sequence,
                            .stop_sequence = std::string(*found.matched),
                            .usage = {}};
    }
}

void ChatJob::on_thinking(std::string_view text) {
    thinking_estimate_.add(text);
    if (!early_end_ && shows_thinking()) deliver(chat::ThinkingDelta{text});
}

void ChatJob::on_thinking_end() {}

void ChatJob::deliver_text(std::string_view text) {
    auto after = text_estimate_;
    after.add(text);
    if (request_.max_tokens && after.tokens() + tool_estimate_.tokens() > *request_.max_tokens) {
        text = prefix_within(text, text_estimate_, tool_estimate_.tokens(), *request_.max_tokens);
        early_end_ = Ending{.reason = chat::StopReason::max_tokens, .stop_sequence = {}, .usage = {}};
        after = text_estimate_;
        after.add(text);
    }
    text_estimate_ = after;
    if (text.empty() || (check_ && hold_text(text))) return;
    if (std::exchange(separate_, false)) deliver(chat::TextDelta{"\n\n"});
    deliver(chat::TextDelta{text});
}

/// True when the text waits. More than may wait ends the answer.
bool ChatJob::hold_text(std::string_view text) {
    if (!check_->hold(text)) return false;
    if (check_->too_much()) early_end_ = Ending{};
    return true;
}

void ChatJob::flush_held_text() {
    if (encoded_.parse_thinking_tags) splitter_->finish();
    if (echo_ && !early_end_) {
        if (const auto text = echo_->finish(); !text.empty()) say(text);
        echo_.reset();
    }
    if (seam_ && !early_end_) {
        if (const auto text = seam_->finish(); !text.empty()) say(text);
        seam_.reset();
    }
    if (!scanner_.active() || early_end_) return;
    if (const auto held = scanner_.finish(); !held.empty()) deliver_text(held);
}

void ChatJob::deliver(const chat::StreamEvent& event) {
    if (!delivered_) {
        delivered_ = true;
        if (!report_.first_event) report_.first_event = service_.clock.steady();
    }
    if (sink_.on_event(event) == Flow::pause) flow_ = Flow::pause;
}

void ChatJob::on_batch() {
    if (delivered_) sink_.on_batch();
}

/// Of the account's tokens a minute, what this attempt used.
void ChatJob::charge_account() {
    if (!lease_.counts_tokens()) return;
    const auto usage = round_usage();
    lease_.used_tokens(usage.total_input() + appended_tokens_ + usage.output_tokens -
                       std::min(carried_output_, usage.output_tokens));
}

void ChatJob::on_done() {
    charge_account();
    if (lease_) service_.pool.report_success(lease_, attempt_began_, usage_.credits.value_or(0));
    const auto ending = early_end_.value_or(Ending{});
    if (usage_.credits && service_.credit_rates)
        service_.credit_rates->observe(report_.wire_model, round_usage());
    conclude(ending);
}

void ChatJob::on_failure(kiro::Failure failure) {
    const auto& row = kiro::failure_row(failure.cls);
    log::info("kiro", "attempt failed",
              {{"failure", row.name},
               {"account", report_.account_id},
               {"status", failure.http_status},
               {"reason", failure.reason},
               {"attempt", report_.attempts},
               {"streaming", delivered_},
               {"detail", failure.detail}});
    if (account::endpoint_failed(failure))
        pass_.failed();
    else
        pass_.succeeded();  // it answered
    if (heard_) charge_account();
    account_out_ =
        lease_ && !service_.pool.report_failure(lease_, attempt_began_, report_.wire_model, failure);
    if (delivered_ && !forget_answer()) {
        if (continue_answer(failure)) return;
        if (!failure.cut_tool.empty()) tool_was_cut(failure.cut_tool);
        return fail(kiro::to_error(failure));
    }
    if (!delivered_) begin_round();
    react(failure);
}

void ChatJob::react(const kiro::Failure& failure) {
    const auto& row = kiro::failure_row(failure.cls);
    Error error = kiro::to_error(failure);
    const bool again = retries_ < row.retries_max && !out_of_budget() && !account_out_;
    using Next = kiro::NextStep;
    switch (row.next) {
        case Next::stop:
            if (squeeze(error)) return;
            return fail(std::move(error));
        case Next::refresh_and_retry: {
            if (refreshed_ || (lease_ && lease_.caller().auth_method == kiro::AuthMethod::api_key))
                return move_on(std::move(error));
            refreshed_ = true;
            last_error_ = std::move(error);
            return await_token(lease_ ? lease_.token_generation() : tenant_->generation);
        }
        case Next::other_account: return move_on(std::move(error));
        case Next::other_endpoint:
            if (endpoint_ + 1 < service_.upstream.endpoints.size() && service_.upstream.api_url.empty()) {
                ++endpoint_;
                last_error_ = std::move(error);
                return attempt();
            }
            if (!again) return move_on(std::move(error));
            last_error_ = std::move(error);
            return back_off();
        case Next::retry_same:
            if (!again) return move_on(std::move(error));
            last_error_ = std::move(error);
            return back_off();
        case Next::strip_thinking:
        case Next::strip_fields:
        case Next::retry_once: {
            bool& done = row.next == Next::strip_thinking ? stripped_thinking_
                         : row.next == Next::strip_fields ? stripped_fields_
                                                          : retried_once_;
            if (done) return fail(std::move(error));
            done = true;
            if (auto encoded = encode_again(); !encoded) return fail(std::move(encoded).error());
            repairs_.push_back("upstream refused the first form of the request (" + std::string(row.name) +
                               "); sent again repaired");
            report_.warnings.push_back(repairs_.back());
            last_error_ = std::move(error);
            return attempt();
        }
    }
}

/// Back to where nothing had been heard of this round, if the sink can forget it. It forgets all: what the
/// round before has told, and this one goes on from, is told again.
bool ChatJob::forget_answer() {
    if (kept_.size() >= kKeptMax || !sink_.start_over()) return false;
    begin_round();
    report_.first_event.reset();
    if (kept_.empty()) return true;
    deliver(chat::TextDelta{kept_});
    separate_ = true;
    return true;
}

/// A document that is demanded stands alone, and the repair round does not go on from the prefill.
void ChatJob::expect_echo() {
    echo_.reset();
    if (request_.json_only || !repair_.empty()) return;
    if (auto prefill = chat::prefill_of(request_); !prefill.empty()) echo_.emplace(std::move(prefill));
}

void ChatJob::take_usage(const chat::Usage& usage) {
    const auto merge = [](auto& mine, const auto& theirs) {
        if (theirs) mine = theirs;
    };
    merge(usage_.uncached_input_tokens, usage.uncached_input_tokens);
    merge(usage_.cache_read_tokens, usage.cache_read_tokens);
    merge(usage_.cache_write_tokens, usage.cache_write_tokens);
    merge(usage_.output_tokens, usage.output_tokens);
    merge(usage_.context_percent, usage.context_percent);
    merge(usage_.credits, usage.credits);
}

chat::FinalUsage ChatJob::round_usage() const {
    chat::FinalUsage out;
    out.thinking_tokens = thinking_estimate_.tokens();
    const auto estimated = text_estimate_.tokens() + out.thinking_tokens + tool_estimate_.tokens();
    out.output_tokens =
        usage_.output_tokens ? carried_output_ + *usage_.output_tokens : std::max(carried_output_, estimated);
    out.thinking_tokens = std::min(out.thinking_tokens, out.output_tokens);
    out.cache_read_tokens = usage_.cache_read_tokens.value_or(0);
    out.cache_write_tokens = usage_.cache_write_tokens.value_or(0);
    out.credits = carried_credits_ + usage_.credits.value_or(0);
    if (usage_.uncached_input_tokens) {
        // The prompt of a continuation holds the text so far, which is output already.
        out.input_tokens =
            *usage_.uncached_input_tokens - std::min(*usage_.uncached_input_tokens, appended_tokens_);
        out.estimated = false;
    } else if (usage_.context_percent && model_) {
        // The percentage covers this answer too (kiro-upstream 4.7).
        const auto used = static_cast<std::uint64_t>(
            std::llround(*usage_.context_percent / 100 * model_->info.context_tokens));
        const auto known = out.output_tokens + out.cache_read_tokens + out.cache_write_tokens;
        out.input_tokens = used > known ? used - known : 1;
        out.estimated = false;
    } else {
        out.input_tokens = estimated_prompt_tokens();
    }
    return out;
}

/// Of an answer that upstream did not get to end, and thus to tell the price of.
chat::FinalUsage ChatJob::usage_so_far() const {
    auto out = round_usage();
    if (!usage_.credits && service_.credit_rates)
        out.credits = service_.credit_rates->estimate(report_.wire_model, out);
    return with_earlier_rounds(out);
}

}  // namespace kg::gateway
