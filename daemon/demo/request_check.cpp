#include "daemon/demo/request_check.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/base/digest.hpp"
#include "daemon/demo/model_list.hpp"
#include "daemon/demo/replies.hpp"
#include "daemon/demo/tool_check.hpp"

namespace kg::demo {
namespace {

using json::Node;

constexpr std::size_t kImagesMax = 10;
constexpr std::size_t kImageBytesMax = 10u << 20;
constexpr std::size_t kHistoryMax = 10'000;

bool is_tool_use_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
    });
}

/// The rules over a whole conversation, message by message.
class ChatCheck {
  public:
    explicit ChatCheck(const Scenario& scenario) : scenario_(scenario) {}

    std::optional<Violation> run(Node root) {
        const Node state = root["conversationState"];
        if (!state.is_object()) return malformed("conversationState");
        if (state["chatTriggerType"].text() != "MANUAL") return malformed("chatTriggerType");
        const Node current = state["currentMessage"];
        if (!current["userInputMessage"].is_object()) return malformed("C1");
        if (const Node history = state["history"]; history) {
            if (!history.is_array() || history.size() == 0) return malformed("history");
            if (history.size() > kHistoryMax) return malformed("C18");
        }
        const Node model = ModelList::built_in().find(model_of(root));
        if (!model) return Violation{refuse(Refusal::invalid_model), "modelId"};
        if (auto why = fields_violation(root["additionalModelRequestFields"], model))
            return Violation{refuse_fields(*why), *why};
        for (const Node message : state["history"].children()) {
            if (!check_message(message)) return std::move(found_);
        }
        // C1: the history must end with the assistant, or the current message breaks alternation.
        if (!check_message(current) || !check_declared(current) || !check_size(root, model))
            return std::move(found_);
        return std::nullopt;
    }

  private:
    static Violation malformed(std::string why) {
        return {refuse(Refusal::improperly_formed), std::move(why)};
    }
    bool fail(std::string why) {
        found_ = malformed(std::move(why));
        return false;
    }
    bool fail(Refusal refusal, std::string why) {
        found_ = Violation{refuse(refusal), std::move(why)};
        return false;
    }

    bool check_message(Node message) {
        if (!message.is_object() || message.size() != 1) return fail("2.2");
        const Node user = message["userInputMessage"];
        const Node assistant = message["assistantResponseMessage"];
        if (!user.is_object() && !assistant.is_object()) return fail("2.2");
        const bool from_user = user.is_object();
        if (messages_++ == 0 && !from_user) return fail("C1");
        if (messages_ > 1 && from_user == last_from_user_) return fail("C2");
        last_from_user_ = from_user;
        return from_user ? check_user(user) : check_assistant(assistant);
    }

    bool check_user(Node user) {
        const Node context = user["userInputMessageContext"];
        const Node results = context["toolResults"];
        if (!user["content"].is_string()) return fail("2.3");
        if (results.size() == 0 && ascii::is_blank(user["content"].text())) return fail("C3");
        std::unordered_set<std::string_view> answered;
        for (const Node result : results.children()) {
            const std::string_view id = result["toolUseId"].text();
            if (!is_tool_use_id(id)) return fail(Refusal::bad_tool_use, "C7");
            if (!answered.insert(id).second) return fail("C5");
            if (std::find(calls_.begin(), calls_.end(), id) == calls_.end()) return fail("C5");
            if (!result["content"].is_array() || result["content"].size() == 0) return fail("2.4");
            const std::string_view status = result["status"].text();
            if (status != "success" && status != "error") return fail("2.4");
        }
        if (answered.size() != calls_.size()) return fail("C4");
        calls_.clear();
        has_results_ = has_results_ || !answered.empty();
        return check_images(user["images"]);
    }

    bool check_images(Node images) {
        for (const Node image : images.children()) {
            const std::string_view format = image["format"].text();
            const std::string_view bytes = image["source"]["bytes"].text();
            if (format != "png" && format != "jpeg" && format != "gif" && format != "webp")
                return fail("C17");
            if (bytes.empty() || bytes.size() / 4 * 3 > kImageBytesMax || !base64_valid(bytes))
                return fail("C17");
            if (++images_ > kImagesMax) return fail("C17");
            image_bytes_ += bytes.size();
        }
        return true;
    }

    bool check_assistant(Node assistant) {
        if (!assistant["content"].is_string()) return fail("2.5");
        const Node uses = assistant["toolUses"];
        if (uses && (!uses.is_array() || uses.size() == 0)) return fail("2.5");
        for (const Node use : uses.children()) {
            const std::string_view id = use["toolUseId"].text();
            if (!is_tool_use_id(id)) return fail(Refusal::bad_tool_use, "C7");
            if (!seen_ids_.insert(id).second) return fail("C6");
            if (!is_tool_name(use["name"].text())) return fail("C8");
            if (!use["input"].is_object()) return fail("2.5");
            calls_.push_back(id);
            used_names_.insert(ascii::to_lower(use["name"].text()));
        }
        return check_reasoning(assistant["reasoningContent"]);
    }

    bool check_reasoning(Node reasoning) {
        if (!scenario_.check_signatures || reasoning.is_null_or_missing()) return true;
        if (reasoning["redactedContent"].is_string()) return true;
        const Node text = reasoning["reasoningText"];
        if (text["signature"].text() == signature_of(text["text"].text())) return true;
        return fail(Refusal::bad_signature, "2.6");
    }

    bool check_declared(Node current) {
        const Node tools = current["userInputMessage"]["userInputMessageContext"]["tools"];
        if (const auto why = tools_violation(tools, scenario_.strict_schemas); !why.empty()) return fail(why);
        std::unordered_set<std::string> declared;
        for (const Node tool : tools.children())
            declared.insert(ascii::to_lower(tool["toolSpecification"]["name"].text()));
        for (const std::string& name : used_names_) {
            if (!declared.contains(name)) return fail("C9");
        }
        if (has_results_ && declared.empty()) return fail("C23");
        return true;
    }

    bool check_size(Node root, Node model) {
        const std::size_t window =
            scenario_.context_tokens != 0 ? scenario_.context_tokens : ModelList::context_tokens(model);
        const std::size_t bytes = root.raw().size();
        if ((bytes - std::min(bytes, image_bytes_)) / 4 <= window) return true;
        return fail(Refusal::too_long, "C20");
    }

    const Scenario& scenario_;
    std::optional<Violation> found_;
    std::size_t messages_ = 0, images_ = 0, image_bytes_ = 0;
    bool last_from_user_ = false, has_results_ = false;
    std::vector<std::string_view> calls_;  // of the assistant message just before
    std::unordered_set<std::string_view> seen_ids_;
    std::unordered_set<std::string> used_names_;
};

bool needs_profile(Node root) {
    if (root["profileArn"].is_string() && !root["profileArn"].text().empty()) return false;
    // Builder ID behind the command line's own origin is let in without (kiro-upstream 1.2).
    return root["conversationState"]["currentMessage"]["userInputMessage"]["origin"].text() != "KIRO_CLI";
}

}  // namespace

std::string_view model_of(Node root) {
    const std::string_view id =
        root["conversationState"]["currentMessage"]["userInputMessage"]["modelId"].text();
    return id.empty() ? std::string_view("auto") : id;
}

std::string signature_of(std::string_view thinking) {
    return base64_encode("kirogate-demo/" + sha256_hex(thinking));
}

std::optional<Violation> check_chat(Node root, const Scenario& scenario) {
    if (!root.is_object()) return Violation{refuse(Refusal::improperly_formed), "root"};
    if (scenario.require_profile && needs_profile(root))
        return Violation{refuse(Refusal::profile_required), "profileArn"};
    return ChatCheck(scenario).run(root);
}

}  // namespace kg::demo
