#pragma once

#include <memory>

#include "core/base/seal.hpp"
#include "core/chat/dialect.hpp"

namespace kg::api {

/// Every client API of the gateway. Made once, then read-only: shared by all workers.
struct Dialects {
    /// `sealer` keeps what clients carry for us from being read or forged.
    explicit Dialects(const Sealer& sealer);

    std::unique_ptr<const chat::Dialect> openai, completions, responses, anthropic;
    /// The responses of a gateway that keeps them.
    std::unique_ptr<const chat::Dialect> kept_responses;
};

}  // namespace kg::api
