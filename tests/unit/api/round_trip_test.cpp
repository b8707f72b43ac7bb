// Any canonical conversation, written as a client of each API writes it, is read back as it was.
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/anthropic/dialect.hpp"
#include "core/openai/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;
using Json = nlohmann::json;

namespace {

/// What every API can say: turns in alternation; a user turn is either results or text and pictures, an
/// assistant turn thinks, speaks and calls, in this order.
class RandomConversation {
  public:
    explicit RandomConversation(unsigned seed) : random_(seed) {}

    chat::Request make() {
        chat::Request out;
        out.model = "claude-sonnet-4-5";
        if (one_in(2)) out.system = words();
        for (unsigned i = 0, n = below(4); i < n; ++i)
            out.tools.push_back({"tool_" + std::to_string(i), words(),
                                 RawJson::trusted(Json({{"type", "object"}, {"title", words()}}).dump())});
        if (!out.tools.empty()) {
            out.tool_choice.mode = static_cast<chat::ToolChoice::Mode>(below(4));
            if (out.tool_choice.mode == chat::ToolChoice::Mode::named) out.tool_choice.name = "tool_0";
            out.tool_choice.disable_parallel = one_in(3);
        }
        for (unsigned turn = 0, n = 1 + 2 * below(5); turn < n; ++turn)
            turn % 2 == 0 ? add_user(out) : add_assistant(out);
        return out;
    }

  private:
    unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }
    bool one_in(unsigned n) { return below(n) == 0; }
    std::string words() {
        static const std::vector<std::string> all{
            "plain",        "\"quoted\"",           "line\nbreak", "tab\t",
            "\u00e9\u4e2d", "\xF0\x9F\x98\x80",     "{\"a\":1}",   "\\",
            "<tag>",        std::string("nul\0", 4)};
        std::string out = all[below(static_cast<unsigned>(all.size()))];
        for (unsigned n = below(4); n > 0; --n) out += " " + all[below(static_cast<unsigned>(all.size()))];
        return out;
    }
    chat::Image image() {
        return {one_in(2) ? "png" : "jpeg", SharedText(std::string(one_in(2) ? "iVBORw0KGgo=" : "AAAA"))};
    }

    void add_user(chat::Request& out) {
        auto& message = out.messages.emplace_back();
        if (!open_calls_.empty()) {
            for (const auto& id : open_calls_) {
                chat::ToolResult result{id, {}, false};
                for (unsigned n = below(3); n > 0; --n) result.content.emplace_back(chat::Text{words()});
                message.parts.emplace_back(std::move(result));
            }
            open_calls_.clear();
            return;
        }
        message.parts.emplace_back(chat::Text{words()});
        for (unsigned n = below(3); n > 0; --n) {
            if (one_in(2))
                message.parts.emplace_back(image());
            else
                message.parts.emplace_back(chat::Text{words()});
        }
    }

    void add_assistant(chat::Request& out) {
        auto& message = out.messages.emplace_back();
        message.role = chat::Role::assistant;
        if (one_in(3)) message.parts.emplace_back(chat::Thinking{words(), "c2ln", false});
        const unsigned calls = below(3);
        if (calls == 0 || one_in(2)) message.parts.emplace_back(chat::Text{words()});
        for (unsigned i = 0; i < calls; ++i) {
            open_calls_.push_back("call_" + std::to_string(ids_++));
            message.parts.emplace_back(chat::ToolUse{open_calls_.back(), "tool_" + std::to_string(below(3)),
                                                     RawJson::trusted(Json({{"x", words()}}).dump())});
        }
    }

    std::mt19937 random_;
    std::vector<std::string> open_calls_;
    unsigned ids_ = 0;
};

std::string text(const SharedText& value) {
    return value.str();
}
Json parsed(const RawJson& value) {
    return Json::parse(value.text());
}
std::string data_uri(const chat::Image& image) {
    return "data:image/" + image.format + ";base64," + image.base64.str();
}

/// Both of OpenAI's APIs write contents as parts with names of their own.
Json openai_parts(const chat::Message& message, bool responses) {
    Json out = Json::array();
    for (const auto& part : message.parts) {
        if (const auto* words = std::get_if<chat::Text>(&part)) {
            out.push_back({{"type", responses ? "input_text" : "text"}, {"text", text(words->text)}});
        } else if (const auto* image = std::get_if<chat::Image>(&part)) {
            if (responses)
                out.push_back({{"type", "input_image"}, {"image_url", data_uri(*image)}});
            else
                out.push_back({{"type", "image_url"}, {"image_url", {{"url", data_uri(*image)}}}});
        }
    }
    return out;
}
Json result_texts(const chat::ToolResult& result, const char* type) {
    Json out = Json::array();
    for (const auto& item : result.content)
        out.push_back({{"type", type}, {"text", text(std::get<chat::Text>(item).text)}});
    return out;
}

Json as_openai(const chat::Request& request) {
    Json messages = Json::array();
    if (!request.system.empty()) messages.push_back({{"role", "system"}, {"content", request.system}});
    for (const auto& message : request.messages) {
        if (message.role == chat::Role::user && !std::holds_alternative<chat::ToolResult>(message.parts[0])) {
            messages.push_back({{"role", "user"}, {"content", openai_parts(message, false)}});
            continue;
        }
        Json turn = {{"role", "assistant"}, {"content", nullptr}};
        for (const auto& part : message.parts) {
            if (const auto* result = std::get_if<chat::ToolResult>(&part))
                messages.push_back({{"role", "tool"},
                                    {"tool_call_id", text(result->tool_use_id)},
                                    {"content", result_texts(*result, "text")}});
            else if (const auto* thinking = std::get_if<chat::Thinking>(&part))
                turn["reasoning_content"] = text(thinking->text);
            else if (const auto* words = std::get_if<chat::Text>(&part))
                turn["content"] = text(words->text);
            else if (const auto* call = std::get_if<chat::ToolUse>(&part))
                turn["tool_calls"].push_back(
                    {{"id", text(call->id)},
                     {"type", "function"},
                     {"function", {{"name", text(call->name)}, {"arguments", call->input.text()}}}});
        }
        if (message.role == chat::Role::assistant) messages.push_back(std::move(turn));
    }
    Json out = {{"model", request.model}, {"messages", std::move(messages)}};
    for (const auto& tool : request.tools)
        out["tools"].push_back({{"type", "function"},
                                {"function",
                                 {{"name", text(tool.name)},
                                  {"description", text(tool.description)},
                                  {"parameters", parsed(tool.schema)}}}});
    static const char* const words[] = {"auto", "none", "required"};
    const auto mode = static_cast<unsigned>(request.tool_choice.mode);
    if (mode < 3)
        out["tool_choice"] = words[mode];
    else
        out["tool_choice"] = {{"type", "function"}, {"function", {{"name", request.tool_choice.name}}}};
    out["parallel_tool_calls"] = !request.tool_choice.disable_parallel;
    return out;
}

Json as_responses(const chat::Request& request) {
    Json input = Json::array();
    for (const auto& message : request.messages) {
        if (message.role == chat::Role::user && !std::holds_alternative<chat::ToolResult>(message.parts[0])) {
            input.push_back({{"role", "user"}, {"content", openai_parts(message, true)}});
            continue;
        }
        for (const auto& part : message.parts) {
            if (const auto* result = std::get_if<chat::ToolResult>(&part))
                input.push_back({{"type", "function_call_output"},
                                 {"call_id", text(result->tool_use_id)},
                                 {"output", result_texts(*result, "input_text")}});
            else if (const auto* thinking = std::get_if<chat::Thinking>(&part))
                input.push_back(
                    {{"type", "reasoning"},
                     {"summary", Json::array()},
                     {"encrypted_content", responses::seal_thinking(test::readable_seal(), *thinking)}});
            else if (const auto* words = std::get_if<chat::Text>(&part))
                input.push_back({{"type", "message"}, {"role", "assistant"}, {"content", text(words->text)}});
            else if (const auto* call = std::get_if<chat::ToolUse>(&part))
                input.push_back({{"type", "function_call"},
                                 {"call_id", text(call->id)},
                                 {"name", text(call->name)},
                                 {"arguments", call->input.text()}});
        }
    }
    Json out = {{"model", request.model}, {"input", std::move(input)}};
    if (!request.system.empty()) out["instructions"] = request.system;
    for (const auto& tool : request.tools)
        out["tools"].push_back({{"type", "function"},
                                {"name", text(tool.name)},
                                {"description", text(tool.description)},
                                {"parameters", parsed(tool.schema)}});
    static const char* const words[] = {"auto", "none", "required"};
    const auto mode = static_cast<unsigned>(request.tool_choice.mode);
    if (mode < 3)
        out["tool_choice"] = words[mode];
    else
        out["tool_choice"] = {{"type", "function"}, {"name", request.tool_choice.name}};
    out["parallel_tool_calls"] = !request.tool_choice.disable_parallel;
    return out;
}

Json as_anthropic(const chat::Request& request) {
    Json messages = Json::array();
    for (const auto& message : request.messages) {
        Json blocks = Json::array();
        for (const auto& part : message.parts) {
            if (const auto* result = std::get_if<chat::ToolResult>(&part))
                blocks.push_back({{"type", "tool_result"},
                                  {"tool_use_id", text(result->tool_use_id)},
                                  {"content", result_texts(*result, "text")}});
            else if (const auto* thinking = std::get_if<chat::Thinking>(&part))
                blocks.push_back({{"type", "thinking"},
                                  {"thinking", text(thinking->text)},
                                  {"signature", text(thinking->signature)}});
            else if (const auto* words = std::get_if<chat::Text>(&part))
                blocks.push_back({{"type", "text"}, {"text", text(words->text)}});
            else if (const auto* image = std::get_if<chat::Image>(&part))
                blocks.push_back({{"type", "image"},
                                  {"source",
                                   {{"type", "base64"},
                                    {"media_type", "image/" + image->format},
                                    {"data", text(image->base64)}}}});
            else if (const auto* call = std::get_if<chat::ToolUse>(&part))
                blocks.push_back({{"type", "tool_use"},
                                  {"id", text(call->id)},
                                  {"name", text(call->name)},
                                  {"input", parsed(call->input)}});
        }
        messages.push_back({{"role", message.role == chat::Role::user ? "user" : "assistant"},
                            {"content", std::move(blocks)}});
    }
    Json out = {{"model", request.model}, {"max_tokens", 1000}, {"messages", std::move(messages)}};
    if (!request.system.empty()) out["system"] = request.system;
    for (const auto& tool : request.tools)
        out["tools"].push_back({{"name", text(tool.name)},
                                {"description", text(tool.description)},
                                {"input_schema", parsed(tool.schema)}});
    static const char* const words[] = {"auto", "none", "any", "tool"};
    out["tool_choice"] = {{"type", words[static_cast<unsigned>(request.tool_choice.mode)]},
                          {"disable_parallel_tool_use", request.tool_choice.disable_parallel}};
    if (!request.tool_choice.name.empty()) out["tool_choice"]["name"] = request.tool_choice.name;
    return out;
}

/// A conversation as one JSON, for comparison. Only Anthropic's API carries the signature of thinking in the
/// open; OpenAI's chat has no place for it at all.
Json canonical(const chat::Request& request, bool signatures) {
    Json out = {{"model", request.model}, {"system", request.system}};
    for (const auto& message : request.messages) {
        Json parts = Json::array();
        for (const auto& part : message.parts) {
            if (const auto* result = std::get_if<chat::ToolResult>(&part))
                parts.push_back({"result", text(result->tool_use_id), result_texts(*result, "t")});
            else if (const auto* thinking = std::get_if<chat::Thinking>(&part))
                parts.push_back(
                    {"thinking", text(thinking->text), signatures ? text(thinking->signature) : ""});
            else if (const auto* words = std::get_if<chat::Text>(&part))
                parts.push_back({"text", text(words->text)});
            else if (const auto* image = std::get_if<chat::Image>(&part))
                parts.push_back({"image", image->format, text(image->base64)});
            else if (const auto* call = std::get_if<chat::ToolUse>(&part))
                parts.push_back({"call", text(call->id), text(call->name), parsed(call->input)});
        }
        out["messages"].push_back({static_cast<int>(message.role), std::move(parts)});
    }
    for (const auto& tool : request.tools)
        out["tools"].push_back({text(tool.name), text(tool.description), parsed(tool.schema)});
    out["choice"] = {static_cast<int>(request.tool_choice.mode), request.tool_choice.name,
                     request.tool_choice.disable_parallel};
    return out;
}

chat::Request read_back(const chat::Dialect& dialect, const Json& body) {
    auto document = kg::json::Document::parse(body.dump());
    REQUIRE(document);
    auto request = dialect.decode(*document, {});
    INFO(body.dump());
    REQUIRE(request);
    return std::move(*request);
}

}  // namespace

TEST_CASE("any conversation that every API can say is read back from each of them as it was") {
    const auto openai = openai::make_dialect();
    const auto responses = test::responses_dialect();
    const auto anthropic = anthropic::make_dialect();
    for (unsigned seed = 1; seed <= 300; ++seed) {
        const auto request = RandomConversation(seed).make();
        INFO("seed " << seed);
        CHECK(canonical(read_back(*openai, as_openai(request)), false) == canonical(request, false));
        CHECK(canonical(read_back(*responses, as_responses(request)), true) == canonical(request, true));
        CHECK(canonical(read_back(*anthropic, as_anthropic(request)), true) == canonical(request, true));
    }
}
