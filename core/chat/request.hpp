#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/chat/attachment.hpp"
#include "core/chat/web_search.hpp"
#include "core/json/document.hpp"

/// The neutral middle: what any client API asks for, knowing no dialect and no backend.
namespace kg::chat {

struct Text {
    SharedText text;
};
struct Image {
    std::string format;  // "png", "jpeg", "gif" or "webp"
    SharedText base64;   // valid base64, no data: prefix
};
/// A thinking block that the client plays back. `signature` may be empty or foreign.
struct Thinking {
    SharedText text;
    SharedText signature;
    bool redacted = false;  // `text` is then the opaque data
};
struct ToolUse {
    SharedText id;
    SharedText name;
    RawJson input;  // always a JSON object
};
struct ToolResult {
    SharedText tool_use_id;
    std::vector<std::variant<Text, Image>> content;  // may be empty
    bool is_error = false;
};
using Part = std::variant<Text, Image, Thinking, ToolUse, ToolResult, WebSearch>;  // the last in answers only

/// `system` appears here only for turns after the first user turn; the leading ones are in
/// Request::system. Backends place such a turn's text where it stands.
enum class Role : std::uint8_t { user, assistant, system };

struct Message {
    static constexpr std::uint32_t kNowhere = 0xffffffff;
    Role role = Role::user;
    std::vector<Part> parts;
    std::uint32_t place = kNowhere;  // in the client's list, for errors; what was merged has the first's
};

struct ToolSpec {
    SharedText name;  // unique in the request
    SharedText description;
    RawJson schema;  // a JSON object as the client sent it
    /// For APIs with groups of tools: the group, and the name in it, which `name` is only while no
    /// other group has the same.
    SharedText group;
    SharedText client_name;
    bool raw_text = false;  // the client wants the input as text: the schema's one member, `input`
};

struct ToolChoice {
    enum class Mode : std::uint8_t { automatic, none, any, named };
    Mode mode = Mode::automatic;
    std::string name;  // with Mode::named; always one of the declared tools
    bool disable_parallel = false;
    bool limited = false;  // tools that the client declared were withdrawn: calls of them are not let through
};

enum class Effort : std::uint8_t { low, medium, high, xhigh, max };
std::string_view effort_name(Effort effort);
std::optional<Effort> parse_effort(std::string_view text);

struct ThinkingOptions {
    bool enabled = false;
    bool stated = false;                         // the client said whether or how much
    std::optional<std::uint32_t> budget_tokens;  // clamped to 1024..200000 by the dialect
    std::optional<Effort> effort;
    bool omit_text = false;  // Anthropic display "omitted": the client does not want to see the text
};

struct Request {
    json::Document source;  // what the texts below may be slices of
    std::string model;      // as the client wrote it; echoed in the answer
    std::string system;     // leading system text, parts joined by a blank line
    std::vector<Message> messages;
    std::string_view conversation_field = "messages";  // the client's word for them; a literal
    std::vector<ToolSpec> tools;                       // unique names, first of duplicates
    std::optional<WebSearchTool> web_search;
    bool past_searches = false;  // the messages hold calls of kSearchIdPrefix and their results
    ToolChoice tool_choice;
    ThinkingOptions thinking;
    std::optional<std::uint32_t> max_tokens;
    std::vector<std::string> stop_sequences;
    bool stream = false;
    bool include_usage = false;           // OpenAI stream_options.include_usage
    bool legacy_functions = false;        // OpenAI `functions`: answer with function_call
    bool json_only = false;               // the answer must be one JSON document (structured output)
    RawJson json_schema;                  // with json_only: "null" when any object will do
    bool json_strict = false;             // an answer that does not fit the schema is none
    std::string json_field;               // where the client asked for it, for errors: "text.format"
    std::vector<Attachment> attachments;  // to be settled before the messages are complete
    /// What makes two requests belong to one conversation (client-apis 1), empty when unknown.
    std::string session;
    /// Each thing that was ignored or emulated, one short clause; becomes x-kirogate-warnings.
    std::vector<std::string> warnings;
};

/// The id of a model that a client may name, and what is known of it.
struct ModelInfo {
    std::string id;
    std::string display_name;
    std::uint32_t context_tokens = 200'000;
    std::uint32_t output_tokens = 64'000;
    std::int64_t created = 0;  // epoch seconds, 0 when unknown; stable between calls
    bool images = true;
    double rate = 1.0;  // credits multiplier
};

}  // namespace kg::chat
