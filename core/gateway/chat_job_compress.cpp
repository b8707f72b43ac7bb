// ChatJob, the step between model resolution and encoding that makes a conversation fit.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/log.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/gateway/compression.hpp"

namespace kg::gateway {
namespace {

/// Of the window and of the body limit: room for the answer, and for what encoding adds.
constexpr double kHardShare = 0.92, kBodyShare = 0.9;
/// After a refusal: what is aimed at, of what was refused. Once more, then the client is told.
constexpr std::array<double, 2> kSqueezes{0.7, 0.4};
constexpr std::uint64_t kChunksOfBudget = 4;      // a chunk is at most this part of what may stay
constexpr std::uint64_t kChunkTokensMin = 1'000;  // less is not worth a call
constexpr std::uint64_t kTranscriptShare = 3;     // a transcript fills a third of the small model's window

std::uint64_t share(std::uint64_t whole, double part) {
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(whole) * part));
}

}  // namespace

bool ChatJob::may_compress() const {
    if (!service_.compression || permissions_.compression == CompressionWish::off) return false;
    if (request_.max_tokens == 0u) return false;
    return settings_->compression.enabled || permissions_.compression == CompressionWish::on;
}

compress::Budget ChatJob::compression_budget() const {
    const auto& wanted = settings_->compression;
    const double ratio = service_.calibration ? service_.calibration->ratio(report_.wire_model) : 1.0;
    const auto window = share(model_->info.context_tokens, 1 / ratio);
    const auto threshold = permissions_.compression_percent.value_or(wanted.threshold_percent);
    compress::Budget out;
    out.hard = {share(window, kHardShare), share(service_.upstream.body_max_bytes, kBodyShare)};
    out.soft = {std::min(share(window, threshold / 100.0), out.hard.tokens), out.hard.bytes};
    out.keep_messages = wanted.keep_messages;
    out.chunk_tokens = wanted.chunk_tokens;
    return out;
}

bool ChatJob::is_long() const {
    const auto budget = compression_budget();
    // Most conversations are short: told by their length alone, without counting.
    if (compress::size_at_most(request_).fits(budget.soft)) return false;
    const auto size = compress::size_of(request_);
    prompt_estimate_ = size.tokens;
    return !size.fits(budget.soft);
}

void ChatJob::compress(const compress::Budget& budget) {
    const auto& wanted = settings_->compression;
    compress::CompressorOptions options;
    options.budget = budget;
    options.budget.chunk_tokens =
        std::max(std::min(budget.chunk_tokens, budget.soft.tokens / kChunksOfBudget), kChunkTokensMin);
    options.budget.summary_tokens = std::min(budget.summary_tokens, options.budget.chunk_tokens / 3);
    options.prompt.model = wanted.model;
    options.prompt.summary_tokens = static_cast<std::uint32_t>(options.budget.summary_tokens);
    if (const auto small = kiro::resolve_model(wanted.model, models_->models, settings_->aliases))
        options.prompt.transcript_tokens = small->model->info.context_tokens / kTranscriptShare;
    options.scope = permissions_.tenant_scope;
    // Of a tenant with a login of its own nothing is ever written to disk.
    options.stored = permissions_.tenant_refresh_token.empty();
    options.time_max = wanted.time_max;
    if (!summaries_) {
        summaries_ = std::make_unique<SummaryCaller>(
            service_,
            SummaryClient{.key_id = permissions_.key_id,
                          .tenant_scope = permissions_.tenant_scope,
                          .tenant_refresh_token = permissions_.tenant_refresh_token,
                          .allowed_accounts = permissions_.allowed_accounts,
                          .allowed_groups = permissions_.allowed_groups},
            [this](double credits, std::int64_t tokens) {
                report_.summary_credits += credits;
                report_.summary_tokens += tokens;
            });
    }
    compressor_ = std::make_unique<compress::Compressor>(
        service_.loop, service_.door, service_.compression->summaries, *summaries_, request_,
        std::move(options),
        [this](std::optional<std::vector<chat::Message>> messages,
               const compress::CompressionReport& report) { compressed(std::move(messages), report); });
    compressor_->start();
}

void ChatJob::compressed(std::optional<std::vector<chat::Message>> messages,
                         const compress::CompressionReport& report) {
    auto& told = report_.compression.emplace(report);
    prompt_estimate_ = report.after.tokens;
    if (service_.calibration) {
        told.before.tokens = service_.calibration->tokens(report_.wire_model, report.before.tokens);
        told.after.tokens = service_.calibration->tokens(report_.wire_model, report.after.tokens);
    }
    log::info("compress", report.changed ? "conversation compressed" : "conversation left as it is",
              {{"model", report_.wire_model},
               {"key", permissions_.key_id},
               {"messages", report.messages_before},
               {"messages_after", report.messages_after},
               {"tokens", told.before.tokens},
               {"tokens_after", told.after.tokens},
               {"summaries", report.chunks},
               {"cached", report.cached},
               {"shared", report.shared},
               {"failed", report.failed},
               {"calls", report.calls},
               {"cut", report.cut},
               {"credits", report.credits}});
    if (squeezed_error_) {
        const bool smaller =
            report.changed && (report.after.tokens < refused_.tokens || report.after.bytes < refused_.bytes);
        if (!smaller) return fail(std::move(*squeezed_error_));
        squeezed_error_.reset();
    }
    if (messages) {
        uncompressed_ = std::move(request_.messages);
        request_.messages = std::move(*messages);
    }
    budget_began_ = service_.clock.steady();  // the time for summaries is not taken from failover
    proceed();
}

bool ChatJob::squeeze(const Error& error) {
    const bool too_large =
        error.kind == ErrorKind::context_too_long || error.kind == ErrorKind::body_too_large;
    if (!too_large || delivered_ || !may_compress() || squeezes_ >= kSqueezes.size()) return false;
    const double part = kSqueezes[squeezes_++];
    squeezed_error_ = error;
    refused_ = compress::size_of(request_);
    if (!uncompressed_.empty()) request_.messages = std::move(uncompressed_);
    uncompressed_.clear();
    auto budget = compression_budget();
    budget.hard = {std::min(budget.hard.tokens, share(refused_.tokens, part)),
                   std::min(budget.hard.bytes, share(refused_.bytes, part))};
    budget.soft = budget.hard;
    attempt_.reset();
    lease_ = {};
    compress(budget);
    return true;
}

std::uint64_t ChatJob::estimated_prompt_tokens() const {
    if (!prompt_estimate_) prompt_estimate_ = chat::estimate_prompt_tokens(request_);
    return service_.calibration ? service_.calibration->tokens(report_.wire_model, *prompt_estimate_)
                                : *prompt_estimate_;
}

void ChatJob::calibrate() {
    if (!service_.calibration || report_.usage.estimated || report_.continuations + report_.repairs > 0)
        return;
    if (!prompt_estimate_ && !service_.calibration->wants(report_.wire_model)) return;
    if (!prompt_estimate_) prompt_estimate_ = chat::estimate_prompt_tokens(request_);
    service_.calibration->observe(report_.wire_model, *prompt_estimate_, report_.usage.total_input());
}

}  // namespace kg::gateway
