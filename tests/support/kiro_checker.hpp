#pragma once

#include <cctype>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kg::test {

/// Reads a Kiro request body as the service's validator would and lists what it would refuse
/// (kiro-upstream 2.8; each entry starts with the rule's number). Written from the rules alone.
class KiroChecker {
  public:
    using Json = nlohmann::json;

    static std::vector<std::string> violations(const std::string& body) {
        KiroChecker checker;
        checker.check_body(body);
        return checker.found_;
    }

  private:
    void report(const char* rule, const std::string& what) {
        found_.push_back(std::string(rule) + ": " + what);
    }

    void check_body(const std::string& body) {
        const Json root = Json::parse(body, nullptr, false);
        if (root.is_discarded()) return report("JSON", "the body is not JSON in UTF-8");
        only_keys(root, {"conversationState", "profileArn", "additionalModelRequestFields"}, "root");
        if (root.contains("profileArn") && (!root["profileArn"].is_string() || root["profileArn"] == ""))
            report("2.1", "profileArn is not a text");
        if (root.contains("additionalModelRequestFields") &&
            (!root["additionalModelRequestFields"].is_object() ||
             root["additionalModelRequestFields"].empty()))
            report("2.1", "additionalModelRequestFields is empty");
        if (!root.contains("conversationState")) return report("2.1", "no conversationState");
        const Json& state = root["conversationState"];
        only_keys(state,
                  {"chatTriggerType", "conversationId", "agentContinuationId", "agentTaskType", "history",
                   "currentMessage"},
                  "conversationState");
        if (state.value("chatTriggerType", "") != "MANUAL") report("2.2", "chatTriggerType");
        if (!state.contains("currentMessage")) return report("2.2", "no currentMessage");
        if (state.contains("history") && (!state["history"].is_array() || state["history"].empty()))
            report("2.2", "history is empty");
        std::vector<Json> messages;
        if (state.contains("history"))
            for (const Json& message : state["history"]) messages.push_back(message);
        if (messages.size() > 10'000) report("C18", "more than 10000 history messages");
        messages.push_back(state["currentMessage"]);
        check_order(messages);
        for (std::size_t i = 0; i < messages.size(); ++i)
            check_message(messages[i], i + 1 == messages.size(), i);
        check_tool_traffic(messages);
        check_declared(messages);
        if (images_ > 10) report("C17", "more than 10 images");
    }

    void check_order(const std::vector<Json>& messages) {
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const Json& message = messages[i];
            if (!message.is_object() || message.size() != 1) {
                report("2.2", "a message is not an object with one key");
                continue;
            }
            const bool user = message.contains("userInputMessage");
            if (!user && !message.contains("assistantResponseMessage"))
                report("2.2", "unknown message " + message.dump());
            if (i == 0 && !user) report("C1", "the first message is the assistant's");
            if (i + 1 == messages.size() && !user) report("C1", "the last message is the assistant's");
            if (i > 0 && user == messages[i - 1].contains("userInputMessage"))
                report("C2", "roles do not alternate at " + std::to_string(i));
        }
    }

    void check_message(const Json& message, bool current, std::size_t index) {
        const std::string at = " in message " + std::to_string(index);
        if (message.contains("userInputMessage")) return check_user(message["userInputMessage"], current, at);
        if (message.contains("assistantResponseMessage"))
            check_assistant(message["assistantResponseMessage"], at);
    }

    void check_user(const Json& user, bool current, const std::string& at) {
        only_keys(user, {"content", "modelId", "origin", "images", "userInputMessageContext"},
                  "userInputMessage");
        for (const char* key : {"modelId", "origin"})
            if (!user.contains(key) || !user[key].is_string() || user[key] == "") report("2.3", key + at);
        const Json context = user.value("userInputMessageContext", Json());
        if (user.contains("userInputMessageContext") && (!context.is_object() || context.empty()))
            report("2.4", "empty context" + at);
        const bool has_results = context.is_object() && context.contains("toolResults");
        if (!user.contains("content") || !user["content"].is_string()) {
            report("2.3", "content is not a string" + at);
        } else if (!has_results && blank(user["content"].get<std::string>())) {
            report("C3", "empty user content" + at);
        }
        if (has_results) {
            if (!context["toolResults"].is_array() || context["toolResults"].empty())
                report("2.4", "toolResults is empty" + at);
            for (const Json& result : context["toolResults"]) check_result(result, at);
        }
        if (context.is_object() && context.contains("tools")) {
            if (!current) report("2.4", "tools on a history message" + at);
            if (!context["tools"].is_array() || context["tools"].empty())
                report("2.4", "tools is empty" + at);
            for (const Json& tool : context["tools"]) check_tool(tool);
        }
        if (user.contains("images")) {
            if (!user["images"].is_array() || user["images"].empty()) report("2.3", "images is empty" + at);
            for (const Json& image : user["images"]) check_image(image, at);
        }
    }

    void check_image(const Json& image, const std::string& at) {
        static const std::set<std::string> formats{"png", "jpeg", "gif", "webp"};
        ++images_;
        if (!formats.count(image.value("format", ""))) report("C17", "image format" + at);
        if (!image.contains("source") || image["source"].value("bytes", "").empty())
            report("C17", "image bytes" + at);
        else if (image["source"]["bytes"].get<std::string>().rfind("data:", 0) == 0)
            report("C17", "data: prefix" + at);
    }

    void check_result(const Json& result, const std::string& at) {
        const std::string status = result.value("status", "");
        if (status != "success" && status != "error") report("2.4", "result status" + at);
        if (!result.contains("content") || !result["content"].is_array() || result["content"].empty())
            return report("2.4", "result content" + at);
        for (const Json& item : result["content"]) {
            if (!item.is_object() || item.size() != 1 || !(item.contains("text") || item.contains("json")))
                report("2.4", "result item" + at);
            else if (item.contains("text") && characters(item["text"].get<std::string>()) > 800'000)
                report("C18", "result over 800000 characters" + at);
        }
    }

    void check_assistant(const Json& assistant, const std::string& at) {
        only_keys(assistant, {"content", "toolUses", "reasoningContent"}, "assistantResponseMessage");
        const bool calls = assistant.contains("toolUses");
        if (calls && (!assistant["toolUses"].is_array() || assistant["toolUses"].empty()))
            report("2.5", "toolUses is empty" + at);
        if (!assistant.contains("content") || !assistant["content"].is_string())
            report("2.5", "content is not a string" + at);
        else if (!calls && blank(assistant["content"].get<std::string>()))
            report("2.5", "empty assistant content" + at);
        if (calls)
            for (const Json& use : assistant["toolUses"]) {
                if (!use.contains("input") || !use["input"].is_object())
                    report("2.5", "input is not an object" + at);
                check_name(use.value("name", ""));
            }
        if (assistant.contains("reasoningContent")) {
            const Json& reasoning = assistant["reasoningContent"];
            const bool text = reasoning.contains("reasoningText") &&
                              reasoning["reasoningText"].value("signature", "") != "" &&
                              reasoning["reasoningText"].contains("text");
            if (reasoning.size() != 1 || (!text && reasoning.value("redactedContent", "").empty()))
                report("2.6", "reasoningContent" + at);
        }
    }

    /// C4-C7 over the whole conversation.
    void check_tool_traffic(const std::vector<Json>& messages) {
        std::set<std::string> seen;
        std::vector<std::string> open;
        for (const Json& message : messages) {
            if (message.contains("assistantResponseMessage")) {
                open.clear();
                for (const Json& use : message["assistantResponseMessage"].value("toolUses", Json::array())) {
                    const std::string id = use.value("toolUseId", "");
                    if (!safe(id, 64)) report("C7", "id " + id);
                    if (!seen.insert(id).second) report("C6", "id used twice: " + id);
                    open.push_back(id);
                }
                continue;
            }
            std::vector<std::string> answered;
            const Json context = message.value("userInputMessage", Json::object())
                                     .value("userInputMessageContext", Json::object());
            for (const Json& result : context.value("toolResults", Json::array()))
                answered.push_back(result.value("toolUseId", ""));
            const std::set<std::string> calls(open.begin(), open.end()),
                results(answered.begin(), answered.end());
            for (const std::string& id : calls)
                if (!results.count(id)) report("C4", "no result for " + id);
            for (const std::string& id : results)
                if (!calls.count(id)) report("C5", "no call for " + id);
            if (results.size() != answered.size()) report("C5", "a result twice");
            if (calls == results && open != answered)
                report("26", "results are not in the order of the calls");
            open.clear();
        }
    }

    void check_declared(const std::vector<Json>& messages) {
        const Json context = messages.back()
                                 .value("userInputMessage", Json::object())
                                 .value("userInputMessageContext", Json::object());
        std::set<std::string> declared;
        for (const Json& tool : context.value("tools", Json::array())) {
            const std::string name = tool.value("toolSpecification", Json::object()).value("name", "");
            if (!declared.insert(lower(name)).second && exact_.count(name))
                report("C8", "tool declared twice: " + name);
            exact_.insert(name);
        }
        for (const Json& message : messages) {
            for (const Json& use :
                 message.value("assistantResponseMessage", Json::object()).value("toolUses", Json::array()))
                if (!declared.count(lower(use.value("name", ""))))
                    report("C9", "not declared: " + use.value("name", ""));
            const Json of = message.value("userInputMessage", Json::object())
                                .value("userInputMessageContext", Json::object());
            if (of.contains("toolResults") && declared.empty()) report("C23", "results without tools");
        }
    }

    void check_tool(const Json& tool) {
        if (!tool.contains("toolSpecification")) return report("2.4", "no toolSpecification");
        const Json& spec = tool["toolSpecification"];
        check_name(spec.value("name", ""));
        const std::string description = spec.value("description", "");
        if (blank(description)) report("C10", "empty description");
        if (description.size() > 10'000) report("C11", "description over 10000 bytes");
        const Json schema = spec.value("inputSchema", Json::object()).value("json", Json());
        if (!schema.is_object() || schema.value("type", Json()) != "object")
            report("C12", "schema root is not an object");
        for (const char* key : {"anyOf", "oneOf", "allOf", "$ref"})
            if (schema.is_object() && schema.contains(key))
                report("C12", std::string("schema root with ") + key);
        check_schema(schema, true);
    }

    /// `as_schema` is false inside a map from names to schemas.
    void check_schema(const Json& node, bool as_schema) {
        if (!node.is_object()) return;
        for (const auto& [key, value] : node.items()) {
            if (!as_schema) {
                if (!value.is_object() && !value.is_boolean()) report("C13", key + " is not a schema");
                check_schema(value, true);
                continue;
            }
            if (key == "$schema" || key == "$id") report("C14", key);
            if (key == "required" && (!value.is_array() || value.empty()))
                report(value.is_null() ? "C13" : "C14", "required");
            const bool map =
                key == "properties" || key == "$defs" || key == "definitions" || key == "patternProperties";
            if (map && !value.is_object()) report("C13", key);
            if (key == "default" || key == "enum" || key == "const" || key == "examples" || key == "example")
                continue;
            if (value.is_null()) report("C13", key + " is null");
            if (value.is_array() && key != "required" && key != "type")
                for (const Json& item : value) check_schema(item, true);
            if (value.is_object()) check_schema(value, !map);
        }
    }

    void check_name(const std::string& name) {
        if (!safe(name, 64) || !std::isalpha(static_cast<unsigned char>(name[0])))
            report("C8", "tool name " + name);
    }

    void only_keys(const Json& object, const std::set<std::string>& allowed, const char* where) {
        if (!object.is_object()) return report("2", std::string(where) + " is not an object");
        for (const auto& [key, value] : object.items())
            if (!allowed.count(key)) report("2", std::string(where) + " has " + key);
    }

    static bool safe(const std::string& text, std::size_t max) {
        if (text.empty() || text.size() > max) return false;
        for (const unsigned char c : text)
            if (c > 127 || (!std::isalnum(c) && c != '_' && c != '-')) return false;
        return true;
    }
    static bool blank(const std::string& text) {
        for (const unsigned char c : text)
            if (!std::isspace(c)) return false;
        return true;
    }
    static std::string lower(std::string text) {
        for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return text;
    }
    static std::size_t characters(const std::string& text) {
        std::size_t n = 0;
        for (const unsigned char c : text) n += (c & 0xC0) != 0x80 ? 1 : 0;
        return n;
    }

    std::vector<std::string> found_;
    std::set<std::string> exact_;
    std::size_t images_ = 0;
};

inline std::string join_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

}  // namespace kg::test
