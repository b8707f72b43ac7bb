#include "tests/golden/transcript.hpp"

#include "core/chat/accumulator.hpp"
#include "core/json/writer.hpp"
#include "tests/support/gateway_rig.hpp"

namespace kg::test {
namespace {

/// As the daemon's chat handler, without sockets: the dialect's bytes for what a job says.
class Reply final : public gateway::AnswerSink {
  public:
    Reply(const chat::Dialect& dialect, const chat::Request& request)
        : dialect_(dialect), request_(request), encoder_(dialect.stream(request, context_)) {}

    Flow on_event(const chat::StreamEvent& event) override {
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
        const auto response = dialect_.encode_error(error, context_.request_id);
        bytes = std::to_string(response.status) + '\n' + json::pretty(response.body) + '\n';
    }

    std::string bytes;

  private:
    void begin() {
        if (!std::exchange(begun_, true)) encoder_->begin(bytes);
    }

    const chat::AnswerContext context_{.request_id = "req_golden",
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

/// Upstream's answer to one request: up to a line of three hyphens.
std::string_view take_round(std::string_view& script) {
    constexpr std::string_view mark = "\n---\n";
    const auto end = std::min(script.find(mark), script.size());
    const auto round = script.substr(0, end);
    script.remove_prefix(std::min(end + mark.size(), script.size()));
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

}  // namespace

Result<Transcript> play_transcript(const chat::Dialect& dialect, std::string request,
                                   std::string_view script) {
    KG_TRY(document, json::Document::parse(std::move(request)));
    KG_TRY(decoded, dialect.decode(document, {}));
    Transcript out;
    out.stream = decoded.stream;

    GatewayRig rig(1);
    const chat::Request kept = decoded;
    Reply reply(dialect, kept);
    gateway::ChatJob job(rig.service, std::move(decoded), gateway::JobPermissions{}, reply);
    job.start();
    for (std::size_t round = 0; rig.fetcher.count() > round; ++round) {
        out.kiro_request += json::pretty(rig.last_chat().request.body.view()) + '\n';
        GatewayRig::stream(rig.last_chat(), event_stream(take_round(script)));
    }
    out.client_reply = std::move(reply.bytes);
    return out;
}

}  // namespace kg::test
