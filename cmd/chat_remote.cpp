#include "cmd/chat_remote.hpp"

#include <map>

#include "cmd/chat_printer.hpp"
#include "cmd/chat_request.hpp"
#include "cmd/http_call.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/json/document.hpp"

namespace kg::cmd {
namespace {

struct ToolCall {
    std::string id, name, arguments;
};

/// Reads an OpenAI answer, streamed or whole, into the printer.
class RemoteAnswer {
  public:
    explicit RemoteAnswer(ChatPrinter& printer) : printer_(printer) {}

    void bytes(std::string_view piece) {
        buffer_ += piece;
        std::size_t start = 0;
        for (std::size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1) {
            line(std::string_view(buffer_).substr(start, end - start));
        }
        buffer_.erase(0, start);
    }

    void whole(const std::string& body) {
        auto document = json::Document::parse(body);
        if (!document) return;
        const auto root = document->root();
        const auto choice = root["choices"].at(0);
        delta(choice["message"]);
        take(root, choice);
        done = true;
    }

    void finish() {
        for (const auto& [index, call] : tools_)
            printer_.tool_call(call.id, call.name, call.arguments.empty() ? "{}" : call.arguments);
        printer_.finish(totals);
    }

    ChatTotals totals;
    bool done = false;
    std::string error;

  private:
    void line(std::string_view text) {
        if (text.ends_with('\r')) text.remove_suffix(1);
        if (!text.starts_with("data: ")) return;
        text.remove_prefix(6);
        if (text == "[DONE]") {
            done = true;
            return;
        }
        auto document = json::Document::parse(std::string(text));
        if (!document) return;
        const auto root = document->root();
        if (root["error"].is_object()) {
            error = root["error"]["message"].text();
            return;
        }
        const auto choice = root["choices"].at(0);
        delta(choice["delta"]);
        take(root, choice);
    }

    void delta(json::Node d) {
        if (const auto t = d["reasoning_content"].text(); !t.empty()) printer_.thinking(t);
        if (const auto t = d["content"].text(); !t.empty()) printer_.text(t);
        std::int64_t position = 0;
        for (const auto call : d["tool_calls"].children()) {
            auto& mine = tools_[call["index"].as_int().value_or(position++)];
            if (const auto id = call["id"].text(); !id.empty()) mine.id = id;
            if (const auto name = call["function"]["name"].text(); !name.empty()) mine.name = name;
            mine.arguments += call["function"]["arguments"].text();
        }
    }

    void take(json::Node root, json::Node choice) {
        if (const auto model = root["model"].text(); !model.empty()) totals.model = model;
        if (const auto reason = choice["finish_reason"].text(); !reason.empty()) totals.stop_reason = reason;
        if (const auto usage = root["usage"]; usage.is_object()) {
            totals.input_tokens = static_cast<std::uint64_t>(usage["prompt_tokens"].as_int().value_or(0));
            totals.output_tokens =
                static_cast<std::uint64_t>(usage["completion_tokens"].as_int().value_or(0));
        }
    }

    ChatPrinter& printer_;
    std::string buffer_;  // at most one SSE line
    std::map<std::int64_t, ToolCall> tools_;
};

Error error_of(int status, const std::string& body) {
    Error out{.kind = ErrorKind::upstream_failed,
              .message = "the gateway answered " + std::to_string(status)};
    if (auto document = json::Document::parse(body)) {
        if (const auto message = document->root()["error"]["message"].text(); !message.empty())
            out.message = message;
    }
    if (status == 404) out.message += "; see `kirogate models --server URL`";
    if (status == 401 || status == 403)
        out.kind = ErrorKind::unauthenticated;
    else if (status == 402 || status == 429)
        out.kind = ErrorKind::rate_limited;
    else if (status == 400 || status == 404 || status == 413)
        out.kind = ErrorKind::malformed_request;
    return out;
}

}  // namespace

Result<ExitCode> chat_remote(const chat::Request& request, const ChatOptions& options, Context& context) {
    Secret key;
    if (options.key_file) {
        KG_TRY(read, read_secret("API key", options.key_file));
        key = read;
    } else if (auto given = context.environment()("KIROGATE_API_KEY")) {
        key = Secret(*given);
    }
    if (key.empty())
        return Err(Error{.kind = ErrorKind::unauthenticated,
                         .message = "no API key: set KIROGATE_API_KEY or give --key-file"});
    auto url = *options.server;
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "--server: `" + url + "` is not an http:// or https:// URL"});
    while (url.ends_with('/')) url.pop_back();
    if (url.ends_with("/v1")) url.resize(url.size() - 3);
    fetch::Request call;
    call.method = http::Method::post;
    call.url = url + "/v1/chat/completions";
    call.headers = {"Content-Type: application/json", "Authorization: Bearer " + key.reveal()};
    call.body = openai_body(request);
    call.first_byte_timeout = std::chrono::minutes(10);
    ChatPrinter printer(options);
    RemoteAnswer answer(printer);
    auto result = request.stream
                      ? http_call(std::move(call), [&](std::string_view piece) { answer.bytes(piece); })
                      : http_call(std::move(call));
    if (!result) {
        printer.abandon();
        return Err(std::move(result).error());
    }
    if (result->status != 200) return Err(error_of(result->status, result->body));
    if (!request.stream) answer.whole(result->body);
    if (!answer.error.empty() || !answer.done) {
        printer.abandon();
        return Err(Error{.kind = ErrorKind::upstream_failed,
                         .message = answer.error.empty() ? "the answer was cut" : answer.error});
    }
    if (const auto warnings = result->headers.get("x-kirogate-warnings"); !warnings.empty())
        note("warning: " + std::string(warnings));
    answer.finish();
    return ExitCode::ok;
}

}  // namespace kg::cmd
