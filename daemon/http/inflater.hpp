#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/http/framing.hpp"

namespace kg::httpd {

/// Undoes gzip or deflate piece by piece and stops at a size, however small the input was.
class Inflater {
  public:
    explicit Inflater(Coding coding);
    ~Inflater();

    enum class State { good, damaged, too_large };
    /// Appends to `out`, which never grows beyond `max_bytes`.
    State feed(std::string_view input, std::string& out, std::size_t max_bytes);
    /// Whether the compressed stream came to its proper end.
    bool complete() const;

  private:
    struct Stream;
    State start(char first);

    const Coding coding_;
    std::unique_ptr<Stream> stream_;
};

}  // namespace kg::httpd
