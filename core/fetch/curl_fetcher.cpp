#include "core/fetch/curl_fetcher.hpp"

#include "core/fetch/engine.hpp"

namespace kg::fetch {

namespace {

/// The front: `transfer` is cleared by the engine when the transfer ends.
template <class Engine>
class CurlFetch final : public Fetch {
  public:
    CurlFetch(Engine& engine, Request request, Handler& handler)
        : engine_(engine), transfer_(&engine.start(std::move(request), handler, &transfer_)) {}
    CurlFetch(const CurlFetch&) = delete;
    CurlFetch& operator=(const CurlFetch&) = delete;
    ~CurlFetch() override {
        if (transfer_ != nullptr) engine_.cancel(*transfer_);
    }

    void resume() override {
        if (transfer_ != nullptr) engine_.resume(*transfer_);
    }

  private:
    Engine& engine_;
    Transfer* transfer_;
};

}  // namespace

CurlFetcher::CurlFetcher(loop::Loop& loop, CurlFetcherOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}

CurlFetcher::~CurlFetcher() = default;

std::unique_ptr<Fetch> CurlFetcher::start(Request request, Handler& handler) {
    return std::make_unique<CurlFetch<Impl>>(*impl_, std::move(request), handler);
}

std::size_t CurlFetcher::active() const {
    return impl_->active();
}

}  // namespace kg::fetch
