#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/chat/request.hpp"

namespace kg::compress {

struct MadeSummary {
    std::string text;
    double credits = 0;
};

/// Asks a model, on the loop. `done` is called once and never inside summarise(); it may destroy the
/// call. Destroying the call cancels.
class Summarizer {
  public:
    class Call {
      public:
        virtual ~Call() = default;
    };
    using Done = UniqueFunction<void(Result<MadeSummary>)>;
    virtual ~Summarizer() = default;
    virtual std::unique_ptr<Call> summarise(chat::Request request, Done done) = 0;
};

}  // namespace kg::compress
