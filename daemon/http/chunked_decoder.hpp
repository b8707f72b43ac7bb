#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kg::httpd {

/// The chunked transfer coding, strictly: no white space around sizes, no bare LF, extensions and
/// trailers bounded and thrown away.
class ChunkedDecoder {
  public:
    enum class Step { more, data, done, failed };
    /// Consumes the front of `input`. With Step::data, `piece` is body bytes inside `input`; call
    /// again for the rest.
    Step next(std::string_view& input, std::string_view& piece);

  private:
    enum class State : std::uint8_t {
        size_start,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer,
        trailer_lf,
        end_lf,
        done
    };
    Step take_data(std::string_view& input, std::string_view& piece);
    bool step(char c);
    bool step_size(char c);
    bool step_trailer(char c);

    State state_ = State::size_start;
    std::uint8_t digits_ = 0;
    std::uint64_t left_ = 0;
    std::size_t overhead_ = 0;  // bytes of extensions and trailers so far
};

}  // namespace kg::httpd
