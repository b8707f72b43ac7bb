#include "core/gateway/chat_job.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/base/uuid.hpp"
#include "core/gateway/strict_key.hpp"

namespace kg::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr unsigned kBarredMax = 8;
constexpr unsigned kDeadLoginsMax = 64;                      // most are known to the keeper and cost no call
constexpr milliseconds kRetryFirst = 200ms, kRetryCap = 2s;  // E24

/// The text that begins a conversation; stays the same over its turns.
std::string conversation_start(const chat::Request& request) {
    for (const auto& message : request.messages) {
        if (message.role != chat::Role::user) continue;
        for (const auto& part : message.parts) {
            if (const auto* text = std::get_if<chat::Text>(&part))
                return std::string(text->text.view().substr(0, 4096));
        }
    }
    return {};
}

/// One per user turn: the same over the tool round-trips of that turn (kiro-upstream 2.2).
std::size_t user_turns(const chat::Request& request) {
    return static_cast<std::size_t>(std::ranges::count_if(request.messages, [](const chat::Message& m) {
        return m.role == chat::Role::user && std::ranges::any_of(m.parts, [](const chat::Part& p) {
                   return std::holds_alternative<chat::Text>(p);
               });
    }));
}

}  // namespace

ChatJob::ChatJob(ChatService& service, chat::Request request, JobPermissions permissions, AnswerSink& sink)
    : service_(service),
      request_(std::move(request)),
      permissions_(std::move(permissions)),
      sink_(sink),
      settings_(service.settings.get()),
      retry_(service.loop, [this] { attempt(); }),
      splitter_(std::in_place, static_cast<chat::ThinkingSplitter::Output&>(*this)),
      scanner_(request_.stop_sequences) {
    service_.stats.active.fetch_add(1, std::memory_order_relaxed);
}

ChatJob::~ChatJob() {
    *alive_ = false;
    service_.stats.active.fetch_sub(1, std::memory_order_relaxed);
}

void ChatJob::start() {
    budget_began_ = service_.clock.steady();
    if (auto ready = resolve(); !ready) return fail(std::move(ready).error());
    expect_echo();
    recall_cut_calls();
    if (may_compress() && is_long()) return compress(compression_budget());
    proceed();
}

void ChatJob::proceed() {
    if (auto encoded = encode(stripped_thinking_, stripped_fields_); !encoded) {
        if (squeeze(encoded.error())) return;
        return fail(std::move(encoded).error());
    }
    report_.warnings = request_.warnings;
    report_.warnings.insert(report_.warnings.end(), encoded_.warnings.begin(), encoded_.warnings.end());
    if (permissions_.strict) {
        if (auto honoured = refuse_what_others_are_warned_of(report_.warnings); !honoured)
            return fail(std::move(honoured).error());
    }
    report_.warnings.insert(report_.warnings.end(), repairs_.begin(), repairs_.end());
    report_.warnings.insert(report_.warnings.end(), permissions_.notes.begin(), permissions_.notes.end());
    if (request_.max_tokens == 0u) return finish(chat::StopReason::max_tokens, {});
    next_account();
}

void ChatJob::resume() {
    flow_ = Flow::more;
    if (attempt_) attempt_->resume();
}

Result<void> ChatJob::resolve() {
    if (permissions_.strict)
        KG_CHECK(refuse_what_others_are_warned_of(request_.warnings));  // before summaries are paid for
    models_ = service_.catalog.current();
    KG_TRY(resolved, kiro::resolve_model(request_.model, models_->models, settings_->aliases));
    model_ = resolved.model;
    report_.wire_model = model_->info.id;
    report_.model_chain = resolved.chain;
    if (permissions_.may_use_model &&
        !permissions_.may_use_model(model_->info.id, kiro::public_name(model_->info.id))) {
        return Err(Error{.kind = ErrorKind::model_not_allowed,
                         .message = "this API key may not use the model " + request_.model,
                         .param = "model"});
    }
    if (resolved.thinking) request_.thinking.enabled = true;
    if (resolved.effort && !request_.thinking.effort) request_.thinking.effort = resolved.effort;
    invocation_id_ = service_.random.uuid_v4();
    session_ =
        request_.session.empty() ? request_.model + '\n' + conversation_start(request_) : request_.session;
    user_turns_ = user_turns(request_);
    turns_asked_ = request_.messages.size();
    if (!AnswerCheck::wanted(request_)) return {};
    KG_TRY(check, AnswerCheck::make(request_));
    check_.emplace(std::move(check));
    return {};
}

Result<void> ChatJob::encode(bool strip_thinking, bool strip_fields) {
    std::string scope = conversation_key();
    if (retried_once_) scope += service_.random.hex(16);  // E21: another conversation id
    kiro::EncodeOptions options;
    sticky_session_ = std::hash<std::string>{}(scope) | 1;  // 0 means none
    options.model_id = model_->info.id;
    options.capabilities = model_->capabilities;
    options.conversation_id = uuid_from_hash("conversation\n" + scope);
    options.continuation_id = uuid_from_hash("turn\n" + scope + '\n' + std::to_string(user_turns_));
    options.tool_description_max_bytes = service_.upstream.tool_description_max_bytes;
    options.body_max_bytes = service_.upstream.body_max_bytes;
    options.strip_thinking = strip_thinking;
    options.strip_fields = strip_fields;
    const auto asked = request_.messages.size();
    const bool thinking = request_.thinking.enabled;
    if (!repair_.empty()) {
        request_.messages.insert(request_.messages.end(), repair_.begin(), repair_.end());
        request_.thinking.enabled = false;  // it has been thought
    }
    auto encoded = kiro::encode_request(request_, options);
    request_.messages.resize(asked);
    request_.thinking.enabled = thinking;
    if (!encoded) return Err(std::move(encoded).error());
    encoded_ = std::move(*encoded);
    return {};
}

bool ChatJob::out_of_budget() const {
    return out_of_attempts() || dead_logins_ >= kDeadLoginsMax ||
           (report_.attempts + dead_logins_ > 0 &&
            service_.clock.steady() - budget_began_ > settings_->failover_time_max);
}

void ChatJob::next_account() {
    endpoint_ = 0;
    retries_ = account_attempts_ = 0;
    refreshed_ = false;
    if (!permissions_.tenant_refresh_token.empty()) return await_token(account::TokenKeeper::kAny);
    if (!permissions_.preferred_account.empty() && excluded_.empty()) {
        const std::vector<std::string> only{permissions_.preferred_account};
        auto request = lease_request();
        request.allowed_accounts = &only;
        request.allowed_groups = nullptr;
        if (auto lease = service_.pool.lease(request)) return use_account(std::move(*lease));
    }
    auto lease = service_.pool.lease(lease_request());
    if (lease) return use_account(std::move(*lease));
    if (lease.error().kind == ErrorKind::overloaded) return await_account();
    no_account(std::move(lease).error());
}

account::LeaseRequest ChatJob::lease_request() const {
    return {.wire_model = report_.wire_model,
            .allowed_accounts = &permissions_.allowed_accounts,
            .allowed_groups = &permissions_.allowed_groups,
            .excluded = &excluded_,
            .session = sticky_session_,
            .cautious = !excluded_.empty(),
            .key = permissions_.tenant_scope,
            .tokens = service_.pool.counts_tokens() ? estimated_prompt_tokens() : 0,
            .patience = settings_->queue_timeout};
}

/// Every account that would serve is at its cap: the request waits for its turn.
void ChatJob::await_account() {
    auto ticket = service_.pool.wait(lease_request(), service_.door,
                                     [this, alive = alive_](Result<account::Lease> lease) {
                                         if (*alive) account_arrived(std::move(lease));
                                     });
    if (!ticket) return no_account(std::move(ticket).error());
    ticket_ = std::move(*ticket);
    if (!queue_timer_) {
        queue_timer_.emplace(service_.loop, [this] {
            auto error = service_.pool.why_busy(lease_request());
            error.detail = "waited for " + std::to_string(settings_->queue_timeout.count()) + " ms";
            no_account(std::move(error));
        });
    }
    queue_timer_->start(settings_->queue_timeout);
}

void ChatJob::account_arrived(Result<account::Lease> lease) {
    if (over_ || !ticket_) return;
    ticket_ = {};
    queue_timer_->stop();
    if (lease) return use_account(std::move(*lease));
    no_account(std::move(lease).error());
}

void ChatJob::no_account(Error error) {
    log::info("pool", "no account for a request", {{"accounts", error.detail}});
    if (!last_error_) return fail(std::move(error));
    // What the last account said tells the client more than "every account failed".
    if (!last_error_->retry_after) last_error_->retry_after = error.retry_after;
    fail(std::move(*last_error_));
}

void ChatJob::use_account(account::Lease lease) {
    lease_ = std::move(lease);
    report_.account_id = lease_.account_id();
    if (lease_.needs_refresh()) return await_token(account::TokenKeeper::kAny);
    if (lease_.refresh_soon()) service_.keeper.refresh_soon(lease_.account_id());
    attempt();
}

void ChatJob::await_token(std::uint64_t seen_generation) {
    attempt_.reset();
    auto reply = [this, alive = alive_](Result<account::FreshToken> token) {
        if (*alive) token_arrived(std::move(token));
    };
    if (!permissions_.tenant_refresh_token.empty()) {
        return service_.tenants.ensure(permissions_.tenant_refresh_token, seen_generation, service_.door,
                                       std::move(reply));
    }
    service_.keeper.ensure(lease_.account_id(), seen_generation, service_.door, std::move(reply));
}

void ChatJob::token_arrived(Result<account::FreshToken> token) {
    if (over_) return;
    if (!token) {
        ++dead_logins_;
        return move_on(std::move(token).error());
    }
    if (lease_)
        lease_.update(std::move(token->caller), token->generation);
    else
        tenant_ = std::move(*token);
    attempt();
}

/// Settles on the first endpoint from endpoint_ on whose circuit lets a call through.
bool ChatJob::admitted_upstream() {
    const auto region = kiro::api_region_of(lease_ ? lease_.caller() : tenant_->caller);
    const auto& endpoints = service_.upstream.endpoints;
    // One URL for all generations: there is nowhere else to go.
    const auto end = service_.upstream.api_url.empty() ? endpoints.size() : endpoint_ + 1;
    for (auto i = endpoint_; i < end; ++i) {
        pass_ = service_.pool.endpoints().admit(endpoints[i], region);
        if (!pass_) continue;
        endpoint_ = i;
        return true;
    }
    return false;
}

void ChatJob::attempt() {
    if (out_of_budget() && last_error_) return fail(std::move(*last_error_));
    if (!admitted_upstream()) {
        const auto region = kiro::api_region_of(lease_ ? lease_.caller() : tenant_->caller);
        const auto wait = service_.pool.endpoints().opens_in(service_.upstream.endpoints[endpoint_], region);
        Error error{.kind = ErrorKind::upstream_overloaded,
                    .message = "upstream is failing; try again later",
                    .detail = "the circuit of every endpoint in " + region + " is open",
                    .retry_after = std::max<milliseconds>(wait, 1s)};
        // Accounts of other regions may do better.
        if (!lease_ || ++barred_ >= kBarredMax) return fail(std::move(error));
        return move_on(std::move(error));
    }
    attempt_began_ = service_.clock.steady();
    heard_ = false;
    if (lease_) lease_.sending();
    ++report_.attempts;
    ++account_attempts_;
    service_.stats.upstream_attempts.fetch_add(1, std::memory_order_relaxed);
    kiro::AttemptInput input;
    input.request = &encoded_;
    input.caller = lease_ ? lease_.caller() : tenant_->caller;
    input.generation = service_.upstream.endpoints[endpoint_];
    input.invocation_id = invocation_id_;
    input.attempt_number = account_attempts_;
    attempt_ = std::make_unique<kiro::Attempt>(service_.fetcher, service_.upstream, std::move(input),
                                               static_cast<kiro::AttemptHandler&>(*this));
}

void ChatJob::back_off() {
    attempt_.reset();
    auto pause = std::min(kRetryCap, kRetryFirst * (1 << std::min(retries_, 4u)));
    pause += milliseconds(service_.random.below(static_cast<std::uint64_t>(pause.count()) / 4 + 1));
    ++retries_;
    retry_.start(pause);
}

void ChatJob::move_on(Error error) {
    attempt_.reset();
    last_error_ = std::move(error);
    if (!lease_ || out_of_budget()) return fail(std::move(*last_error_));
    excluded_.insert(lease_.account_id());
    lease_ = {};
    service_.stats.failovers.fetch_add(1, std::memory_order_relaxed);
    next_account();
}

void ChatJob::let_go() {
    over_ = true;
    attempt_.reset();
    retry_.stop();
    if (queue_timer_) queue_timer_->stop();
    ticket_ = {};
    pass_ = {};
    lease_ = {};
}

void ChatJob::abandon() {
    if (over_) return;
    const bool answering = attempt_ && heard_;
    if (answering) {
        report_.usage = usage_so_far();
        charge_account();
        if (lease_)
            service_.pool.report_success(lease_, attempt_began_, report_.usage.credits - spent_.credits);
    } else if (rejected_) {
        report_.usage = bill();
    }
    compressor_.reset();  // its calls tell what they have used
    let_go();
}

void ChatJob::fail(Error error) {
    let_go();
    // What was never answered cost nothing.
    if (delivered_ || rejected_) report_.usage = bill();
    sink_.on_error(error);
}

/// Of an answer without an end. A repair round of which nothing was heard cost nothing.
chat::FinalUsage ChatJob::bill() const {
    return report_.repairs > 0 && !heard_ && !delivered_ ? spent_ : final_usage();
}

void ChatJob::finish(chat::StopReason reason, std::string_view stop_sequence) {
    let_go();
    report_.usage = final_usage();
    calibrate();
    sink_.on_end({.reason = reason, .stop_sequence = std::string(stop_sequence), .usage = report_.usage});
}

/// A stop sequence or the token limit: the rest is not wanted, upstream is cancelled.
void ChatJob::cut_short(const Ending& ending) {
    report_.usage = usage_so_far();
    charge_account();
    if (lease_) service_.pool.report_success(lease_, attempt_began_, report_.usage.credits - spent_.credits);
    tell_held();
    let_go();
    calibrate();
    sink_.on_end({.reason = ending.reason, .stop_sequence = ending.stop_sequence, .usage = report_.usage});
}

}  // namespace kg::gateway
