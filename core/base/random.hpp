#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kg {

/// Source of randomness; handed in through constructors so that tests can seed it. Thread-safe.
class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(void* bytes, std::size_t count) = 0;

    std::uint64_t next_u64();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    std::string bytes(std::size_t count);
    std::string hex(std::size_t digits);
    std::string base62(std::size_t characters);  // ids: `req_` + base62(24)
    std::string uuid_v4();
};

/// Cryptographic randomness of the system, buffered per thread so that an id costs no system call.
class SystemRandom final : public Random {
  public:
    void fill(void* bytes, std::size_t count) override;
};

}  // namespace kg
