#include "core/kiro/collect.hpp"

namespace kg::kiro {

Collect::Collect(fetch::Fetcher& fetcher, fetch::Request request, std::size_t body_max_bytes, Done done)
    : body_max_bytes_(body_max_bytes),
      done_(std::move(done)),
      fetch_(fetcher.start(std::move(request), *this)) {}

void Collect::on_head(const fetch::Head& head) {
    response_.status = head.status;
    response_.headers = head.headers;
}

Flow Collect::on_body(std::string_view bytes) {
    if (bytes.size() > body_max_bytes_ - response_.body.size()) {
        finish(Err(fetch::Failure{fetch::FailureKind::protocol, "the answer is larger than expected"}));
        return Flow::more;
    }
    response_.body += bytes;
    return Flow::more;
}

void Collect::on_done() {
    finish(std::move(response_));
}

void Collect::on_failure(const fetch::Failure& failure) {
    finish(Err(failure));
}

void Collect::finish(Answer answer) {
    fetch_.reset();
    Done done = std::move(done_);
    done(std::move(answer));  // may destroy this
}

}  // namespace kg::kiro
