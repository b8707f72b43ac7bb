#pragma once

#include <cstdint>

#include "core/chat/request.hpp"

namespace kg::gateway {

struct JobReport;

/// The answer to one request, however many conversations with upstream it takes.
/// Lifecycle: construct; start() (which may already end it); resume() after a pause; destroy, which
/// cancels, or abandon() before it, which also finishes the report. Lives on the service's loop.
class Job {
  public:
    virtual ~Job() = default;
    virtual void start() = 0;
    virtual void resume() = 0;
    /// Cancels without a word to the sink; the report then holds what was used. Nothing after the end.
    virtual void abandon() = 0;
    virtual const JobReport& report() const = 0;
    virtual const chat::Request& request() const = 0;
    /// Tokens of the prompt as it is sent, by the calibrated local estimate.
    virtual std::uint64_t estimated_prompt_tokens() const = 0;
};

}  // namespace kg::gateway
