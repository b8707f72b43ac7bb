#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kg::chat {

struct Request;

/// What the client has begun to say for the model: the text of a last turn that is the assistant's, without
/// the white space at its end; empty for other conversations.
std::string prefill_of(const Request& request);

/// The client of a prefill expects what follows it and puts the two together, but a model that is asked to
/// go on often says the beginning again. An answer that begins with all of the prefill loses that; any
/// other answer is left as it is. Pure, incremental; holds back at most the prefill.
class PrefillEcho {
  public:
    explicit PrefillEcho(std::string prefill) : prefill_(std::move(prefill)) {}
    /// What can be shown now; valid until the next call.
    std::string_view push(std::string_view text);
    /// What was held back, at the end of the text or before a tool call.
    std::string_view finish();
    bool settled() const { return settled_; }

  private:
    std::string prefill_, held_;
    bool settled_ = false;
};

}  // namespace kg::chat
