#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"

namespace kg::files {

/// Why an address may not be fetched, or nothing: http or https, a host, one of the usual ports, no user
/// information. Whether it leads to a public machine is for the fetcher to see, when it has resolved it.
std::string_view address_fault(std::string_view url);
/// Where a redirect from `base` leads; empty when that is no address.
std::string redirect_target(std::string_view base, std::string_view location);

/// One file from the web. Each redirect is judged like the first address; none leads from https to http.
/// Destroying cancels; otherwise `done` runs exactly once, on the loop, with the bytes or a sentence for
/// the client, and may destroy the object.
class RemoteFile final : private fetch::Handler {
  public:
    struct Limits {
        std::size_t bytes_max = 10u << 20;
        std::chrono::milliseconds time_max{15'000};
    };
    using Answer = Result<std::string, std::string>;
    using Done = UniqueFunction<void(Answer)>;

    /// `fetcher` reaches public addresses only.
    RemoteFile(fetch::Fetcher& fetcher, const Clock& clock, std::string url, Limits limits, Done done);
    RemoteFile(const RemoteFile&) = delete;
    RemoteFile& operator=(const RemoteFile&) = delete;
    ~RemoteFile() = default;

  private:
    void ask();
    void follow(std::string_view location);
    void on_head(const fetch::Head& head) override;
    Flow on_body(std::string_view bytes) override;
    void on_done() override;
    void on_failure(const fetch::Failure& failure) override;
    void finish(Answer answer);

    fetch::Fetcher& fetcher_;
    const Clock& clock_;
    std::string url_;
    const Limits limits_;
    const SteadyTime end_;
    Done done_;
    unsigned redirects_ = 0;
    std::string bytes_;
    std::unique_ptr<fetch::Fetch> fetch_;
};

}  // namespace kg::files
