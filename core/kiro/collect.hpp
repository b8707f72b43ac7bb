#pragma once

#include <cstddef>
#include <memory>

#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/http/message.hpp"

namespace kg::kiro {

/// One small exchange: starts a request and hands over the whole answer, or why there is none.
/// Destroying cancels; otherwise `done` runs exactly once, on the loop, and may destroy the
/// Collect.
class Collect final : private fetch::Handler {
  public:
    using Answer = Result<http::Response, fetch::Failure>;
    using Done = UniqueFunction<void(Answer)>;

    Collect(fetch::Fetcher& fetcher, fetch::Request request, std::size_t body_max_bytes, Done done);
    Collect(const Collect&) = delete;
    Collect& operator=(const Collect&) = delete;
    ~Collect() = default;

  private:
    void on_head(const fetch::Head& head) override;
    Flow on_body(std::string_view bytes) override;
    void on_done() override;
    void on_failure(const fetch::Failure& failure) override;
    void finish(Answer answer);

    const std::size_t body_max_bytes_;
    http::Response response_;
    Done done_;
    std::unique_ptr<fetch::Fetch> fetch_;
};

}  // namespace kg::kiro
