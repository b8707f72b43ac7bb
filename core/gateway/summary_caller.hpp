#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/compress/summarizer.hpp"
#include "core/gateway/chat_service.hpp"

namespace kg::gateway {

/// On whose behalf a summary is made: it may use what its client may use, and is charged to it.
struct SummaryClient {
    std::string key_id;
    std::string tenant_scope;
    Secret tenant_refresh_token;
    std::vector<std::string> allowed_accounts, allowed_groups;
};

/// Makes summaries by requests like any other: the same pool and failover, counted among the
/// requests in progress, one record each (dialect "summary"), cancelled with the request they are
/// for (seed G9). They are never compressed themselves.
class SummaryCaller final : public compress::Summarizer {
  public:
    /// `spent` is told the credits of each call, also of a failed one.
    SummaryCaller(ChatService& service, SummaryClient client, std::function<void(double)> spent);

    std::unique_ptr<Call> summarise(chat::Request request, Done done) override;

  private:
    class SummaryCall;
    ChatService& service_;
    const SummaryClient client_;
    const std::function<void(double)> spent_;
};

}  // namespace kg::gateway
