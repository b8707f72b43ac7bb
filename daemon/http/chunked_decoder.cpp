#include "daemon/http/chunked_decoder.hpp"

#include <algorithm>

namespace kg::httpd {
namespace {

constexpr std::uint8_t kDigitsMax = 15;  // no overflow possible
constexpr std::size_t kOverheadMaxBytes = 16u << 10;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool text_byte(char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view& input, std::string_view& piece) {
    while (!input.empty() && state_ != State::done) {
        if (state_ == State::data) return take_data(input, piece);
        const char c = input.front();
        input.remove_prefix(1);
        if (!step(c)) return Step::failed;
    }
    return state_ == State::done ? Step::done : Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::take_data(std::string_view& input, std::string_view& piece) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    piece = input.substr(0, count);
    input.remove_prefix(count);
    left_ -= count;
    if (left_ == 0) state_ = State::data_cr;
    return Step::data;
}

bool ChunkedDecoder::step(char c) {
    const auto expect = [&](char wanted, State next) {
        if (c != wanted) return false;
        state_ = next;
        return true;
    };
    switch (state_) {
        case State::size_start:
        case State::size: return step_size(c);
        case State::extension:
            if (c == '\r') return expect('\r', State::size_lf);
            return text_byte(c) && ++overhead_ <= kOverheadMaxBytes;
        case State::size_lf: return expect('\n', left_ > 0 ? State::data : State::trailer_start);
        case State::data_cr: return expect('\r', State::data_lf);
        case State::data_lf: digits_ = 0; return expect('\n', State::size_start);
        case State::trailer_start:
        case State::trailer: return step_trailer(c);
        case State::trailer_lf: return expect('\n', State::trailer_start);
        case State::end_lf: return expect('\n', State::done);
        case State::data:
        case State::done: break;
    }
    return false;
}

bool ChunkedDecoder::step_size(char c) {
    const int value = hex_value(c);
    if (value >= 0) {
        state_ = State::size;
        left_ = left_ * 16 + static_cast<unsigned>(value);
        return ++digits_ <= kDigitsMax;
    }
    if (state_ == State::size_start || (c != '\r' && c != ';')) return false;
    state_ = c == '\r' ? State::size_lf : State::extension;
    return true;
}

bool ChunkedDecoder::step_trailer(char c) {
    if (c == '\r') {
        state_ = state_ == State::trailer_start ? State::end_lf : State::trailer_lf;
        return true;
    }
    state_ = State::trailer;
    return text_byte(c) && ++overhead_ <= kOverheadMaxBytes;
}

}  // namespace kg::httpd
