#include "daemon/demo/demo_answer.hpp"

#include <algorithm>
#include <string_view>

#include "core/base/ascii.hpp"
#include "core/json/writer.hpp"
#include "daemon/demo/model_list.hpp"
#include "daemon/demo/request_check.hpp"

namespace kg::demo {
namespace {

using json::Node;

constexpr std::size_t kQuoteBytesMax = 240;
constexpr std::size_t kFragmentBytes = 24;
constexpr std::size_t kArgumentDepthMax = 8;
constexpr std::string_view kAsk = "use the tool ";

enum class Thinking { none, native, signature_only, tags };

/// The end of what the user wrote, from the start of a word.
std::string_view last_words(std::string_view text) {
    text = ascii::trim(text);
    if (text.size() <= kQuoteBytesMax) return text;
    std::string_view end = text.substr(text.size() - kQuoteBytesMax);
    const std::size_t space = end.find_first_of(" \n\t");
    if (space != std::string_view::npos) return ascii::trim(end.substr(space));
    while (!end.empty() && (static_cast<unsigned char>(end.front()) & 0xC0) == 0x80) end.remove_prefix(1);
    return end;
}

Thinking thinking_of(Node root) {
    const Node thinking = root["additionalModelRequestFields"]["thinking"];
    const std::string_view type = thinking["type"].text();
    if (type == "adaptive" || type == "enabled") {
        return thinking["display"].text() == "omitted" ? Thinking::signature_only : Thinking::native;
    }
    const Node state = root["conversationState"];
    const Node history = state["history"];
    const Node first = history.size() > 0 ? history.at(0) : state["currentMessage"];
    return first["userInputMessage"]["content"].text().find("<thinking_mode>") != std::string_view::npos
               ? Thinking::tags
               : Thinking::none;
}

/// The offered tool that the text asks for, or missing.
Node wanted_tool(std::string_view content, Node tools) {
    const std::string lower = ascii::to_lower(content);
    const std::size_t at = lower.rfind(kAsk);
    if (at == std::string::npos) return {};
    std::string_view name = std::string_view(lower).substr(at + kAsk.size());
    const std::size_t start = name.find_first_not_of("`'\"");
    name.remove_prefix(std::min(start, name.size()));
    const auto end = std::find_if_not(name.begin(), name.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
    });
    name = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    for (const Node tool : tools.children()) {
        if (ascii::equals_ignoring_case(tool["toolSpecification"]["name"].text(), name))
            return tool["toolSpecification"];
    }
    return {};
}

/// What was said before the conversation, and by the user now: instructions stand in either.
bool is_told(Node root, std::string_view words) {
    const Node state = root["conversationState"];
    for (const Node turn : {state["history"].at(0), state["currentMessage"]}) {
        if (turn["userInputMessage"]["content"].text().find(words) != std::string_view::npos) return true;
    }
    return false;
}

/// The tool that the gateway insists on: named, or the first there is.
Node required_tool(Node root, Node tools) {
    if (is_told(root, "You must call one of")) return tools.at(0)["toolSpecification"];
    for (const Node tool : tools.children()) {
        const Node spec = tool["toolSpecification"];
        if (is_told(root, "You must call the tool " + std::string(spec["name"].text()) + " in your"))
            return spec;
    }
    return {};
}

/// The JSON value at the start of a text; empty when its brackets do not close.
std::string_view leading_json(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (--depth == 0) return text.substr(0, i + 1);
        }
    }
    return {};
}

/// The document that the gateway asks for instead of talk; empty when it does not.
std::string wanted_json(Node root) {
    constexpr std::string_view schema_mark = "valid against this JSON Schema:\n";
    if (!is_told(root, "exactly one JSON document")) return {};
    const Node state = root["conversationState"];
    for (const Node turn : {state["history"].at(0), state["currentMessage"]}) {
        const std::string_view text = turn["userInputMessage"]["content"].text();
        const auto at = text.find(schema_mark);
        if (at == std::string_view::npos || !text.substr(at + schema_mark.size()).starts_with('{')) continue;
        const auto schema =
            json::Document::parse(std::string(leading_json(text.substr(at + schema_mark.size()))));
        if (schema) return sample_arguments(schema->root());
    }
    return "{}";
}

std::string summary_of(Node results) {
    std::string out =
        results.size() == 1 ? "The tool answered" : std::to_string(results.size()) + " tools answered";
    std::size_t shown = 0;
    for (const Node result : results.children()) {
        if (++shown > 4) break;
        const Node item = result["content"].at(0);
        const std::string_view text = item["text"].is_string() ? item["text"].text() : item["json"].raw();
        out += result["status"].text() == "error" ? "\n- an error: " : "\n- ";
        out += ascii::utf8_prefix(ascii::trim(text), kQuoteBytesMax);
    }
    return out + "\n\nThis is the kirogate demo, so that is all I make of it.";
}

void append_argument(json::Writer& writer, Node schema, std::size_t depth);

void append_arguments(json::Writer& writer, Node schema, std::size_t depth) {
    writer.begin_object();
    for (const Node name : schema["required"].children()) {
        if (!name.is_string()) continue;
        writer.key(name.text());
        append_argument(writer, schema["properties"][name.text()], depth + 1);
    }
    writer.end_object();
}

void append_argument(json::Writer& writer, Node schema, std::size_t depth) {
    if (schema["default"]) return void(writer.raw(schema["default"].raw()));
    if (schema["enum"].size() > 0) return void(writer.raw(schema["enum"].at(0).raw()));
    const Node declared = schema["type"];
    const std::string_view type = declared.is_array() ? declared.at(0).text() : declared.text();
    if (type == "integer" || type == "number") {
        const Node minimum = schema["minimum"];
        writer.raw(minimum.as_double() ? minimum.raw() : std::string_view("1"));
    } else if (type == "boolean") {
        writer.boolean(true);
    } else if (type == "array") {
        writer.begin_array().end_array();
    } else if (type == "object") {
        depth < kArgumentDepthMax ? append_arguments(writer, schema, depth)
                                  : void(writer.begin_object().end_object());
    } else if (type == "null") {
        writer.null();
    } else {
        writer.string("demo");
    }
}

/// Collects the frames and counts what they say.
class Composer {
  public:
    Composer(Node root, const DemoAnswerOptions& options)
        : root_(root),
          options_(options),
          user_(root["conversationState"]["currentMessage"]["userInputMessage"]) {}

    DemoAnswer compose() {
        const Node context = user_["userInputMessageContext"];
        const Node results = context["toolResults"];
        Node tool = required_tool(root_, context["tools"]);
        if (!tool && results.size() == 0) tool = wanted_tool(user_["content"].text(), context["tools"]);
        const std::string document = tool ? std::string() : wanted_json(root_);
        think();
        if (!document.empty()) {
            say(document);
        } else if (results.size() > 0 && !tool) {
            say(summary_of(results));
        } else if (tool) {
            say("I will use the tool " + std::string(tool["name"].text()) + ".");
            call(tool);
        } else {
            say("Hello! This is the kirogate demo speaking, not a real model. You said: \"" +
                std::string(last_words(user_["content"].text())) + "\"");
        }
        return finish(tool ? "TOOL_USE" : "END_TURN");
    }

  private:
    void think() {
        const Thinking thinking = thinking_of(root_);
        if (thinking == Thinking::none) return;
        const std::string thought = "The user wrote something. I am a demo, so a friendly quotation will do.";
        said_ += thought.size();
        if (thinking == Thinking::tags) return say("<thinking>\n" + thought + "</thinking>\n\n");
        if (thinking == Thinking::native)
            script_.thinking_in_fragments(thought, kFragmentBytes, options_.pace);
        script_.pause(options_.pace)
            .signature(signature_of(thinking == Thinking::native ? thought : std::string()));
    }

    void say(std::string_view text) {
        said_ += text.size();
        script_.text_in_fragments(text, kFragmentBytes, options_.pace);
    }

    void call(Node tool) {
        const std::string arguments = sample_arguments(tool["inputSchema"]["json"]);
        const std::string_view name = tool["name"].text();
        said_ += arguments.size() + name.size();
        script_.pause(options_.pace).tool_open(options_.tool_use_id, name);
        if (arguments != "{}") {
            for (const std::string_view part : fragments(arguments, kFragmentBytes)) {
                script_.pause(options_.pace).tool_input(options_.tool_use_id, name, part);
            }
        }
        script_.tool_close(options_.tool_use_id, name);
    }

    DemoAnswer finish(std::string_view stop_reason) {
        const Node model = ModelList::built_in().find(model_of(root_));
        const auto input = static_cast<std::int64_t>(root_.raw().size() / 4 + 1);
        const auto output = static_cast<std::int64_t>(said_ / 4 + 1);
        const double share = 100.0 * static_cast<double>(input + output) /
                             static_cast<double>(ModelList::context_tokens(model));
        DemoAnswer answer;
        answer.credits = 0.01 * ModelList::rate(model);
        if (options_.tail) script_.tail({input, output, 0, 0}, stop_reason, share, answer.credits);
        answer.frames = script_.take();
        return answer;
    }

    Node root_;
    const DemoAnswerOptions& options_;
    Node user_;
    FrameScript script_;
    std::size_t said_ = 0;
};

}  // namespace

std::string sample_arguments(Node schema) {
    std::string out;
    json::Writer writer(out);
    append_arguments(writer, schema, 0);
    return out;
}

DemoAnswer demo_answer(Node root, const DemoAnswerOptions& options) {
    return Composer(root, options).compose();
}

}  // namespace kg::demo
