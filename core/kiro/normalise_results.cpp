#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/digest.hpp"
#include "core/kiro/normalise.hpp"
#include "core/kiro/result_text.hpp"

namespace kg::kiro {
namespace {

bool is_safe_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
    });
}

/// Wire ids: the client's own where it is safe and new, else derived from it, so that the next
/// request of the conversation repeats the same prefix.
class IdMint {
  public:
    IdMint(Conversation& conversation, std::size_t calls) : conversation_(conversation) {
        used_.reserve(calls);
    }

    std::string_view wire_id(std::string_view id, unsigned occurrence) {
        if (is_safe_id(id) && used_.insert(id).second) return id;
        for (;; ++occurrence) {
            std::string seed(id);
            if (occurrence > 0) seed += '#' + std::to_string(occurrence);
            std::string minted = "tooluse_" + sha256_hex(seed).substr(0, 40);
            if (used_.contains(minted)) continue;
            const std::string_view kept = conversation_.keep(std::move(minted));
            used_.insert(kept);
            return kept;
        }
    }

  private:
    Conversation& conversation_;
    std::unordered_set<std::string_view> used_;
};

/// Matches results with calls while walking the turns in order.
class Pairing {
  public:
    explicit Pairing(Conversation& conversation)
        : conversation_(conversation), calls_(count_calls()), mint_(conversation, calls_) {
        slots_.reserve(calls_);
        by_id_.reserve(calls_);
    }

    void run() {
        auto& turns = conversation_.turns;
        if (turns.back().from_assistant && !turns.back().calls.empty()) turns.push_back(Turn{});
        for (std::size_t i = 0; i < turns.size(); ++i) {
            if (turns[i].from_assistant) {
                if (!turns[i].calls.empty()) open_calls(turns[i], turns[i + 1]);
            } else {
                place_results(turns[i]);
            }
        }
        for (const Slot& slot : slots_) {
            if (slot.answer->result) continue;
            conversation_.warn("a tool call without a result was reported to the model as failed");
            break;
        }
    }

  private:
    static constexpr std::uint32_t kNone = 0xffffffffu;
    struct Slot {
        Answer* answer;
        std::uint32_t below;  // the next older open slot of the same id
    };
    struct Known {
        std::uint32_t open = kNone;  // top of the stack of unanswered slots
        const Turn* last_turn = nullptr;
        unsigned uses = 0;
    };

    std::size_t count_calls() const {
        std::size_t n = 0;
        for (const Turn& turn : conversation_.turns) n += turn.calls.size();
        return n;
    }

    void open_calls(Turn& turn, Turn& next) {
        auto& calls = turn.calls;
        // One id twice in one message is one call said twice.
        const auto said_before = [&](const Call& call) {
            return std::exchange(by_id_[call.use->id].last_turn, &turn) == &turn;
        };
        const auto kept = std::remove_if(calls.begin(), calls.end(), said_before);
        if (kept != calls.end()) {
            calls.erase(kept, calls.end());
            conversation_.warn("a repeated tool call was dropped");
        }
        next.answers.resize(calls.size());
        for (std::size_t k = 0; k < calls.size(); ++k) {
            Known& entry = by_id_[calls[k].use->id];
            calls[k].wire_id = mint_.wire_id(calls[k].use->id, entry.uses++);
            next.answers[k].wire_id = calls[k].wire_id;
            slots_.push_back(Slot{&next.answers[k], entry.open});
            entry.open = static_cast<std::uint32_t>(slots_.size() - 1);
        }
    }

    void place_results(Turn& turn) {
        if (turn.results.empty()) return;
        std::vector<SharedText> orphans;
        for (const chat::ToolResult* result : turn.results) {
            const auto found = by_id_.find(result->tool_use_id);
            if (found == by_id_.end()) {
                orphans.push_back(conversation_.keep(result_as_text(*result)));
                for (const auto& item : result->content)
                    if (const auto* image = std::get_if<chat::Image>(&item)) turn.images.push_back(image);
                conversation_.warn("a tool result without a call was sent as text");
            } else if (found->second.open == kNone) {
                conversation_.warn("a repeated tool result was dropped");
            } else {
                const Slot& slot = slots_[found->second.open];
                slot.answer->result = result;
                found->second.open = slot.below;
            }
        }
        turn.results.clear();
        turn.texts.insert(turn.texts.begin(), orphans.begin(), orphans.end());
    }

    Conversation& conversation_;
    std::size_t calls_;
    IdMint mint_;
    std::vector<Slot> slots_;
    std::unordered_map<std::string_view, Known> by_id_;
};

}  // namespace

void pair_results(Conversation& conversation) {
    Pairing(conversation).run();
}

void lift_images(Conversation& conversation) {
    for (Turn& turn : conversation.turns) {
        std::vector<const chat::Image*> lifted;
        for (const Answer& answer : turn.answers) {
            if (!answer.result) continue;
            for (const auto& item : answer.result->content)
                if (const auto* image = std::get_if<chat::Image>(&item)) lifted.push_back(image);
        }
        turn.images.insert(turn.images.begin(), lifted.begin(), lifted.end());
    }
}

void flatten_tool_history(Conversation& conversation) {
    bool any = false;
    for (Turn& turn : conversation.turns) {
        std::vector<SharedText> results;
        for (const chat::ToolResult* result : turn.results) {
            results.push_back(conversation.keep(result_as_text(*result)));
            for (const auto& item : result->content)
                if (const auto* image = std::get_if<chat::Image>(&item)) turn.images.push_back(image);
        }
        turn.texts.insert(turn.texts.begin(), results.begin(), results.end());
        for (const Call& call : turn.calls) turn.texts.push_back(conversation.keep(call_as_text(*call.use)));
        any = any || !turn.calls.empty() || !turn.results.empty();
        turn.results.clear();
        turn.calls.clear();
    }
    if (any)
        conversation.warn("tool calls and results of the history were sent as text, as no tool is offered");
}

}  // namespace kg::kiro
