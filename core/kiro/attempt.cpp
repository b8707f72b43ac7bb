#include "core/kiro/attempt.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/kiro/event_decoder.hpp"
#include "core/kiro/frame_decoder.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kErrorBodyBytesMax = 64u << 10;

fetch::Request make_request(const UpstreamOptions& options, const AttemptInput& input) {
    const Caller& caller = input.caller;
    const std::string arn = caller.profile_arn.empty()
                                ? default_profile_arn(caller.auth_method, caller.provider)
                                : caller.profile_arn;
    fetch::Request request;
    request.method = http::Method::post;
    request.url =
        data_plane_url(input.generation, api_region_of(caller), options) + "/generateAssistantResponse";
    request.headers = chat_headers(caller, options, input.invocation_id, input.attempt_number);
    request.body = input.request->body(arn);
    request.proxy = caller.proxy.empty() ? options.proxy : caller.proxy;
    request.connect_timeout = options.connect_timeout;
    request.first_byte_timeout = options.first_event_timeout;
    request.idle_timeout = options.idle_timeout;
    request.total_timeout = options.total_timeout;
    return request;
}

/// An error told with status 200: JSON or a page where the event stream belongs.
bool is_error_document(std::string_view content_type) {
    constexpr auto kTypes =
        std::to_array<std::string_view>({"application/json", "application/x-amz-json", "text/",
                                         "application/xml", "application/problem+json"});
    const std::string type = ascii::to_lower(ascii::trim(content_type));
    return std::any_of(kTypes.begin(), kTypes.end(),
                       [&type](auto prefix) { return type.starts_with(prefix); });
}

}  // namespace

/// Everything that a call from the fetcher touches. When the owner destroys the Attempt inside such
/// a call, the Impl is orphaned: it falls silent at once and goes when the call returns.
struct Attempt::Impl final : EventDecoder::Output {
    Impl(const UpstreamOptions& options, const AttemptInput& input, AttemptHandler& h)
        : handler(&h),
          tool_names(&input.request->tool_names),
          events({options.drop_duplicate_text, input.strict_tail}, *this) {}

    /// Held by every entry from the fetcher.
    class Inside {
      public:
        explicit Inside(Impl& impl) : impl_(impl) { ++impl_.depth; }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        ~Inside() {
            if (--impl_.depth == 0 && impl_.orphaned) delete &impl_;
        }

      private:
        Impl& impl_;
    };

    enum class State : std::uint8_t { waiting, streaming, error_body, over };

    void on_decoded(const chat::StreamEvent& event) override {
        if (handler == nullptr) return;
        Flow answer = Flow::more;
        if (const auto* start = std::get_if<chat::ToolUseStart>(&event)) {
            answer = handler->on_event(chat::ToolUseStart{start->id, tool_names->to_client(start->name)});
        } else if (const auto* end = std::get_if<chat::MessageEnd>(&event); end && !end->cut_tool.empty()) {
            auto cut = *end;
            cut.cut_tool = tool_names->to_client(end->cut_tool);
            answer = handler->on_event(cut);
        } else {
            answer = handler->on_event(event);
        }
        if (answer == Flow::pause) flow = Flow::pause;
    }

    void head(const fetch::Head& h) {
        status = h.status;
        const bool stream = h.status == 200 && !is_error_document(h.headers.get("content-type"));
        state = stream ? State::streaming : State::error_body;
        if (!stream) error_headers = h.headers;
    }

    Flow body(std::string_view bytes) {
        flow = Flow::more;
        if (state == State::streaming) {
            frames.feed(bytes);
            decode();
        } else if (state == State::error_body) {
            error_text += bytes.substr(0, kErrorBodyBytesMax - error_text.size());
            if (error_text.size() == kErrorBodyBytesMax) fail_response();
        }
        return flow;
    }

    void decode() {
        FrameView frame;
        while (handler != nullptr && state == State::streaming) {
            switch (frames.next(frame)) {
                case FrameDecoder::Step::need_more: return;
                case FrameDecoder::Step::damaged: return fail_damaged();
                case FrameDecoder::Step::frame: break;
            }
            settle(events.decode(frame));
        }
    }

    void settle(EventDecoder::Step step) {
        if (step == EventDecoder::Step::failed) return fail(events.failure());
        if (step == EventDecoder::Step::ended) finish();
    }

    void done() {
        if (state == State::streaming) {
            if (frames.finish() == FrameDecoder::Step::damaged) return fail_damaged();
            settle(events.finish());
        } else if (state != State::over) {
            fail_response();
        }
    }

    void transport_failed(const fetch::Failure& failure) {
        // A refusal that broke off in its body is still a refusal.
        if (state == State::error_body && status != 200) return fail_response();
        Failure out = classify_transport(failure);
        out.http_status = status;
        fail(std::move(out));
    }

    void fail_response() { fail(classify_response(status, error_headers, error_text)); }

    void fail_damaged() {
        Failure failure;
        failure.cls = FailureClass::damaged_stream;
        failure.detail = frame_fault_name(frames.fault());
        fail(std::move(failure));
    }

    void fail(Failure failure) {
        state = State::over;
        fetch.reset();
        if (failure.http_status == 0) failure.http_status = status;
        if (const auto tool = events.cut_tool(); !tool.empty())
            failure.cut_tool = tool_names->to_client(tool);
        if (auto* h = std::exchange(handler, nullptr)) h->on_failure(std::move(failure));
    }

    void finish() {
        state = State::over;
        fetch.reset();
        if (auto* h = std::exchange(handler, nullptr)) h->on_done();
    }

    AttemptHandler* handler;  // null once told the end, or orphaned
    const ToolNames* tool_names;
    FrameDecoder frames;
    EventDecoder events;
    State state = State::waiting;
    Flow flow = Flow::more;  // answer to the piece in hand
    int status = 0;
    http::Headers error_headers;
    std::string error_text;
    unsigned depth = 0;
    bool orphaned = false;
    std::unique_ptr<fetch::Fetch> fetch;
};

Attempt::Attempt(fetch::Fetcher& fetcher, const UpstreamOptions& options, AttemptInput input,
                 AttemptHandler& handler)
    : impl_(std::make_unique<Impl>(options, input, handler)) {
    impl_->fetch = fetcher.start(make_request(options, input), *this);
}

Attempt::~Attempt() {
    impl_->handler = nullptr;
    impl_->fetch.reset();
    if (impl_->depth == 0) return;
    impl_->orphaned = true;
    static_cast<void>(impl_.release());  // Inside deletes it
}

void Attempt::resume() {
    impl_->flow = Flow::more;
    if (impl_->fetch) impl_->fetch->resume();
}

// The Attempt may be gone when the Impl returns: nothing below touches `this` after the call.

void Attempt::on_head(const fetch::Head& head) {
    Impl& impl = *impl_;
    const Impl::Inside inside(impl);
    impl.head(head);
}

Flow Attempt::on_body(std::string_view bytes) {
    Impl& impl = *impl_;
    const Impl::Inside inside(impl);
    return impl.body(bytes);
}

void Attempt::on_batch() {
    Impl& impl = *impl_;
    const Impl::Inside inside(impl);
    if (impl.handler != nullptr) impl.handler->on_batch();
}

void Attempt::on_done() {
    Impl& impl = *impl_;
    const Impl::Inside inside(impl);
    impl.done();
}

void Attempt::on_failure(const fetch::Failure& failure) {
    Impl& impl = *impl_;
    const Impl::Inside inside(impl);
    impl.transport_failed(failure);
}

}  // namespace kg::kiro
