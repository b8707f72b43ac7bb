#pragma once

#include "core/base/error.hpp"
#include "core/base/flow.hpp"
#include "core/chat/event.hpp"

namespace kg::chat {

/// Receives one answer, on the loop: on_event*, then exactly one of on_end and on_error.
/// The owner may destroy the sender inside any of these calls; nothing follows.
/// on_batch comes after the events of one socket read: the place to flush.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual Flow on_event(const StreamEvent& event) = 0;
    virtual void on_batch() {}
    virtual void on_end() = 0;
    virtual void on_error(Error error) = 0;
};

}  // namespace kg::chat
