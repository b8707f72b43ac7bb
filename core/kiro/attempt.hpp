#pragma once

#include <memory>
#include <string>

#include "core/base/flow.hpp"
#include "core/chat/event.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"
#include "core/kiro/request_encoder.hpp"

namespace kg::kiro {

/// Receives one try, on the fetcher's loop: on_event*, then exactly one of on_done and on_failure.
/// MessageEnd is the last event before on_done. The owner may destroy the Attempt inside any call.
class AttemptHandler {
  public:
    virtual Flow on_event(const chat::StreamEvent& event) = 0;
    virtual void on_batch() = 0;
    virtual void on_done() = 0;
    virtual void on_failure(Failure failure) = 0;

  protected:
    ~AttemptHandler() = default;
};

struct AttemptInput {
    EncodedRequest* request;  // must outlive the attempt
    Caller caller;
    Generation generation = Generation::runtime;
    std::string invocation_id;
    unsigned attempt_number = 1;
    bool strict_tail = false;  // a missing tail means truncation (4.6)
};

/// One try with one account at one endpoint: fetch, decode frames, decode events. Destroying
/// cancels the transfer. Tool calls are delivered when complete; an open call at the end of the
/// stream is dropped and the stop reason is max_tokens, or a failure when nothing else was said
/// (4.4); MessageEnd or the failure then names the tool.
class Attempt final : private fetch::Handler {
  public:
    Attempt(fetch::Fetcher& fetcher, const UpstreamOptions& options, AttemptInput input,
            AttemptHandler& handler);
    ~Attempt();
    void resume();

  private:
    Flow on_body(std::string_view bytes) override;
    void on_head(const fetch::Head& head) override;
    void on_batch() override;
    void on_done() override;
    void on_failure(const fetch::Failure& failure) override;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::kiro
