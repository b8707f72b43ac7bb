#include "core/openai/completions.hpp"

#include "core/chat/request_rules.hpp"
#include "core/chat/session.hpp"
#include "core/json/read.hpp"
#include "core/json/writer.hpp"
#include "core/openai/answer.hpp"
#include "core/openai/decode_fields.hpp"
#include "core/openai_family/dialect.hpp"
#include "core/openai_family/error_body.hpp"

namespace kg::openai {
namespace {

/// A string or a list of one string. Lists of tokens speak of a vocabulary that no model here has.
Result<json::Node> read_prompt(json::Node body) {
    const json::Node prompt = body["prompt"];
    if (prompt.is_null_or_missing()) return Err(json::missing_error(body, "prompt"));
    if (prompt.is_string()) return prompt;
    if (!prompt.is_array()) return Err(json::type_error(prompt, "a string"));
    if (prompt.size() != 1)
        return Err(chat::unsupported_error(prompt, "only one prompt per request is supported"));
    if (!prompt.at(0).is_string())
        return Err(chat::unsupported_error(prompt.at(0), "prompts of tokens are not supported; send text"));
    return prompt.at(0);
}

Result<chat::Request> decode_completion(json::Node body, const http::Headers& headers) {
    chat::Request request;
    KG_CHECK(chat::read_model(body, request));
    KG_CHECK(refuse_more_than_one(body, "n"));
    KG_CHECK(refuse_more_than_one(body, "best_of"));
    if (!body["suffix"].text().empty())
        return Err(chat::unsupported_error(body["suffix"], "inserting before a suffix is not supported"));
    KG_CHECK(json::optional_bool(body, "echo"));
    KG_CHECK(decode_max_tokens(body, request));
    KG_CHECK(decode_stream(body, request));
    KG_CHECK(decode_stop(body, request));
    KG_TRY(prompt, read_prompt(body));
    auto& turn = request.messages.emplace_back();
    if (!prompt.text().empty()) turn.parts.emplace_back(chat::Text{prompt.shared_text()});
    chat::warn_sampling(request, body);
    if (body["logprobs"].as_int()) chat::warn_ignored(request, "logprobs");
    request.session = chat::session_key(headers, body);
    KG_CHECK(chat::settle_request(request, false, "prompt"));
    return request;
}

/// What `echo` asks to see before the completion.
std::string_view echoed(const chat::Request& request) {
    const json::Node body = request.source.root();
    if (!body["echo"].as_bool().value_or(false)) return {};
    return body["prompt"].is_string() ? body["prompt"].text() : body["prompt"].at(0).text();
}

void append_head(std::string& out, const chat::Request& request, const chat::AnswerContext& context) {
    json::Writer(out)
        .begin_object()
        .member("id", "cmpl-" + context.unique)
        .member("object", "text_completion")
        .member("created", context.created)
        .member("model", request.model)
        .key("choices");
}

class CompletionStream final : public chat::StreamEncoder {
  public:
    CompletionStream(const chat::Request& request, const chat::AnswerContext& context)
        : include_usage_(request.include_usage), echoed_(echoed(request)) {
        head_ = "data: ";
        append_head(head_, request, context);
        text_head_ = head_ + R"([{"text":")";
        text_tail_ = R"(","index":0,"logprobs":null,"finish_reason":null}])" + end_;
        if (include_usage_) text_tail_.insert(text_tail_.size() - end_.size(), ",\"usage\":null");
    }

    void begin(std::string& out) override { write(echoed_, out); }
    void event(const chat::StreamEvent& event, std::string& out) override {
        if (const auto* text = std::get_if<chat::TextDelta>(&event)) write(text->text, out);
    }
    void finish(chat::StopReason reason, std::string_view, const chat::FinalUsage& usage,
                std::string& out) override {
        out.append(text_head_).append(R"(","index":0,"logprobs":null,"finish_reason":")");
        out.append(finish_reason_name(reason, false, false)).append("\"}]");
        out.append(include_usage_ ? ",\"usage\":null" : "").append(end_);
        if (include_usage_) {
            out.append(head_).append("[],\"usage\":");
            append_usage(out, usage);
            out += end_;
        }
        out += "data: [DONE]\n\n";
    }
    void fail(const Error& error, std::string& out) override {
        out += "data: ";
        openai_family::append_error_body(out, error, "prompt");
        out += "\n\n";
    }
    void keep_alive(std::string& out) override { out += ": keep-alive\n\n"; }

  private:
    void write(std::string_view text, std::string& out) {
        if (text.empty()) return;
        out += text_head_;
        json::append_escaped(out, text);
        out += text_tail_;
    }

    const bool include_usage_;
    const std::string echoed_;
    const std::string end_ = "}\n\n";
    std::string head_, text_head_, text_tail_;
};

class CompletionsDialect final : public openai_family::Dialect {
  public:
    CompletionsDialect() : Dialect("prompt") {}
    std::string_view name() const override { return "completions"; }
    Result<chat::Request> decode(const json::Document& body, const http::Headers& headers) const override {
        KG_TRY(request, decode_completion(body.root(), headers));
        request.source = body;
        return std::move(request);
    }
    std::string encode(const chat::Response& response, const chat::Request& request,
                       const chat::AnswerContext& context) const override {
        std::string text(echoed(request));
        for (const auto& part : response.parts)
            if (const auto* piece = std::get_if<chat::Text>(&part)) text += piece->text;
        std::string out;
        append_head(out, request, context);
        json::Writer choice(out);
        choice.begin_array().begin_object().member("text", text).member("index", 0).key("logprobs").null();
        choice.member("finish_reason", finish_reason_name(response.stop_reason, false, false));
        choice.end_object().end_array();
        out += ",\"usage\":";
        append_usage(out, response.usage);
        return out += '}';
    }
    std::unique_ptr<chat::StreamEncoder> stream(const chat::Request& request,
                                                const chat::AnswerContext& context) const override {
        return std::make_unique<CompletionStream>(request, context);
    }
};

}  // namespace

std::unique_ptr<chat::Dialect> make_completions_dialect() {
    return std::make_unique<CompletionsDialect>();
}

}  // namespace kg::openai
