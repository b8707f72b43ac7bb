#include "daemon/api/chat_route.hpp"

#include <algorithm>
#include <cstdio>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "core/chat/accumulator.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/json/document.hpp"
#include "core/loop/timer.hpp"
#include "core/websearch/make_job.hpp"
#include "daemon/api/doorway.hpp"
#include "daemon/api/key_defaults.hpp"
#include "daemon/api/request_trace.hpp"

namespace kg::api {
namespace {

using std::chrono::milliseconds;

/// Without an event by then a stream is opened all the same, so that nothing between us and the
/// client cuts a long silence; from there on failures are told in-band (client-apis 1).
constexpr milliseconds kOpenStreamAfter{10'000};
constexpr std::size_t kWarningsMaxBytes = 2'000;

std::string warnings_header(const std::vector<std::string>& warnings) {
    std::string out;
    for (const auto& warning : warnings) {
        if (out.size() + warning.size() > kWarningsMaxBytes) {
            out += "; ...";
            break;
        }
        if (!out.empty()) out += "; ";
        for (const char c : warning) out += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return out;
}

constexpr std::string_view kCompression = "x-kirogate-compression";

gateway::CompressionWish compression_wish(const http::Headers& headers, chat::Request& request) {
    const std::string_view value = headers.get(kCompression);
    if (ascii::equals_ignoring_case(value, "off")) return gateway::CompressionWish::off;
    if (ascii::equals_ignoring_case(value, "on")) return gateway::CompressionWish::on;
    if (!value.empty())
        request.warnings.push_back(std::string(kCompression) + " is neither on nor off and was ignored");
    return gateway::CompressionWish::standard;
}

/// "messages=120/34; tokens=153000/61200; summaries=5; cached=4; credits=0.0120": before/after.
std::string compression_header(const gateway::JobReport& report) {
    const auto& c = *report.compression;
    if (!c.changed) return "none";
    const auto pair = [](std::uint64_t before, std::uint64_t after) {
        return std::to_string(before) + "/" + std::to_string(after);
    };
    char credits[32];
    std::snprintf(credits, sizeof credits, "%.4f", report.summary_credits);
    return "messages=" + pair(c.messages_before, c.messages_after) +
           "; tokens=" + pair(c.before.tokens, c.after.tokens) + "; summaries=" + std::to_string(c.chunks) +
           "; cached=" + std::to_string(c.cached + c.shared) + "; failed=" + std::to_string(c.failed) +
           "; credits=" + credits + (c.cut ? "; cut" : "");
}

class ChatHandler final : public httpd::Handler, private gateway::AnswerSink, private Cuttable {
  public:
    ChatHandler(Context& context, const chat::Dialect& dialect, httpd::Exchange& exchange)
        : context_(context),
          dialect_(dialect),
          exchange_(exchange),
          trace_(context, exchange, dialect.name()),
          begin_(
              exchange.loop(), [this] { begin(); }, loop::Deferred::Pace::share),
          quiet_(exchange.loop(), [this] { on_quiet(); }) {
        context_.in_progress.insert(this);
    }

    ~ChatHandler() override {
        context_.in_progress.erase(this);
        // The client left: the job's destructor cancels upstream, the record says so.
        if (!trace_.closed()) {
            abandon();
            settle();
            trace_.close(499, "cancelled");
        }
    }

    void on_head(httpd::Exchange& exchange) override {
        if (context_.draining.load(std::memory_order_relaxed)) {
            return refuse({.kind = ErrorKind::overloaded,
                           .message = "the gateway is shutting down",
                           .retry_after = std::chrono::seconds(1)});
        }
        if (context_.service.stats.active.load(std::memory_order_relaxed) >=
            context_.service.settings.get()->streams_max) {
            return refuse({.kind = ErrorKind::overloaded,
                           .message = "too many requests in progress",
                           .retry_after = std::chrono::seconds(1)});
        }
        auto visitor = identify(context_, exchange.head());
        if (!visitor) return refuse(visitor.error());
        principal_ = std::move(visitor->principal);
        trace_.set_key(principal_.key_id());
        auto admitted = context_.access.admit(principal_, visitor->address);
        if (!admitted) return refuse(admitted.error());
        reservation_ = std::move(*admitted);
    }

    void on_request(httpd::Exchange&, std::string body) override {
        body_ = std::move(body);
        begin_.schedule();
    }

    void on_drained() override {
        if (job_) job_->resume();
    }

  private:
    void begin() {
        auto document = json::Document::parse(std::move(body_));
        if (!document) return refuse(std::move(document).error());
        auto request = dialect_.decode(*document, exchange_.head().headers);
        if (!request) return refuse(std::move(request).error());
        if (auto warning = access::exposure_warning(principal_, exchange_.head().peer); !warning.empty()) {
            request->warnings.push_back(std::move(warning));
        }
        if (principal_.key) apply_defaults(*principal_.key, *request);
        trace_.set_request(*request);
        settings_ = context_.service.settings.get();
        request_ = std::move(*request);
        if (request_.attachments.empty()) return proceed();
        preparation_ = std::make_unique<files::Preparation>(
            context_.workshop, request_, settings_->files,
            [this](Result<void> prepared) { prepared ? proceed() : refuse(prepared.error()); });
    }

    /// With all that the request needs at hand.
    void proceed() {
        preparation_.reset();
        stream_ = request_.stream;
        if (reservation_.counts_tokens()) {
            const auto tokens = static_cast<std::int64_t>(chat::estimate_prompt_tokens(request_));
            if (auto reserved = context_.access.reserve_tokens(reservation_, tokens); !reserved)
                return refuse(reserved.error());
        }

        gateway::JobPermissions permissions;
        permissions.tenant_scope =
            principal_.kind == access::Principal::Kind::managed ? principal_.key_id() : std::string();
        permissions.strict = principal_.key && principal_.key->strict;
        permissions.key_id = principal_.key_id();
        permissions.compression = compression_wish(exchange_.head().headers, request_);
        if (principal_.key) apply_compression(*principal_.key, permissions);
        if (principal_.key) permissions.web_search = may_search(*principal_.key);
        permissions.allowed_accounts = principal_.allowed_accounts();
        permissions.allowed_groups = principal_.allowed_groups();
        permissions.tenant_refresh_token = principal_.refresh_token;
        if (!permissions.tenant_refresh_token.empty()) {
            permissions.tenant_scope = context_.service.tenants.tenant_id(principal_.refresh_token);
        }
        if (principal_.limits_models()) {
            permissions.may_use_model = [this](std::string_view wire, std::string_view name) {
                return principal_.may_use_model(wire, name);
            };
        }
        job_ = websearch::make_job(context_.service, std::move(request_), std::move(permissions),
                                   static_cast<gateway::AnswerSink&>(*this));
        if (stream_) start_quiet();
        job_->start();
    }

    Flow on_event(const chat::StreamEvent& event) override {
        said_something_ = true;
        if (!stream_) {
            accumulator_.add(event);
            return Flow::more;
        }
        if (!encoder_) begin_answer();
        if (holding_) {
            encoder_->event(event, held_);
            return Flow::more;
        }
        encoder_->event(event, exchange_.out());
        return exchange_.commit();
    }

    void on_batch() override {
        if (stream_ && context_.meter) measure_batch();
        if (holding_) {
            // The second batch proves that the answer goes on.
            if (!std::exchange(held_batch_, true)) return;
            release();
        }
        if (encoder_) exchange_.flush();
        const auto held = encoder_ ? encoder_->size_bytes() : accumulator_.size_bytes();
        if (held <= settings_->answer_max_bytes) return;
        abandon();
        on_error({.kind = ErrorKind::upstream_failed,
                  .message = stream_ ? "the answer is too large to be held"
                                     : "the answer is too large to be held; use streaming"});
    }

    bool start_over() override {
        if (stream_ && !holding_) return false;
        accumulator_ = {};
        encoder_.reset();
        held_.clear();
        holding_ = held_batch_ = false;
        if (stream_) start_quiet();
        return true;
    }

    void on_end(const gateway::Ending& ending) override {
        quiet_.stop();
        take_report();
        settle();
        if (stream_) {
            if (!encoder_ || holding_) release();
            encoder_->finish(ending.reason, ending.stop_sequence, ending.usage, exchange_.out());
            trace_.close(200, {});
            return exchange_.end_stream();
        }
        const auto response = accumulator_.take(ending.reason, ending.stop_sequence, ending.usage);
        http::Response out;
        out.headers = answer_headers("application/json");
        out.body = dialect_.encode(response, job_->request(), answer_context());
        trace_.close(200, {});
        exchange_.respond(std::move(out));
    }

    void on_error(const Error& error) override {
        quiet_.stop();
        take_report();
        settle();
        if (!encoder_ || holding_) return refuse(error);
        trace_.close(200, error_name(error.kind), error.detail);
        encoder_->fail(error, exchange_.out());
        exchange_.end_stream();
    }

    void cut() override {
        if (trace_.closed()) return;
        abandon();
        on_error({.kind = ErrorKind::overloaded,
                  .message = "the gateway is shutting down",
                  .retry_after = std::chrono::seconds(1)});
    }

    void refuse(const Error& error) { refuse({.error = error, .limit = {}, .rates = reservation_.rates()}); }

    void refuse(const access::Refusal& refusal) {
        const auto& error = refusal.error;
        begin_.cancel();
        preparation_.reset();
        auto response = render(refusal, dialect_, exchange_.request_id());
        settle();
        trace_.close(response.status, error_name(error.kind),
                     error.detail.empty() ? error.message : error.detail);
        exchange_.respond(std::move(response));
    }

    void take_report() {
        if (!job_) return;
        const auto& report = job_->report();
        trace_.take(report);
        summary_credits_ = report.summary_credits;
        summary_tokens_ = report.summary_tokens;
    }

    /// Ends the job where it is.
    void abandon() {
        if (!job_) return;
        job_->abandon();
        take_report();
        job_.reset();
    }

    void settle() {
        reservation_.settle(trace_.credits() + summary_credits_, trace_.tokens() + summary_tokens_);
    }

    void measure_batch() {
        const auto now = context_.service.clock.steady();
        if (last_batch_)
            context_.meter->between_events(
                std::chrono::duration_cast<std::chrono::microseconds>(now - *last_batch_));
        last_batch_ = now;
    }

    void start_quiet() { quiet_.start(std::min(kOpenStreamAfter, settings_->ping_interval)); }

    /// The first event of a stream: sent at once, or held back for a moment in which a failure can
    /// still move to another account unseen.
    void begin_answer() {
        if (settings_->hold_back.count() == 0) return release();
        encoder_ = dialect_.stream(job_->request(), answer_context());
        encoder_->begin(held_);
        holding_ = true;
        quiet_.start(settings_->hold_back);
    }

    /// Opens the stream, with what was held back.
    void release() {
        const bool held = std::exchange(holding_, false);
        if (!held) encoder_ = dialect_.stream(job_->request(), answer_context());
        auto headers = answer_headers("text/event-stream; charset=utf-8");
        headers.add("cache-control", "no-cache");
        headers.add("x-accel-buffering", "no");
        exchange_.begin_stream(200, std::move(headers));
        if (held) {
            exchange_.out() += held_;
            std::string().swap(held_);
        } else {
            encoder_->begin(exchange_.out());
        }
        quiet_.start(settings_->ping_interval, settings_->ping_interval);
    }

    /// Protocol-correct ping on a stream that said nothing for an interval (seed C8).
    void on_quiet() {
        if (!encoder_ || holding_) release();
        if (!std::exchange(said_something_, false)) encoder_->keep_alive(exchange_.out());
        exchange_.commit();
    }

    http::Headers answer_headers(std::string_view content_type) const {
        http::Headers headers;
        headers.add("content-type", std::string(content_type));
        const auto& report = job_->report();
        headers.add("x-kirogate-model", report.wire_model);
        if (report.compression) headers.add(std::string(kCompression), compression_header(report));
        if (!report.warnings.empty()) headers.add("x-kirogate-warnings", warnings_header(report.warnings));
        dialect_.add_rate_limits(reservation_.rates(), headers);
        return headers;
    }

    chat::AnswerContext answer_context() {
        chat::AnswerContext out;
        out.request_id = exchange_.request_id();
        out.unique = context_.service.random.base62(24);
        out.created = to_ms(context_.service.clock.wall()) / 1000;
        // Only Anthropic's message_start tells a number before upstream did.
        if (stream_ && dialect_.name() == "anthropic")
            out.input_tokens_estimate = job_->estimated_prompt_tokens();
        return out;
    }

    Context& context_;
    const chat::Dialect& dialect_;
    httpd::Exchange& exchange_;
    RequestTrace trace_;
    std::string body_;      // of the request, until begin()
    loop::Deferred begin_;  // decoding and starting, paced: see Deferred
    loop::Timer quiet_;
    access::Principal principal_;
    access::Reservation reservation_;
    std::shared_ptr<const gateway::Settings> settings_;
    double summary_credits_ = 0;  // of the job, which may be gone when they are settled
    std::int64_t summary_tokens_ = 0;
    bool stream_ = false;
    bool said_something_ = false;
    bool holding_ = false;     // the stream has begun, in held_, and its client knows nothing of it
    bool held_batch_ = false;  // a whole batch is in held_
    std::string held_;         // SSE frames, at most those of two batches
    std::optional<SteadyTime> last_batch_;
    std::unique_ptr<chat::StreamEncoder> encoder_;
    chat::Accumulator accumulator_;
    chat::Request request_;                            // until the job has it
    std::unique_ptr<files::Preparation> preparation_;  // of request_
    std::unique_ptr<gateway::Job> job_;                // destroyed first: it calls into the rest
};

}  // namespace

std::unique_ptr<httpd::Handler> make_chat_handler(Context& context, const chat::Dialect& dialect,
                                                  httpd::Exchange& exchange) {
    return std::make_unique<ChatHandler>(context, dialect, exchange);
}

}  // namespace kg::api
