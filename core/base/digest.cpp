#include "core/base/digest.hpp"

#include <libdeflate.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>
#include <cstdlib>
#include <vector>

#include "core/base/base64.hpp"

namespace kg {
namespace {

constexpr unsigned kCost = 15, kBlock = 8, kLanes = 1;
constexpr std::size_t kSaltBytes = 16, kHashBytes = 32;
// scrypt needs 128 * N * r bytes and a little; OpenSSL's own default of 32 MiB is just too small.
constexpr std::uint64_t kScryptMemory = 64u << 20;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// Only running out of memory can fail here, and there is no answer to that but to stop.
void must(bool ok) {
    if (!ok) std::abort();
}

template <std::size_t N>
std::string digest_hex(std::string_view bytes, const EVP_MD* md) {
    std::string out(N, '\0');
    must(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, md,
                    nullptr) == 1);
    return hex_encode(out);
}

bool scrypt(std::string_view password, std::string_view salt, unsigned cost, unsigned block, unsigned lanes,
            std::string& out) {
    return EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(),
                          std::uint64_t{1} << cost, block, lanes, kScryptMemory,
                          reinterpret_cast<unsigned char*>(out.data()), out.size()) == 1;
}

std::vector<std::string_view> split_dollar(std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t at; (at = text.find('$')) != std::string_view::npos; text.remove_prefix(at + 1)) {
        out.push_back(text.substr(0, at));
    }
    out.push_back(text);
    return out;
}

bool parse_small(std::string_view text, unsigned max, unsigned& out) {
    const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
    return r.ec == std::errc{} && r.ptr == text.data() + text.size() && out >= 1 && out <= max;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
    // Fetched once: EVP_sha256() looks its implementation up again at every digest. Never freed.
    static const EVP_MD* const kFetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    Sha256 out;
    must(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, kFetched ? kFetched : EVP_sha256(),
                    nullptr) == 1);
    return out;
}

std::string sha256_hex(std::string_view bytes) {
    return digest_hex<32>(bytes, EVP_sha256());
}

std::string sha1_hex(std::string_view bytes) {
    return digest_hex<20>(bytes, EVP_sha1());
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
    Sha256 out;
    unsigned size = 0;
    // A null key would mean "the key of the last call" to OpenSSL.
    const char* key_data = key.data() == nullptr ? "" : key.data();
    must(HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), out.data(),
              &size) != nullptr);
    return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t previous) {
    // libdeflate answers a null pointer with the initial value, whatever `previous` was.
    if (bytes.empty()) return previous;
    return libdeflate_crc32(previous, bytes.data(), bytes.size());
}

std::string password_hash(std::string_view password) {
    std::string salt(kSaltBytes, '\0');
    must(RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) == 1);
    std::string hash(kHashBytes, '\0');
    must(scrypt(password, salt, kCost, kBlock, kLanes, hash));
    return "scrypt$15$8$1$" + base64_encode(salt) + '$' + base64_encode(hash);
}

bool password_matches(std::string_view password, std::string_view hash) {
    const auto fields = split_dollar(hash);
    unsigned cost = 0, block = 0, lanes = 0;
    if (fields.size() != 6 || fields[0] != "scrypt" || !parse_small(fields[1], 18, cost) ||
        !parse_small(fields[2], 32, block) || !parse_small(fields[3], 16, lanes)) {
        return false;
    }
    const auto salt = base64_decode(fields[4]);
    const auto expected = base64_decode(fields[5]);
    if (!salt || !expected || expected->size() < 16 || expected->size() > 64) return false;
    std::string actual(expected->size(), '\0');
    return scrypt(password, *salt, cost, block, lanes, actual) && constant_time_equal(actual, *expected);
}

}  // namespace kg
