#include "daemon/http/body_reader.hpp"

#include <algorithm>

namespace kg::httpd {
namespace {

// A length is only a claim: memory beyond this is taken as bytes really arrive.
constexpr std::uint64_t kReserveMaxBytes = 256u << 10;
// Room behind the body, so that a parser which reads in blocks need not move it.
constexpr std::size_t kSlackBytes = 64;

}  // namespace

Failure body_too_large(std::size_t max_bytes) {
    return {413,
            {ErrorKind::body_too_large,
             "The request body is larger than " + std::to_string(max_bytes) + " bytes."}};
}

void BodyReader::begin(const Framing& framing, std::size_t max_bytes) {
    kind_ = framing.body;
    remaining_ = framing.length;
    max_bytes_ = max_bytes;
    untouched_ = true;
    chunked_ = ChunkedDecoder{};
    inflater_ = framing.coding == Coding::identity ? nullptr : std::make_unique<Inflater>(framing.coding);
    body_ = std::string();
    if (kind_ == BodyKind::length && !inflater_) {
        body_.reserve(static_cast<std::size_t>(std::min(remaining_, kReserveMaxBytes)) + kSlackBytes);
    }
}

BodyReader::State BodyReader::fail(Failure failure) {
    failure_ = std::move(failure);
    inflater_.reset();
    body_ = std::string();
    return State::failed;
}

BodyReader::State BodyReader::feed(std::string_view& input) {
    untouched_ = untouched_ && input.empty();
    if (kind_ == BodyKind::chunked) return feed_chunked(input);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    const std::string_view piece = input.substr(0, count);
    input.remove_prefix(count);
    remaining_ -= count;
    if (add(piece) == State::failed) return State::failed;
    return remaining_ == 0 ? finish() : State::more;
}

BodyReader::State BodyReader::feed_chunked(std::string_view& input) {
    for (;;) {
        std::string_view piece;
        switch (chunked_.next(input, piece)) {
            case ChunkedDecoder::Step::more: return State::more;
            case ChunkedDecoder::Step::done: return finish();
            case ChunkedDecoder::Step::failed: return fail(bad_request("The chunked body is malformed."));
            case ChunkedDecoder::Step::data:
                if (add(piece) == State::failed) return State::failed;
                break;
        }
    }
}

BodyReader::State BodyReader::skip(std::string_view& input) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    input.remove_prefix(count);
    remaining_ -= count;
    return remaining_ == 0 ? State::done : State::more;
}

BodyReader::State BodyReader::add(std::string_view piece) {
    if (!inflater_) {
        if (piece.size() > max_bytes_ - body_.size()) return fail(body_too_large(max_bytes_));
        body_.append(piece);
        return State::more;
    }
    switch (inflater_->feed(piece, body_, max_bytes_)) {
        case Inflater::State::good: return State::more;
        case Inflater::State::too_large: return fail(body_too_large(max_bytes_));
        case Inflater::State::damaged: break;
    }
    return fail(bad_request("The compressed request body is damaged."));
}

BodyReader::State BodyReader::finish() {
    if (inflater_ && !inflater_->complete()) {
        return fail(bad_request("The compressed request body is cut short."));
    }
    inflater_.reset();
    return State::done;
}

std::string BodyReader::take() {
    return std::move(body_);
}

}  // namespace kg::httpd
