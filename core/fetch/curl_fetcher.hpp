#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/fetch/fetcher.hpp"
#include "core/loop/loop.hpp"

struct sockaddr;

namespace kg::fetch {

struct CurlFetcherOptions {
    std::size_t idle_connections_max = 2000;  // kept open for reuse
    std::size_t idle_handles_max = 256;       // pooled easy handles
    std::string ca_file;                      // for servers and proxies; "" = the system's
    bool http2 = true;                        // over TLS only, negotiated
    /// Asked about each address that a name was resolved to, before a connection to it is opened; null:
    /// all are admitted. Such a fetcher takes no proxies, which would ask for it.
    bool (*admits)(const sockaddr* address) noexcept = nullptr;
};

/// Fetcher on libcurl's multi interface, driven by the loop. Must outlive its Fetches,
/// and is not destroyed inside a handler's call.
class CurlFetcher final : public Fetcher {
  public:
    CurlFetcher(loop::Loop& loop, CurlFetcherOptions options = {});
    ~CurlFetcher() override;
    std::unique_ptr<Fetch> start(Request request, Handler& handler) override;
    /// Transfers in progress.
    std::size_t active() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::fetch
