#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Sixteen bytes at a time, in the compilers' portable vector form.
namespace kg::json {

using Bytes16 = unsigned char __attribute__((vector_size(16)));
using Bytes8 = unsigned char __attribute__((vector_size(8)));
using Pairs8 = std::uint16_t __attribute__((vector_size(16)));

inline constexpr std::size_t kBlock = sizeof(Bytes16);

inline Bytes16 load_block(const char* from) {
    Bytes16 v;
    std::memcpy(&v, from, kBlock);
    return v;
}

inline void store_block(char* to, const Bytes16& v) {
    std::memcpy(to, &v, kBlock);
}

/// How many lanes before the first one that is set (all bits or none, as comparisons give); kBlock
/// when none is. Without a branch: half of each lane goes into one word of sixteen nibbles.
template <class Lanes>
std::size_t first_lane(const Lanes& lanes) {
    static_assert(sizeof(Lanes) == kBlock);
    const Bytes8 nibbles = __builtin_convertvector(reinterpret_cast<const Pairs8&>(lanes) >> 4, Bytes8);
    std::uint64_t word;
    std::memcpy(&word, &nibbles, sizeof word);
    return static_cast<std::size_t>(std::endian::native == std::endian::little ? std::countr_zero(word)
                                                                               : std::countl_zero(word)) /
           4;
}

/// How many bytes of a JSON string before the first that ends or escapes it: quotation mark,
/// backslash or a control character; kBlock when there is none.
inline std::size_t plain_prefix(const Bytes16& v) {
    return first_lane((v < 0x20) | (v == '"') | (v == '\\'));
}

}  // namespace kg::json
