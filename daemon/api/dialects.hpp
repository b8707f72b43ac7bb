#pragma once

#include <memory>

#include "core/chat/dialect.hpp"

namespace kg::api {

/// Every client API of the gateway. Made once, then read-only: shared by all workers.
struct Dialects {
    Dialects();

    std::unique_ptr<const chat::Dialect> openai, anthropic;
};

}  // namespace kg::api
