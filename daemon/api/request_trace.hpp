#pragma once

#include <string>
#include <string_view>

#include "core/chat/request.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/store/records.hpp"
#include "core/store/rules.hpp"
#include "daemon/api/context.hpp"

namespace kg::api {

/// The one record of one request, written once at its end: to the store, the log and the counters.
class RequestTrace {
  public:
    RequestTrace(Context& context, httpd::Exchange& exchange, std::string_view dialect);

    void set_key(std::string key_id) { record_.key_id = std::move(key_id); }
    void set_request(const chat::Request& request);
    void take(const gateway::JobReport& report);
    /// `error` is empty when all went well; `detail` goes to the log alone.
    void close(int status, std::string_view error, std::string_view detail = {});
    bool closed() const { return closed_; }
    /// As the last take() reported.
    double credits() const { return record_.credits; }
    std::int64_t tokens() const { return store::tokens_of(record_); }

  private:
    Context& context_;
    store::RequestRecord record_;
    SteadyTime started_;
    bool closed_ = false;
};

}  // namespace kg::api
