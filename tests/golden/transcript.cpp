#include "tests/golden/transcript.hpp"

#include "core/chat/accumulator.hpp"
#include "core/json/writer.hpp"
#include "core/websearch/make_job.hpp"
#include "tests/support/gateway_rig.hpp"

namespace kg::test {
namespace {

constexpr std::string_view kRequestId = "req_golden";

std::string refusal(const chat::Dialect& dialect, const Error& error) {
    const auto response = dialect.encode_error(error, kRequestId);
    return std::to_string(response.status) + '\n' + json::pretty(response.body) + '\n';
}

/// As the daemon's chat handler, without sockets: the dialect's bytes for what a job says.
class Reply final : public gateway::AnswerSink {
  public:
    Reply(const chat::Dialect& dialect, const chat::Request& request)
        : dialect_(dialect), request_(request), encoder_(dialect.stream(request, context_)) {}

    Flow on_event(const chat::StreamEvent& event) override {
        if (const auto* search = std::get_if<chat::WebSearchStart>(&event)) searches.emplace_back(search->id);
        if (!request_.stream) {
            accumulator_.add(event);
            return Flow::more;
        }
        begin();
        encoder_->event(event, bytes);
        return Flow::more;
    }
    void on_batch() override {}
    void on_end(const gateway::Ending& ending) override {
        if (!request_.stream) {
            const auto answer = accumulator_.take(ending.reason, ending.stop_sequence, ending.usage);
            bytes = json::pretty(dialect_.encode(answer, request_, context_)) + '\n';
            return;
        }
        begin();
        encoder_->finish(ending.reason, ending.stop_sequence, ending.usage, bytes);
    }
    void on_error(const Error& error) override {
        if (begun_) return encoder_->fail(error, bytes);
        bytes = refusal(dialect_, error);
    }

    std::string bytes;
    std::vector<std::string> searches;  // ids, which are random

  private:
    void begin() {
        if (!std::exchange(begun_, true)) encoder_->begin(bytes);
    }

    const chat::AnswerContext context_{.request_id = std::string(kRequestId),
                                       .unique = "AbCdEfGhIjKlMnOpQrStUvWx",
                                       .created = 1763900000,
                                       .input_tokens_estimate = 25};
    const chat::Dialect& dialect_;
    const chat::Request& request_;
    std::unique_ptr<chat::StreamEncoder> encoder_;
    chat::Accumulator accumulator_;
    bool begun_ = false;
};

std::string_view take_word(std::string_view& line) {
    const auto space = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return word;
}

/// Upstream's answer to one request: up to a line of three hyphens, or to what searches found.
std::string_view take_round(std::string_view& script) {
    constexpr std::string_view mark = "\n---\n";
    const auto searches = script.find("\nsearch ");
    const auto end = std::min({script.find(mark), searches, script.size()});
    const auto round = script.substr(0, end);
    script.remove_prefix(std::min(end + (end == searches ? 1 : mark.size()), script.size()));
    return round;
}

std::string event_stream(std::string_view script) {
    std::string out;
    while (!script.empty()) {
        const auto end = std::min(script.find('\n'), script.size());
        auto line = script.substr(0, end);
        script.remove_prefix(std::min(end + 1, script.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto name = take_word(line);
        if (name == "exception") {
            const auto type = take_word(line);
            out += kiro::exception_frame(type, line);
        } else {
            out += kiro::event_frame(name, line);
        }
    }
    return out;
}

/// Answers the searches that are under way with the "search" lines at the front of the script.
void answer_searches(std::string_view& script, ScriptedFetcher& fetcher) {
    for (std::size_t i = 0; i < fetcher.count() && script.starts_with("search "); ++i) {
        auto& call = fetcher.call(i);
        if (!call.alive() || call.request.url.find("/mcp") == std::string::npos) continue;
        const auto end = std::min(script.find('\n'), script.size());
        std::string body;
        json::Writer writer(body);
        writer.begin_object().member("jsonrpc", "2.0").key("result").begin_object();
        writer.key("content").begin_array().begin_object().member("type", "text");
        writer.member("text", script.substr(7, end - 7)).end_object().end_array().end_object().end_object();
        script.remove_prefix(std::min(end + 1, script.size()));
        call.answer(200, body, {{"content-type", "application/json"}});
    }
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

}  // namespace

Result<Transcript> play_transcript(const chat::Dialect& dialect, std::string request,
                                   std::string_view script) {
    KG_TRY(document, json::Document::parse(std::move(request)));
    auto decoded = dialect.decode(document, {});
    Transcript out;
    if (!decoded) {
        out.client_reply = refusal(dialect, decoded.error());
        return out;
    }
    out.stream = decoded->stream;

    GatewayRig rig(1);
    const chat::Request kept = *decoded;
    Reply reply(dialect, kept);
    const auto job = websearch::make_job(rig.service, std::move(*decoded), {}, reply);
    job->start();
    for (bool first = true; rig.fetcher.active() > 0 && (first || !script.empty()); first = false) {
        out.kiro_request += json::pretty(rig.last_chat().request.body.view()) + '\n';
        GatewayRig::stream(rig.last_chat(), event_stream(take_round(script)));
        answer_searches(script, rig.fetcher);
    }
    out.client_reply = std::move(reply.bytes);
    for (std::size_t i = 0; i < reply.searches.size(); ++i)
        replace_all(out.client_reply, reply.searches[i], std::string(31, '0') + std::to_string(i + 1));
    return out;
}

}  // namespace kg::test
