#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/account/pool.hpp"
#include "core/chat/estimate.hpp"
#include "core/chat/event.hpp"
#include "core/chat/prefill_echo.hpp"
#include "core/chat/request.hpp"
#include "core/chat/stop_scanner.hpp"
#include "core/chat/text_seam.hpp"
#include "core/chat/thinking_splitter.hpp"
#include "core/compress/compressor.hpp"
#include "core/gateway/answer_check.hpp"
#include "core/gateway/chat_service.hpp"
#include "core/gateway/job.hpp"
#include "core/gateway/summary_caller.hpp"
#include "core/kiro/attempt.hpp"
#include "core/kiro/request_encoder.hpp"
#include "core/loop/timer.hpp"
#include "core/store/records.hpp"

namespace kg::gateway {

/// What the client's header says about compressing its conversation.
enum class CompressionWish : std::uint8_t { standard, off, on };

/// What a client is allowed to use; made by the caller from its principal.
struct JobPermissions {
    std::string tenant_scope;     // keeps conversations of different keys apart (B13)
    Secret tenant_refresh_token;  // not empty: this login instead of the pool
    std::vector<std::string> allowed_accounts, allowed_groups;  // both empty: every account
    /// (wire id, public name) -> allowed; checked after alias resolution.
    std::function<bool(std::string_view, std::string_view)> may_use_model;
    bool strict = false;  // what would be ignored or emulated is refused instead of warned of
    std::string key_id;   // whom summaries are charged to
    CompressionWish compression = CompressionWish::standard;
    std::optional<unsigned> compression_percent;  // of the window; nothing: as configured
    std::optional<bool> web_search;               // the gateway may run searches; nothing: as configured
    std::vector<std::string> notes;               // warnings that are no reason for a strict key to refuse
    std::string preferred_account;                // asked first, if it is free
};

struct Ending {
    chat::StopReason reason = chat::StopReason::end_turn;
    std::string stop_sequence;
    chat::FinalUsage usage;
};

/// Receives the answer of one job, on its loop: on_event*, each batch followed by on_batch, then
/// exactly one of on_end and on_error. Only deltas and tool events arrive, never Usage or
/// MessageEnd. The owner may destroy the job inside on_batch, on_end and on_error; inside on_event it
/// may abandon() it.
class AnswerSink {
  public:
    virtual Flow on_event(const chat::StreamEvent& event) = 0;
    virtual void on_batch() = 0;
    virtual void on_end(const Ending& ending) = 0;
    virtual void on_error(const Error& error) = 0;
    /// The attempt failed and another may be made: true when nothing of the answer has reached the
    /// client, and all of it is now forgotten.
    virtual bool start_over() { return false; }

  protected:
    ~AnswerSink() = default;
};

/// What happened so far, for headers, the log and the request record.
struct JobReport {
    std::string wire_model;
    std::string model_chain;
    std::string account_id;
    std::vector<std::string> warnings;
    unsigned attempts = 0;
    std::optional<SteadyTime> first_event;
    chat::FinalUsage usage;  // complete at the end, partial before
    /// Set once a compression has ended; its tokens are calibrated.
    std::optional<compress::CompressionReport> compression;
    double summary_credits = 0;  // spent on summaries, beside `usage`
    std::int64_t summary_tokens = 0;
    unsigned continuations = 0;  // times that the answer broke off and was asked for on from there
    unsigned repairs = 0;        // times that the answer was not what was demanded and was asked for anew
    std::uint64_t unheard_tokens = 0;  // of `usage`, output of answers that were asked for anew
    bool cut_tool = false;             // a tool call was begun and lost
};

/// What a report says, into the record of its request, which began at `started`.
void fill_record(store::RequestRecord& record, const JobReport& report, SteadyTime started);

/// One request from model resolution to the last event: encode once, lease an account, refresh its
/// token if need be, try; before the first event a failure may move to another account or endpoint
/// (the failure table decides), bounded in number and time; after it the failure is told, or a plain
/// text is asked for on from where it broke off (Settings::continue_text).
class ChatJob final : public Job, private kiro::AttemptHandler, private chat::ThinkingSplitter::Output {
  public:
    ChatJob(ChatService& service, chat::Request request, JobPermissions permissions, AnswerSink& sink);
    ~ChatJob() override;

    void start() override;
    void resume() override;
    void abandon() override;
    const JobReport& report() const override { return report_; }
    const chat::Request& request() const override { return request_; }
    std::uint64_t estimated_prompt_tokens() const override;
    /// The account that is answering, for calls beside the answer; null when there is none.
    const kiro::Caller* caller() const {
        return lease_ ? &lease_.caller() : tenant_ ? &tenant_->caller : nullptr;
    }

  private:
    // The way to an answer (chat_job.cpp).
    Result<void> resolve();
    void proceed();
    Result<void> encode(bool strip_thinking, bool strip_fields);
    void next_account();
    account::LeaseRequest lease_request() const;
    void await_account();
    void account_arrived(Result<account::Lease> lease);
    void no_account(Error error);
    void use_account(account::Lease lease);
    void await_token(std::uint64_t seen_generation);
    void token_arrived(Result<account::FreshToken> token);
    bool admitted_upstream();  // by the circuit of an endpoint that is left to try
    void attempt();
    void back_off();
    void move_on(Error error);  // this account failed: another one, if there is one
    void fail(Error error);     // the last statement of whoever calls it
    void finish(chat::StopReason reason, std::string_view stop_sequence);
    void cut_short(const Ending& ending);  // likewise
    void let_go();
    bool out_of_attempts() const { return report_.attempts >= settings_->attempts_max; }
    bool out_of_budget() const;

    // A conversation too long for the model (chat_job_compress.cpp).
    bool may_compress() const;
    compress::Budget compression_budget() const;
    bool is_long() const;
    void compress(const compress::Budget& budget);
    void compressed(std::optional<std::vector<chat::Message>> messages,
                    const compress::CompressionReport& report);
    /// After a refusal for length: true when the request is being made smaller and tried again.
    bool squeeze(const Error& error);

    // An answer that broke off (chat_job_continue.cpp).
    void recall_cut_calls();
    void tool_was_cut(std::string_view tool);
    bool may_continue(const kiro::Failure& failure) const;
    /// After a failure in an answer that the client has begun to read: true when the rest is asked for.
    bool continue_answer(const kiro::Failure& failure);
    Result<void> encode_continuation();
    Result<void> encode_again();
    void remember_said(std::string_view text);
    std::string conversation_key() const { return permissions_.tenant_scope + '\n' + session_; }

    // An answer that is not what was demanded (chat_job_repair.cpp).
    bool may_call(std::string_view tool);
    void tell_held();
    void conclude(const Ending& ending);
    void reject(const AnswerCheck::Fault& fault);
    void give_up();
    void ask_again(const AnswerCheck::Fault& fault);
    void begin_round();
    chat::FinalUsage with_earlier_rounds(chat::FinalUsage usage) const;

    // The answer's way to the client (chat_job_events.cpp).
    Flow on_event(const chat::StreamEvent& event) override;
    void on_batch() override;
    void on_done() override;
    void on_failure(kiro::Failure failure) override;
    void on_text(std::string_view text) override;
    void on_thinking(std::string_view text) override;
    void on_thinking_end() override;
    void deliver(const chat::StreamEvent& event);
    void say(std::string_view text);
    void deliver_text(std::string_view text);
    bool hold_text(std::string_view text);
    /// Not in a continuation or repair: the client is past the thinking.
    bool shows_thinking() const {
        return request_.thinking.enabled && report_.continuations == 0 && report_.repairs == 0;
    }
    void flush_held_text();
    void take_usage(const chat::Usage& usage);
    void charge_account();
    bool forget_answer();
    void expect_echo();
    chat::FinalUsage round_usage() const;
    chat::FinalUsage final_usage() const { return with_earlier_rounds(round_usage()); }
    chat::FinalUsage usage_so_far() const;
    chat::FinalUsage bill() const;
    void calibrate();
    void react(const kiro::Failure& failure);

    ChatService& service_;
    chat::Request request_;
    JobPermissions permissions_;
    AnswerSink& sink_;
    JobReport report_;

    std::shared_ptr<const Settings> settings_;
    std::shared_ptr<const account::ModelList> models_;  // keeps model_ alive
    const kiro::Model* model_ = nullptr;
    kiro::EncodedRequest encoded_;
    SteadyTime budget_began_{};
    std::string session_;  // the conversation and its turn, as the client sees them
    std::size_t user_turns_ = 0, turns_asked_ = 0;

    std::vector<chat::Message> uncompressed_;  // once request_ holds fewer
    std::unique_ptr<SummaryCaller> summaries_;
    std::unique_ptr<compress::Compressor> compressor_;  // before summaries_: its calls use them
    unsigned squeezes_ = 0;
    std::optional<Error> squeezed_error_;  // told after all when it cannot be made smaller
    compress::Size refused_;
    mutable std::optional<std::uint64_t> prompt_estimate_;  // of request_, not calibrated

    account::Lease lease_;         // pool requests
    account::LeaseTicket ticket_;  // while every account is busy
    std::optional<loop::Timer> queue_timer_;
    std::uint64_t sticky_session_ = 0;           // of the conversation, for the sticky mode
    std::optional<account::FreshToken> tenant_;  // tenant requests
    std::unordered_set<std::string> excluded_;
    std::unique_ptr<kiro::Attempt> attempt_;
    loop::Timer retry_;
    std::string invocation_id_;
    std::size_t endpoint_ = 0;  // index into upstream.endpoints
    account::EndpointBreakers::Pass pass_;
    SteadyTime attempt_began_{};
    bool heard_ = false;        // the attempt's first event came
    bool account_out_ = false;  // by its last failure: not to be asked again by this request either
    unsigned barred_ = 0;       // accounts passed over because their endpoints' circuits were open
    unsigned dead_logins_ = 0;  // accounts passed over because their tokens could not be refreshed
    unsigned retries_ = 0;      // of the current account and failure class
    unsigned account_attempts_ = 0;
    bool refreshed_ = false, stripped_thinking_ = false, stripped_fields_ = false, retried_once_ = false;
    bool over_ = false;
    std::vector<std::string> repairs_;  // what was changed after a refusal, as warnings
    std::optional<Error> last_error_;

    std::optional<chat::ThinkingSplitter> splitter_;  // always there; optional to be made anew
    chat::StopScanner scanner_;
    chat::TokenEstimate text_estimate_, thinking_estimate_, tool_estimate_;
    chat::Usage usage_;                   // of the current attempt
    std::string said_;                    // the answer's text so far, while it may have to be continued
    std::optional<chat::TextSeam> seam_;  // between said_ and the first text of a continuation
    std::uint64_t carried_output_ = 0, appended_tokens_ = 0;
    double carried_credits_ = 0;
    std::optional<AnswerCheck> check_;   // when something is demanded of the answer
    std::vector<chat::Message> repair_;  // appended to the conversation in the repair round
    chat::FinalUsage spent_;             // by the rounds before this one
    bool rejected_ = false;              // a whole answer was not what was demanded
    std::string kept_;                   // told in the round before, and the answer goes on from there
    bool separate_ = false;              // the next text begins a paragraph
    Flow flow_ = Flow::more;
    bool delivered_ = false;  // the sink got an event of this round: no other try unless it forgets
    bool tool_seen_ = false, skipping_tool_ = false;
    std::optional<chat::PrefillEcho> echo_;  // before the first text, where the client has begun it
    std::optional<Ending> early_end_;        // a stop sequence or the token limit ended the answer
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::gateway
