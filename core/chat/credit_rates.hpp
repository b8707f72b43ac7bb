#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/chat/event.hpp"

namespace kg::chat {

/// What the tokens of each model have cost lately. Upstream tells the credits of an answer at its
/// very end: one that was cut short before (a stop sequence, a token limit, a client that left) is
/// charged by this, or a key could use up any account for nothing. Shared by all loops: one mutex,
/// held for nanoseconds.
class CreditRates {
  public:
    /// Of a whole answer, as upstream told it.
    void observe(std::string_view model, const FinalUsage& usage);
    /// Credits for tokens like these; 0 while nothing is known of the model.
    double estimate(std::string_view model, const FinalUsage& usage) const;

  private:
    struct Sum {  // over the answers lately; large ones say more than small ones
        double credits = 0, weight = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Sum, std::less<>> models_;  // at most kModelsMax
};

}  // namespace kg::chat
