#include "core/compress/planner.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"
#include "core/chat/estimate.hpp"
#include "core/compress/trim.hpp"

namespace kg::compress {
namespace {

constexpr std::size_t kHeadMax = 4;          // a task statement that comes later is no beginning
constexpr std::uint64_t kMarkerTokens = 24;  // what a cut leaves behind
constexpr std::uint64_t kTextCapFirst = 32'000, kTextCapLast = 500;

std::uint64_t part_bytes(const chat::Part& part) {
    return std::visit(
        overloaded{[](const chat::Text& p) { return p.text.size(); },
                   [](const chat::Image& p) { return p.base64.size(); },
                   [](const chat::Thinking& p) { return p.text.size() + p.signature.size(); },
                   [](const chat::ToolUse& p) { return p.id.size() + p.name.size() + p.input.text().size(); },
                   [](const chat::ToolResult& p) {
                       std::size_t bytes = p.tool_use_id.size();
                       for (const auto& item : p.content) {
                           const auto* text = std::get_if<chat::Text>(&item);
                           bytes += text ? text->text.size() : std::get<chat::Image>(item).base64.size();
                       }
                       return bytes;
                   },
                   [](const chat::WebSearch& p) { return p.size_bytes(); }},
        part);
}

/// The texts of a part that may be cut; pictures never are.
Size cuttable(const chat::Part& part) {
    const auto of = [](const chat::Text& text) {
        return Size{chat::estimate_tokens(text.text), text.text.size()};
    };
    if (const auto* text = std::get_if<chat::Text>(&part)) return of(*text);
    Size size;
    if (const auto* result = std::get_if<chat::ToolResult>(&part)) {
        for (const auto& item : result->content)
            if (const auto* text = std::get_if<chat::Text>(&item)) size += of(*text);
    }
    return size;
}

bool says_something(const chat::Message& message) {
    return std::ranges::any_of(message.parts, [](const chat::Part& part) {
        const auto* text = std::get_if<chat::Text>(&part);
        return text && !ascii::is_blank(text->text);
    });
}

bool has_result(const chat::Message& message) {
    return std::ranges::any_of(
        message.parts, [](const chat::Part& part) { return std::holds_alternative<chat::ToolResult>(part); });
}

bool is_statement(const chat::Message& message) {
    return message.role == chat::Role::user && says_something(message) && !has_result(message);
}

/// What cutting the parts that `may_cut` selects to `cap` tokens saves.
template <class Selector>
Size savings(const chat::Message& message, std::uint64_t cap, Selector may_cut) {
    Size saved;
    for (const chat::Part& part : message.parts) {
        if (!may_cut(part)) continue;
        const Size size = cuttable(part);
        if (size.tokens <= cap + kMarkerTokens) continue;
        const std::uint64_t tokens = size.tokens - cap - kMarkerTokens;
        saved += {tokens, size.bytes / size.tokens * tokens};
    }
    return saved;
}

bool is_tool_result(const chat::Part& part) {
    return std::holds_alternative<chat::ToolResult>(part);
}
bool is_text(const chat::Part& part) {
    return std::holds_alternative<chat::Text>(part);
}
bool is_text_like(const chat::Part& part) {
    return is_tool_result(part) || is_text(part);
}

/// Whether a conversation may be cut before each message: no call on one side with its result on
/// the other.
std::vector<bool> safe_cuts(const std::vector<chat::Message>& messages) {
    std::vector<int> open(messages.size() + 2, 0);  // differences: pairs that span a cut
    std::map<std::string_view, std::size_t> calls;  // ids may be used again: the latest counts
    for (std::size_t i = 0; i < messages.size(); ++i) {
        for (const chat::Part& part : messages[i].parts) {
            if (const auto* use = std::get_if<chat::ToolUse>(&part)) calls[use->id] = i;
            const auto* result = std::get_if<chat::ToolResult>(&part);
            const auto call = result ? calls.find(result->tool_use_id) : calls.end();
            if (call == calls.end()) continue;
            ++open[call->second + 1];
            --open[i + 1];
        }
    }
    std::vector<bool> safe(messages.size() + 1);
    int spanning = 0;
    for (std::size_t i = 0; i <= messages.size(); ++i) {
        spanning += open[i];
        safe[i] = spanning == 0;
    }
    return safe;
}

class Planner {
  public:
    Planner(const chat::Request& request, const Budget& budget)
        : messages_(request.messages), budget_(budget) {
        plan_.latest_user = messages_.size();
        plan_.before = compress::size_of(request);
        plan_.task_cap = budget.task_tokens;
    }

    Plan make() && {
        plan_.after = plan_.before;
        if (plan_.before.fits(budget_.soft) || messages_.size() < 2) return std::move(plan_);
        weigh();
        find_fixed_points();
        const std::size_t old = messages_.size() - std::min(budget_.keep_messages, messages_.size());
        cap_results(old);
        while (!plan_.after.fits(budget_.soft) && take_chunk(old)) {
        }
        if (!plan_.after.fits(budget_.hard)) cap_results(messages_.size());
        while (!plan_.after.fits(budget_.hard) && take_chunk(messages_.size() - 1)) {
        }
        for (auto cap = kTextCapFirst; cap >= kTextCapLast && !plan_.after.fits(budget_.hard); cap /= 2)
            cap_texts(cap);
        return std::move(plan_);
    }

  private:
    void weigh() {
        full_.reserve(messages_.size());
        for (const chat::Message& message : messages_) full_.push_back(compress::size_of(message));
        now_ = full_;
    }

    void find_fixed_points() {
        safe_ = safe_cuts(messages_);
        const auto none = messages_.size();
        for (std::size_t i = none; i-- > 0 && plan_.latest_user == none;)
            if (is_statement(messages_[i])) plan_.latest_user = i;
        for (std::size_t i = none; i-- > 0 && plan_.latest_user == none;)
            if (messages_[i].role == chat::Role::user && says_something(messages_[i])) plan_.latest_user = i;
        for (std::size_t i = 0; i < std::min(kHeadMax, none) && plan_.head == 0; ++i)
            if (is_statement(messages_[i])) plan_.head = i + 1;
        if (!safe_[plan_.head]) plan_.head = 0;
        next_ = plan_.head;
        if (plan_.head == 0 || plan_.head > plan_.latest_user) return;
        Size said;
        for (const chat::Part& part : messages_[plan_.head - 1].parts) said += cuttable(part);
        plan_.cut_task = said.tokens > budget_.task_tokens + kMarkerTokens && safe_[plan_.head - 1];
        if (plan_.cut_task) --next_;
    }

    void set_now(std::size_t i, Size size) {
        plan_.after -= now_[i];
        plan_.after += size;
        now_[i] = size;
    }

    /// Takes the chunk that begins where the last one ended, if it is full before `limit`. Only the
    /// messages' own weight counts, so that the same beginning always gives the same chunks.
    bool take_chunk(std::size_t limit) {
        if (plan_.chunks.size() >= budget_.chunks_max) return false;
        std::uint64_t tokens = 0;
        for (std::size_t end = next_; end < limit;) {
            tokens += full_[end++].tokens;
            if (tokens < budget_.chunk_tokens || !safe_[end]) continue;
            add_chunk({.begin = next_, .end = end});
            next_ = end;
            return true;
        }
        return false;
    }

    void add_chunk(Chunk chunk) {
        std::uint64_t gain = 0;
        for (std::size_t i = chunk.begin; i < chunk.end; ++i) gain += now_[i].tokens - left_of(i).tokens;
        chunk.verbatim = gain <= budget_.summary_tokens;
        plan_.chunks.push_back(chunk);
        if (chunk.verbatim) return;
        for (std::size_t i = chunk.begin; i < chunk.end; ++i) set_now(i, left_of(i));
        plan_.after += {budget_.summary_tokens, 4 * budget_.summary_tokens};
    }

    /// What stays of a message beside the summary of its chunk.
    Size left_of(std::size_t i) const {
        Size left = now_[i];
        if (plan_.is_pinned(i, messages_[i])) {
            if (has_result(messages_[i])) left = compress::size_of(without_results(messages_[i]));
            return left;
        }
        if (!plan_.is_cut_task(i)) return {};
        return left -= savings(messages_[i], statement_cap(messages_[i], budget_.task_tokens), is_text);
    }

    void cap_results(std::size_t end) {
        for (std::size_t i = std::max(next_, plan_.result_cap_end); i < end; ++i) {
            const Size saved = savings(messages_[i], budget_.result_tokens, is_tool_result);
            if (saved.tokens == 0) continue;
            plan_.result_cap = budget_.result_tokens;
            Size size = full_[i];
            set_now(i, size -= saved);
        }
        plan_.result_cap_end = std::max(plan_.result_cap_end, end);
    }

    void cap_texts(std::uint64_t cap) {
        plan_.text_cap = cap;
        for (std::size_t i = 0; i < messages_.size(); ++i) {
            if (now_[i].tokens == 0 || plan_.is_cut_task(i)) continue;
            const Size saved = i == plan_.latest_user ? savings(messages_[i], cap, is_tool_result)
                                                      : savings(messages_[i], cap, is_text_like);
            Size size = full_[i];
            size -= saved;
            if (size.tokens < now_[i].tokens) set_now(i, size);
        }
    }

    const std::vector<chat::Message>& messages_;
    const Budget& budget_;
    Plan plan_;
    std::vector<Size> full_, now_;  // of each message: as it came, and as planned so far
    std::vector<bool> safe_;
    std::size_t next_ = 0;  // where the next chunk begins
};

}  // namespace

Size size_of(const chat::Message& message) {
    Size size{chat::estimate_message_tokens(message), 0};
    for (const chat::Part& part : message.parts) size.bytes += part_bytes(part);
    return size;
}

Size size_of(const chat::Request& request) {
    Size size{chat::estimate_prompt_tokens(request), request.system.size()};
    for (const chat::Message& message : request.messages)
        for (const chat::Part& part : message.parts) size.bytes += part_bytes(part);
    for (const chat::ToolSpec& tool : request.tools)
        size.bytes += tool.name.size() + tool.description.size() + tool.schema.text().size();
    return size;
}

Size size_at_most(const chat::Request& request) {
    constexpr std::uint64_t kBytesPerToken = 3;  // of the densest script
    constexpr std::uint64_t kPerItem = 12, kPerImage = 1'600;
    Size size{request.system.size() / kBytesPerToken + kPerItem, request.system.size()};
    const auto add = [&size](std::uint64_t bytes) { size += {bytes / kBytesPerToken + kPerItem, bytes}; };
    for (const chat::Message& message : request.messages) {
        size.tokens += kPerItem;
        for (const chat::Part& part : message.parts) {
            if (const auto* image = std::get_if<chat::Image>(&part)) {
                size += {kPerImage, image->base64.size()};
                continue;
            }
            add(part_bytes(part));
            if (const auto* result = std::get_if<chat::ToolResult>(&part))
                size.tokens += kPerImage * static_cast<std::uint64_t>(
                                               std::ranges::count_if(result->content, [](const auto& item) {
                                                   return std::holds_alternative<chat::Image>(item);
                                               }));
        }
    }
    for (const chat::ToolSpec& tool : request.tools)
        add(tool.name.size() + tool.description.size() + tool.schema.text().size());
    if (request.json_only) add(request.json_schema.text().size());
    return size;
}

bool Plan::is_pinned(std::size_t index, const chat::Message& message) const {
    return index == latest_user || message.role == chat::Role::system;
}

bool Plan::is_cut_task(std::size_t index) const {
    return cut_task && index + 1 == head;
}

Plan make_plan(const chat::Request& request, const Budget& budget) {
    return Planner(request, budget).make();
}

}  // namespace kg::compress
