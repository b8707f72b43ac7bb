#include <csignal>

#include "cmd/chat_printer.hpp"
#include "cmd/chat_remote.hpp"
#include "cmd/chat_request.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_engine.hpp"
#include "cmd/output.hpp"
#include "core/base/overloaded.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/loop/signal.hpp"

namespace kg::cmd {
namespace {

std::string_view stop_name(chat::StopReason reason) {
    switch (reason) {
        case chat::StopReason::end_turn: return "end_turn";
        case chat::StopReason::tool_use: return "tool_use";
        case chat::StopReason::stop_sequence: return "stop_sequence";
        case chat::StopReason::max_tokens: return "max_tokens";
        case chat::StopReason::context_window: return "model_context_window_exceeded";
        case chat::StopReason::pause_turn: return "pause_turn";
        case chat::StopReason::refusal: return "refusal";
    }
    return "end_turn";
}

/// Prints the answer of a job that runs on the local accounts, then stops the loop.
class LocalAnswer final : public gateway::AnswerSink {
  public:
    LocalAnswer(loop::Loop& loop, ChatPrinter& printer) : loop_(loop), printer_(printer) {}

    Flow on_event(const chat::StreamEvent& event) override {
        std::visit(overloaded{[&](const chat::TextDelta& e) { printer_.text(e.text); },
                              [&](const chat::ThinkingDelta& e) { printer_.thinking(e.text); },
                              [&](const chat::ThinkingSignature&) {}, [&](const chat::RedactedThinking&) {},
                              [&](const chat::ToolUseStart& e) {
                                  tool_id_ = e.id;
                                  tool_name_ = e.name;
                                  tool_input_.clear();
                              },
                              [&](const chat::ToolInputDelta& e) { tool_input_ += e.json; },
                              [&](const chat::ToolUseEnd&) {
                                  printer_.tool_call(tool_id_, tool_name_,
                                                     tool_input_.empty() ? "{}" : tool_input_);
                              },
                              [](const chat::WebSearchStart&) {}, [](const chat::WebSearchEnd&) {},
                              [&](const chat::Usage&) {}, [&](const chat::MessageEnd&) {}},
                   event);
        if (print_failed()) {  // the reader of our pipe is gone
            error = Error{.kind = ErrorKind::cancelled, .message = "stdout was closed"};
            loop_.stop();
        }
        return Flow::more;
    }
    void on_batch() override {}
    void on_end(const gateway::Ending& end) override {
        ending = end;
        loop_.stop();
    }
    void on_error(const Error& e) override {
        error = e;
        loop_.stop();
    }

    std::optional<gateway::Ending> ending;
    std::optional<Error> error;

  private:
    loop::Loop& loop_;
    ChatPrinter& printer_;
    std::string tool_id_, tool_name_, tool_input_;
};

store::RequestRecord record_of(const gateway::ChatJob& job, const LocalAnswer& answer, Context& context,
                               std::int64_t started_ms) {
    const auto& report = job.report();
    store::RequestRecord r;
    r.request_id = "req_" + context.random().base62(24);
    r.started_at_ms = started_ms;
    r.dialect = "cli";
    r.model = job.request().model;
    r.wire_model = report.wire_model;
    r.account_id = report.account_id;
    r.stream = job.request().stream;
    r.status = answer.error ? 0 : 200;
    if (answer.error) r.error = error_name(answer.error->kind);
    r.total_ms = to_ms(context.clock().wall()) - started_ms;
    r.attempts = report.attempts;
    r.input_tokens = static_cast<std::int64_t>(report.usage.input_tokens);
    r.output_tokens = static_cast<std::int64_t>(report.usage.output_tokens);
    r.cache_read_tokens = static_cast<std::int64_t>(report.usage.cache_read_tokens);
    r.cache_write_tokens = static_cast<std::int64_t>(report.usage.cache_write_tokens);
    r.credits = report.usage.credits;
    return r;
}

Result<ExitCode> chat_local(chat::Request request, const ChatOptions& options, Context& context) {
    KG_TRY(local, LocalEngine::open(context));
    ChatPrinter printer(options);
    LocalAnswer answer(local->loop(), printer);
    loop::Signal interrupt(local->loop(), SIGINT, [&] {
        answer.error = Error{.kind = ErrorKind::cancelled, .message = "interrupted"};
        local->stop();
    });
    const auto started_ms = to_ms(context.clock().wall());
    gateway::ChatJob job(local->service(), std::move(request), {.tenant_scope = "cli"}, answer);
    job.start();
    if (!answer.ending && !answer.error) local->loop().run();
    for (const auto& warning : job.report().warnings) note("warning: " + warning);
    local->engine().store().record(record_of(job, answer, context, started_ms));
    if (answer.error) {
        printer.abandon();
        return Err(std::move(*answer.error));
    }
    const auto& usage = answer.ending->usage;
    printer.finish({.model = job.report().wire_model,
                    .stop_reason = std::string(stop_name(answer.ending->reason)),
                    .input_tokens = usage.total_input(),
                    .output_tokens = usage.output_tokens,
                    .credits = usage.credits});
    return ExitCode::ok;
}

}  // namespace

Result<ExitCode> run_chat(const ChatOptions& options, Context& context) {
    KG_TRY(request, chat_request(options));
    auto done = options.server ? chat_remote(request, options, context)
                               : chat_local(std::move(request), options, context);
    if (!done && done.error().kind == ErrorKind::cancelled) return ExitCode::interrupted;
    return done;
}

}  // namespace kg::cmd
