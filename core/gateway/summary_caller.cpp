#include "core/gateway/summary_caller.hpp"

#include <utility>

#include "core/base/log.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/gateway/compression.hpp"
#include "core/store/rules.hpp"

namespace kg::gateway {
namespace {

constexpr std::size_t kTextMax = 64u << 10;  // a longer summary is none

std::int64_t ms_between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

}  // namespace

class SummaryCaller::SummaryCall final : public Call, private AnswerSink {
  public:
    SummaryCall(SummaryCaller& caller, chat::Request request, Done done)
        : service_(caller.service_),
          spent_(caller.spent_),
          done_(std::move(done)),
          started_(service_.clock.steady()),
          start_(service_.loop, [this] { job_->start(); }) {
        record_.request_id = "sum_" + service_.random.base62(24);
        record_.started_at_ms = to_ms(service_.clock.wall());
        record_.dialect = "summary";
        record_.model = request.model;
        record_.key_id = caller.client_.key_id;
        JobPermissions permissions;
        permissions.tenant_scope = caller.client_.tenant_scope;
        permissions.tenant_refresh_token = caller.client_.tenant_refresh_token;
        permissions.allowed_accounts = caller.client_.allowed_accounts;
        permissions.allowed_groups = caller.client_.allowed_groups;
        permissions.compression = CompressionWish::off;
        job_ = std::make_unique<ChatJob>(service_, std::move(request), std::move(permissions),
                                         static_cast<AnswerSink&>(*this));
        start_.schedule();
    }
    ~SummaryCall() override { close(499, "cancelled"); }

  private:
    Flow on_event(const chat::StreamEvent& event) override {
        if (const auto* delta = std::get_if<chat::TextDelta>(&event); delta && text_.size() < kTextMax)
            text_ += delta->text;
        return Flow::more;
    }
    void on_batch() override {}
    void on_end(const Ending& ending) override {
        close(200, {});
        answer(compress::MadeSummary{.text = std::move(text_), .credits = ending.usage.credits});
    }
    void on_error(const Error& error) override {
        close(error_row(error.kind).openai_status, error_name(error.kind));
        answer(Err(error));
    }
    void answer(Result<compress::MadeSummary> summary) {
        auto done = std::move(done_);
        done(std::move(summary));  // may destroy this
    }

    void close(int status, std::string_view error) {
        if (std::exchange(closed_, true)) return;
        job_->abandon();
        const JobReport& report = job_->report();
        fill_record(record_, report, started_);
        record_.status = status;
        record_.error = error;
        record_.total_ms = ms_between(started_, service_.clock.steady());
        spent_(record_.credits, store::tokens_of(record_));
        log::info("compress", error.empty() ? "summary made" : "summary failed",
                  {{"id", record_.request_id},
                   {"model", record_.wire_model},
                   {"account", record_.account_id},
                   {"status", status},
                   {"error", error},
                   {"ms", record_.total_ms},
                   {"in", record_.input_tokens},
                   {"out", record_.output_tokens},
                   {"credits", record_.credits}});
        service_.compression->store.record(std::move(record_));
    }

    ChatService& service_;
    const Spent spent_;
    Done done_;
    const SteadyTime started_;
    loop::Deferred start_;  // the answer must not come before summarise() has returned
    store::RequestRecord record_;
    std::string text_;
    bool closed_ = false;
    std::unique_ptr<ChatJob> job_;  // destroyed first: it calls into the rest
};

SummaryCaller::SummaryCaller(ChatService& service, SummaryClient client, Spent spent)
    : service_(service), client_(std::move(client)), spent_(std::move(spent)) {}

std::unique_ptr<compress::Summarizer::Call> SummaryCaller::summarise(chat::Request request, Done done) {
    return std::make_unique<SummaryCall>(*this, std::move(request), std::move(done));
}

}  // namespace kg::gateway
