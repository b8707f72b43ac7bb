#include "core/files/remote_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/http/url.hpp"

namespace kg::files {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kRedirectsMax = 4;
constexpr std::size_t kUrlBytesMax = 4'000;
constexpr auto kPorts = std::to_array<std::uint16_t>({80, 443, 8080, 8443});

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u <= 0x20 || u >= 0x7f || c == '\\';
    });
}

/// "https://host:port" of an address.
std::string origin_of(std::string_view url) {
    const auto start = url.find("://");
    const auto end = start == std::string_view::npos ? url.size() : url.find_first_of("/?#", start + 3);
    return std::string(url.substr(0, end));
}

}  // namespace

std::string_view address_fault(std::string_view url) {
    if (url.size() > kUrlBytesMax) return "the address is too long";
    if (has_control(url)) return "the address holds characters that must be percent-encoded";
    const auto parts = http::parse_url(url.substr(0, url.find('#')));
    if (!parts) return "expected an http or https address without user information";
    if (std::ranges::find(kPorts, parts->port) == kPorts.end())
        return "only the ports 80, 443, 8080 and 8443 are fetched from";
    return {};
}

std::string redirect_target(std::string_view base, std::string_view location) {
    location = location.substr(0, location.find('#'));
    if (location.empty()) return {};
    const auto scheme_end = location.find("://");
    if (scheme_end != std::string_view::npos && scheme_end < location.find_first_of("/?"))
        return std::string(location);
    if (location.starts_with("//")) return std::string(base.substr(0, base.find(':') + 1)).append(location);
    const std::string origin = origin_of(base);
    if (location.starts_with('/')) return origin + std::string(location);
    auto path = base.substr(origin.size());
    path = path.substr(0, path.find_first_of("?#"));
    if (location.starts_with('?'))
        return origin + std::string(path.empty() ? "/" : path) + std::string(location);
    const auto folder = path.rfind('/');
    return origin + std::string(folder == std::string_view::npos ? "/" : path.substr(0, folder + 1)) +
           std::string(location);
}

RemoteFile::RemoteFile(fetch::Fetcher& fetcher, const Clock& clock, std::string url, Limits limits, Done done)
    : fetcher_(fetcher),
      clock_(clock),
      url_(std::move(url)),
      limits_(limits),
      end_(clock.steady() + limits.time_max),
      done_(std::move(done)) {
    ask();
}

void RemoteFile::ask() {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - clock_.steady());
    fetch::Request request;
    request.url = url_.substr(0, url_.find('#'));
    request.headers = {"accept: image/*, application/pdf, text/*;q=0.8, */*;q=0.5", "user-agent: kirogate"};
    // No time is left: the shortest that there is.
    request.total_timeout = std::max(left, milliseconds(1));
    request.connect_timeout = request.first_byte_timeout = request.idle_timeout = request.total_timeout;
    bytes_.clear();
    fetch_ = fetcher_.start(std::move(request), *this);
}

/// What else an answer says than where to go, or the file, is not waited for.
void RemoteFile::on_head(const fetch::Head& head) {
    if (is_redirect(head.status)) {
        const std::string location(head.headers.get("location"));
        if (!location.empty()) return follow(location);
    }
    if (head.status != 200) return finish(Err("its server answered " + std::to_string(head.status)));
    std::uint64_t length = 0;
    const auto text = ascii::trim(head.headers.get("content-length"));
    const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
    if (read.ec == std::errc() && length > limits_.bytes_max)
        finish(Err("it is larger than " + std::to_string(limits_.bytes_max) + " bytes"));
}

void RemoteFile::follow(std::string_view location) {
    if (++redirects_ > kRedirectsMax) return finish(Err(std::string("it is redirected too often")));
    std::string next = redirect_target(url_, location);
    const bool downgrade = url_.starts_with("https:") && !next.starts_with("https:");
    if (next.empty() || downgrade || !address_fault(next).empty())
        return finish(Err(std::string("it is redirected to an address that is not fetched")));
    url_ = std::move(next);
    ask();
}

Flow RemoteFile::on_body(std::string_view bytes) {
    if (bytes.size() > limits_.bytes_max - bytes_.size()) {
        finish(Err("it is larger than " + std::to_string(limits_.bytes_max) + " bytes"));
        return Flow::more;
    }
    bytes_ += bytes;
    return Flow::more;
}

void RemoteFile::on_done() {
    finish(std::move(bytes_));
}

void RemoteFile::on_failure(const fetch::Failure& failure) {
    using enum fetch::FailureKind;
    const bool late = failure.kind == first_byte_timeout || failure.kind == idle_timeout ||
                      failure.kind == total_timeout || failure.kind == connect_timeout;
    // One sentence for names that do not exist, machines that do not answer and those that may not be
    // asked: what stands behind the gateway is nobody's business.
    finish(Err(std::string(late ? "its server took too long" : "no public server answered at its address")));
}

void RemoteFile::finish(Answer answer) {
    fetch_.reset();
    Done done = std::move(done_);
    if (done) done(std::move(answer));  // may destroy this
}

}  // namespace kg::files
