#include "cmd/http_call.hpp"

#include <csignal>
#include <optional>

#include "core/fetch/curl_fetcher.hpp"
#include "core/loop/loop.hpp"
#include "core/loop/signal.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kBodyMaxBytes = 64u << 20;

class Call final : public fetch::Handler {
  public:
    Call(loop::Loop& loop, UniqueFunction<void(std::string_view)> on_body_bytes)
        : loop_(loop), on_bytes_(std::move(on_body_bytes)) {}
    void on_head(const fetch::Head& head) override {
        answer.status = head.status;
        answer.headers = head.headers;
    }
    Flow on_body(std::string_view bytes) override {
        if (on_bytes_ && answer.status == 200)
            on_bytes_(bytes);
        else if (answer.body.size() + bytes.size() <= kBodyMaxBytes)
            answer.body += bytes;
        return Flow::more;
    }
    void on_done() override { loop_.stop(); }
    void on_failure(const fetch::Failure& failure) override {
        error = Error{.kind = ErrorKind::upstream_failed,
                      .message = "the gateway could not be reached or cut the answer",
                      .detail = failure.detail};
        loop_.stop();
    }
    HttpAnswer answer;
    std::optional<Error> error;

  private:
    loop::Loop& loop_;
    UniqueFunction<void(std::string_view)> on_bytes_;
};

}  // namespace

Result<HttpAnswer> http_call(fetch::Request request, UniqueFunction<void(std::string_view)> on_body) {
    loop::Loop loop;
    fetch::CurlFetcher fetcher(loop);
    Call call(loop, std::move(on_body));
    loop::Signal interrupt(loop, SIGINT, [&] {
        call.error = Error{.kind = ErrorKind::cancelled, .message = "interrupted"};
        loop.stop();
    });
    {
        const auto fetch = fetcher.start(std::move(request), call);
        loop.run();
    }
    if (call.error) return Err(std::move(*call.error));
    return std::move(call.answer);
}

Result<HttpAnswer> http_get(const std::string& url, const std::string& key) {
    using namespace std::chrono_literals;
    fetch::Request request;
    request.url = url;
    request.connect_timeout = 2s;
    request.first_byte_timeout = request.total_timeout = 10s;
    if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
    return http_call(std::move(request));
}

std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

}  // namespace kg::cmd
