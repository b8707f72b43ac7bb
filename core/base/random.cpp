#include "core/base/random.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>

#include "core/base/base64.hpp"

namespace kg {
namespace {

void fill_from_system(void* bytes, std::size_t count) {
    // Without entropy no id, nonce or key can be made; going on would be worse than stopping.
    if (RAND_bytes(static_cast<unsigned char*>(bytes), static_cast<int>(count)) != 1) std::abort();
}

/// Bytes drawn ahead, each handed out once and wiped. Per thread; the process never forks.
struct Pool {
    std::array<unsigned char, 4096> bytes;
    std::size_t left = 0;
    Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

}  // namespace

std::uint64_t Random::next_u64() {
    std::uint64_t value;
    fill(&value, sizeof value);
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    assert(bound > 0);
    // Values under 2^64 mod bound would make small results likelier.
    const std::uint64_t skip = (0 - bound) % bound;
    for (;;) {
        if (const std::uint64_t value = next_u64(); value >= skip) return value % bound;
    }
}

std::string Random::bytes(std::size_t count) {
    std::string out(count, '\0');
    fill(out.data(), count);
    return out;
}

std::string Random::hex(std::size_t digits) {
    std::string out = hex_encode(bytes((digits + 1) / 2));
    out.resize(digits);
    return out;
}

std::string Random::base62(std::size_t characters) {
    constexpr char kAlphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr unsigned kUnbiased = 256 / 62 * 62;
    std::string out;
    out.reserve(characters);
    std::array<unsigned char, 32> some;
    while (out.size() < characters) {
        fill(some.data(), some.size());
        for (const unsigned char b : some) {
            if (b < kUnbiased && out.size() < characters) out += kAlphabet[b % 62];
        }
    }
    return out;
}

std::string Random::uuid_v4() {
    std::string raw = bytes(16);
    raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
    raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
    std::string out = hex_encode(raw);
    for (const std::size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
    return out;
}

void SystemRandom::fill(void* bytes, std::size_t count) {
    thread_local Pool pool;
    if (count > pool.bytes.size() / 4) return fill_from_system(bytes, count);
    if (count == 0) return;
    if (count > pool.left) {
        fill_from_system(pool.bytes.data(), pool.bytes.size());
        pool.left = pool.bytes.size();
    }
    pool.left -= count;
    std::memcpy(bytes, pool.bytes.data() + pool.left, count);
    OPENSSL_cleanse(pool.bytes.data() + pool.left, count);
}

}  // namespace kg
