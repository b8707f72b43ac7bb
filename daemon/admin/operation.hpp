#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/unique_function.hpp"
#include "core/json/document.hpp"
#include "core/loop/wakeup.hpp"
#include "core/store/store.hpp"
#include "daemon/admin/failure.hpp"
#include "daemon/admin/guard.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::admin {

class Office;

/// One authorised request, as its operation sees it: owned by whoever runs it, bound to no loop.
struct Call {
    Office& office;
    Caller caller{};
    IpAddress ip{};
    std::string address{}, agent{}, request_id{};
    std::string id{};  // the {id} of the path, decoded
    std::string query{};
    std::string if_match{};
    bool secure = false;  // came over TLS, as a trusted proxy says
    loop::Wakeup::Door door{};
    std::optional<json::Document> document{};  // of the body; nothing: it was empty
    std::string text{};                        // the body as it came, where Body::text is asked for
    std::vector<store::AuditEntry> audit{};    // written once the operation has succeeded

    json::Node body() const { return document ? document->root() : json::Node(); }
    /// Whether what is named by `etag` may be changed: If-Match is absent, "*", or says so (seed I6).
    bool expects(std::string_view etag) const {
        return if_match.empty() || if_match == "*" || if_match == etag;
    }
    /// For the audit log; `detail` is a JSON object without secrets.
    void did(std::string action, std::string target, std::string detail = "{}");
};

/// An answer that goes on: owned by the handler, destroyed when the client leaves.
class LiveAnswer {
  public:
    virtual ~LiveAnswer() = default;
    virtual void on_drained() = 0;
};

enum class Right : std::uint8_t {
    open,    // anybody; who shows a credential may be told more
    look,    // read-only tokens too
    change,  // everybody else who may come in
};

// The ways to answer: at once from what is in memory; on the office's thread, with the stores; later,
// from any thread, by calling `done` once; or as a stream.
using Answer = Reply (*)(Call&);
using Work = Reply (*)(Call&, store::Stores&);
using Done = UniqueFunction<void(std::unique_ptr<Call>, Reply)>;
using Begin = void (*)(std::unique_ptr<Call>, Done done);
using Live = Result<std::unique_ptr<LiveAnswer>, Failure> (*)(Call&, httpd::Exchange&);

/// How an operation takes its body.
enum class Body : std::uint8_t { json, text };

struct Operation {
    http::Method method;
    std::string_view path;  // segments, of which one may be "{id}"
    Right right;
    std::variant<Answer, Work, Begin, Live> verb;
    Body body = Body::json;
};

/// Every route of the admin API. The handler authorises by this table and nothing else, the tests
/// and the OpenAPI document walk it.
std::span<const Operation> operations();

struct Match {
    const Operation* operation = nullptr;
    std::string id;     // decoded
    std::string allow;  // no operation: the methods of that path, "" when there is no such path
};
Match match(http::Method method, std::string_view path);

}  // namespace kg::admin
