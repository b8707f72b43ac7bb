#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/chat/event.hpp"
#include "core/chat/request.hpp"
#include "core/schema/validator.hpp"

namespace kg::gateway {

/// What a request demands of its answer and upstream cannot be made to keep (client-apis 4.4, 4.6, 6.1):
/// a call, no call, calls of some tools only, one JSON document. Told of the answer as it arrives, it says
/// what may pass and, once all of it is there, what is missing.
///
/// Calls arrive complete, so none waits. Text waits only where it may prove not to be the answer: until
/// the required call has come, and all of it where it is to be JSON, because a document can miss what the
/// schema requires until its last byte, and a fence or a sentence around it is not known for one before.
/// A text beside tools that are merely limited passes at once. Thinking is never held. Lives on the job's
/// loop.
class AnswerCheck {
  public:
    static constexpr std::size_t kHeldMax = 4u << 20;    // bytes of text that wait; more is a failed answer
    static constexpr std::size_t kQuoteMax = 64u << 10;  // bytes of a text that passed, kept for the repair

    /// Whether the request demands anything that has to be checked.
    static bool wanted(const chat::Request& request);
    /// `request` must outlive the check. Fails when its schema cannot be used.
    static Result<AnswerCheck> make(const chat::Request& request);

    /// The answer begins again: another attempt, or the repair round.
    void restart();

    /// A call is complete: whether it may reach the client.
    bool take_call(std::string_view tool);
    /// Takes a piece of text: true when it is held, false when it is to pass.
    bool hold(std::string_view text);
    bool too_much() const { return held_.size() > kHeldMax; }
    /// What was held and belongs to the answer, once: of JSON the document alone, and beside calls no
    /// other text.
    std::string release();

    /// How the answer falls short of what was demanded.
    struct Fault {
        std::string complaint;   // to the model, a sentence or two
        std::string sentence;    // to the client: "...: the model called no tool"
        std::string param;       // the field that is not honoured
        std::string code;        // for the family that has codes
        bool tolerable = false;  // told with a warning when it remains
    };
    /// Of the whole answer, which ended for `reason`. Whatever a limit or a refusal ended is told as it is.
    std::optional<Fault> judge(chat::StopReason reason) const;

    /// What the model said so far, held or not, for the repair round.
    const std::string& said() const { return holds() ? held_ : quote_; }
    bool holds() const { return request_.json_only || (requires_call() && !called_); }

  private:
    AnswerCheck(const chat::Request& request, std::optional<schema::Validator> validator)
        : request_(request), validator_(std::move(validator)) {}
    bool requires_call() const;
    std::optional<Fault> judge_calls() const;
    std::optional<Fault> judge_document() const;
    bool allows(std::string_view tool) const;
    std::string names() const;

    const chat::Request& request_;
    std::optional<schema::Validator> validator_;  // of the JSON that is demanded, when it has a schema
    std::string held_;
    std::string quote_;
    bool called_ = false;  // an allowed call has come
    bool said_text_ = false;
    std::vector<std::string> refused_;  // names of calls that were withheld, each once, at most 8
};

}  // namespace kg::gateway
