#include "daemon/http/inflater.hpp"

#include <zlib.h>

#include <array>

namespace kg::httpd {

struct Inflater::Stream {
    z_stream z{};
    bool open = false;
    bool ended = false;
    ~Stream() {
        if (open) inflateEnd(&z);
    }
};

Inflater::Inflater(Coding coding) : coding_(coding), stream_(std::make_unique<Stream>()) {}
Inflater::~Inflater() = default;

bool Inflater::complete() const {
    return stream_->ended;
}

Inflater::State Inflater::start(char first) {
    int window = 15 + 16;  // gzip only
    if (coding_ == Coding::deflate) {
        // The name means a zlib stream, but some clients send raw deflate: a zlib header's low
        // nibble is always 8, and that is no plausible first byte of the raw form.
        window = (static_cast<unsigned char>(first) & 0x0f) == 8 ? 15 : -15;
    }
    stream_->open = inflateInit2(&stream_->z, window) == Z_OK;
    return stream_->open ? State::good : State::damaged;
}

Inflater::State Inflater::feed(std::string_view input, std::string& out, std::size_t max_bytes) {
    if (input.empty()) return State::good;
    if (!stream_->open && start(input.front()) != State::good) return State::damaged;
    z_stream& z = stream_->z;
    z.next_in = static_cast<Bytef*>(static_cast<void*>(const_cast<char*>(input.data())));
    z.avail_in = static_cast<uInt>(input.size());
    std::array<char, 16u << 10> buffer;
    do {
        if (stream_->ended) {
            // gzip files may be concatenated; anything else after the end is damage.
            if (coding_ != Coding::gzip || inflateReset(&z) != Z_OK) return State::damaged;
            stream_->ended = false;
        }
        z.next_out = static_cast<Bytef*>(static_cast<void*>(buffer.data()));
        z.avail_out = static_cast<uInt>(buffer.size());
        const int status = inflate(&z, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return State::damaged;
        const std::size_t made = buffer.size() - z.avail_out;
        if (made > max_bytes - out.size()) return State::too_large;
        out.append(buffer.data(), made);
        stream_->ended = status == Z_STREAM_END;
        if (status == Z_BUF_ERROR && made == 0) break;
    } while (z.avail_in > 0 || (z.avail_out == 0 && !stream_->ended));
    return State::good;
}

}  // namespace kg::httpd
