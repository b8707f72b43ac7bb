#pragma once

#include <cstdint>
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
    /// What each call has used, also a failed one.
    using Spent = std::function<void(double credits, std::int64_t tokens)>;
    SummaryCaller(ChatService& service, SummaryClient client, Spent spent);

    std::unique_ptr<Call> summarise(chat::Request request, Done done) override;

  private:
    class SummaryCall;
    ChatService& service_;
    const SummaryClient client_;
    const Spent spent_;
};

}  // namespace kg::gateway
