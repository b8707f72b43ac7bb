#include "cmd/chat_request.hpp"

#include "cmd/secret_input.hpp"
#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kTextMaxBytes = 8u << 20;
constexpr std::size_t kImageMaxBytes = 10u << 20;  // kiro-upstream C17

Error bad(std::string message) {
    return {.kind = ErrorKind::malformed_request, .message = std::move(message)};
}

std::string_view image_format(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG")) return "png";
    if (bytes.starts_with("\xff\xd8\xff")) return "jpeg";
    if (bytes.starts_with("GIF8")) return "gif";
    if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "webp";
    return {};
}

}  // namespace

Result<chat::Request> chat_request(const ChatOptions& options) {
    chat::Request request;
    request.model = options.model;
    request.system = options.system;
    request.max_tokens = options.max_tokens;
    request.stream = !options.no_stream && !options.json;
    if (options.thinking) {
        request.thinking.enabled = true;
        if (!options.thinking->empty()) {
            request.thinking.effort = chat::parse_effort(*options.thinking);
            if (!request.thinking.effort)
                return Err(bad("--thinking: `" + *options.thinking +
                               "` is no effort; use low, medium, high, xhigh or max, and put a "
                               "plain --thinking after the prompt"));
        }
    }
    std::string prompt;
    const auto append = [&prompt](std::string_view text) {
        if (!prompt.empty() && !text.empty()) prompt += "\n\n";
        prompt += text;
    };
    for (const auto& word : options.prompt) prompt += (prompt.empty() ? "" : " ") + word;
    bool stdin_used = false;
    for (const auto& file : options.files) {
        KG_TRY(text, read_file(file, kTextMaxBytes));
        stdin_used = stdin_used || file == "-";
        append(text);
    }
    if (!stdin_used && !stdin_is_terminal()) {
        KG_TRY(text, read_file("-", kTextMaxBytes));
        append(ascii::trim(text));
    }
    if (!ascii::is_utf8(prompt)) return Err(bad("the prompt is not valid UTF-8"));
    chat::Message message;
    for (const auto& file : options.images) {
        KG_TRY(bytes, read_file(file, kImageMaxBytes));
        const auto format = image_format(bytes);
        if (format.empty()) return Err(bad("--image: " + file + " is not a PNG, JPEG, GIF or WebP picture"));
        message.parts.push_back(chat::Image{std::string(format), base64_encode(bytes)});
    }
    if (ascii::is_blank(prompt) && message.parts.empty())
        return Err(bad("there is no prompt: give it as an argument, with --file or on standard input"));
    if (!prompt.empty()) message.parts.push_back(chat::Text{std::move(prompt)});
    request.messages.push_back(std::move(message));
    return request;
}

std::string openai_body(const chat::Request& request) {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("model", request.model).member("stream", request.stream);
    if (request.stream) w.key("stream_options").begin_object().member("include_usage", true).end_object();
    if (request.max_tokens) w.member("max_tokens", *request.max_tokens);
    if (request.thinking.enabled)
        w.member("reasoning_effort",
                 chat::effort_name(request.thinking.effort.value_or(chat::Effort::medium)));
    w.key("messages").begin_array();
    if (!request.system.empty())
        w.begin_object().member("role", "system").member("content", request.system).end_object();
    w.begin_object().member("role", "user").key("content").begin_array();
    for (const auto& part : request.messages.front().parts) {
        if (const auto* text = std::get_if<chat::Text>(&part))
            w.begin_object().member("type", "text").member("text", text->text).end_object();
        if (const auto* image = std::get_if<chat::Image>(&part)) {
            w.begin_object().member("type", "image_url").key("image_url").begin_object();
            w.member("url", "data:image/" + image->format + ";base64," + image->base64.str())
                .end_object()
                .end_object();
        }
    }
    w.end_array().end_object().end_array().end_object();
    return out;
}

}  // namespace kg::cmd
