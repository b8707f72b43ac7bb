#pragma once

#include <string>
#include <string_view>

#include "core/chat/dialect.hpp"
#include "core/responses/storage.hpp"

namespace kg::responses {

/// How an answer stands; `items` is the inside of the output array.
struct Outcome {
    std::string_view status;             // "in_progress", "completed", "incomplete" or "failed"
    std::string_view incomplete_reason;  // with "incomplete"
    const Error* error = nullptr;        // with "failed"
    std::string_view items;
    const chat::FinalUsage* usage = nullptr;
};
/// The outcome of an answer that came to its end.
Outcome ended(chat::StopReason reason, const chat::FinalUsage& usage, std::string_view items);

/// The `response` of client-apis 7.4, which also repeats what was asked. Made once per answer; a
/// stream tells it three times.
class ResponseObject {
  public:
    ResponseObject(const chat::Request& request, const chat::AnswerContext& context, Storage storage);
    void append(std::string& out, const Outcome& outcome) const;
    std::size_t size_bytes() const { return asked_.size() + tools_.size(); }

  private:
    std::string head_;   // up to the value of status
    std::string asked_;  // instructions ... up to the items
    std::string tools_;  // behind the items up to the value of usage
    std::string tail_;   // behind it
};

}  // namespace kg::responses
