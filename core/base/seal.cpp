#include "core/base/seal.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/base/digest.hpp"
#include "core/base/scope_exit.hpp"

namespace kg {
namespace {

constexpr std::size_t kKeyBytes = 32, kNonceBytes = 12, kTagBytes = 16;
constexpr std::string_view kPrefix = "v1:";

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* out_bytes(std::string& text, std::size_t at = 0) {
    return reinterpret_cast<unsigned char*>(text.data() + at);
}
const unsigned char* in_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
void must(bool ok) {
    if (!ok) std::abort();
}

Error file_error(ErrorKind kind, const std::string& path, std::string_view why) {
    return Error{.kind = kind, .message = "key file " + path + ": " + std::string(why)};
}

/// Writes the key under a temporary name and links it into place, so that a second process that
/// starts at the same moment sees either no file or a whole one.
Result<void> create_key_file(const std::string& path) {
    std::string key(kKeyBytes, '\0');
    must(RAND_bytes(out_bytes(key), static_cast<int>(key.size())) == 1);
    std::string text = hex_encode(key) + '\n';
    OPENSSL_cleanse(key.data(), key.size());
    ScopeExit wipe([&] { OPENSSL_cleanse(text.data(), text.size()); });

    const std::string temporary = path + ".new." + std::to_string(::getpid());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return Err(file_error(ErrorKind::io_failed, path, std::strerror(errno)));
    ScopeExit remove([&] { ::unlink(temporary.c_str()); });
    const bool written =
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    const int write_errno = errno;
    ::close(fd);
    if (!written) return Err(file_error(ErrorKind::io_failed, path, std::strerror(write_errno)));
    if (::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) {
        // File systems without hard links: the rename is atomic as well, it only cannot refuse.
        if (::rename(temporary.c_str(), path.c_str()) != 0) {
            return Err(file_error(ErrorKind::io_failed, path, std::strerror(errno)));
        }
    }
    const auto slash = path.find_last_of('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (const int dir = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
        ::fsync(dir);
        ::close(dir);
    }
    return {};
}

}  // namespace

Result<Sealer> Sealer::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const auto kind = errno == ENOENT ? ErrorKind::config_invalid : ErrorKind::io_failed;
        return Err(file_error(kind, path, std::strerror(errno)));
    }
    ScopeExit close([&] { ::close(fd); });
    struct stat status {};
    if (::fstat(fd, &status) != 0) return Err(file_error(ErrorKind::io_failed, path, std::strerror(errno)));
    if ((status.st_mode & 077) != 0) {
        return Err(file_error(ErrorKind::config_invalid, path, "readable by others; run chmod 600 on it"));
    }
    std::string text(2 * kKeyBytes + 16, '\0');
    ScopeExit wipe([&] { OPENSSL_cleanse(text.data(), text.size()); });
    const ssize_t got = ::read(fd, text.data(), text.size());
    if (got < 0) return Err(file_error(ErrorKind::io_failed, path, std::strerror(errno)));
    const auto digits = ascii::trim(std::string_view(text).substr(0, static_cast<std::size_t>(got)));
    auto key = hex_decode(digits);
    if (!key || key->size() != kKeyBytes) {
        return Err(file_error(ErrorKind::config_invalid, path, "expected 64 hexadecimal digits"));
    }
    return Sealer(Secret(std::move(*key)));
}

Result<Sealer> Sealer::open_or_create(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) KG_CHECK(create_key_file(path));
    return open(path);
}

Sealer Sealer::from_key(std::string_view key_32_bytes) {
    assert(key_32_bytes.size() == kKeyBytes);
    return Sealer(Secret(std::string(key_32_bytes)));
}

Sealer Sealer::derived(std::string_view purpose) const {
    const Sha256 key = hmac_sha256(key_.reveal(), purpose);
    return from_key({reinterpret_cast<const char*>(key.data()), key.size()});
}

std::string Sealer::seal(std::string_view plain, std::string_view context) const {
    std::string box(kNonceBytes + plain.size() + kTagBytes, '\0');
    must(RAND_bytes(out_bytes(box), kNonceBytes) == 1);
    const Context cipher(EVP_CIPHER_CTX_new());
    int n = 0;
    must(cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in_bytes(key_.reveal()),
                                      in_bytes(box)) == 1);
    must(EVP_EncryptUpdate(cipher.get(), nullptr, &n, in_bytes(context), static_cast<int>(context.size())) ==
         1);
    must(EVP_EncryptUpdate(cipher.get(), out_bytes(box, kNonceBytes), &n, in_bytes(plain),
                           static_cast<int>(plain.size())) == 1);
    must(EVP_EncryptFinal_ex(cipher.get(), out_bytes(box, kNonceBytes + plain.size()), &n) == 1);
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                             out_bytes(box, kNonceBytes + plain.size())) == 1);
    return std::string(kPrefix) + base64_encode(box);
}

Result<Secret> Sealer::unseal(std::string_view sealed, std::string_view context) const {
    const auto refuse = [](std::string_view why) {
        return Err(Error{.kind = ErrorKind::store_failed,
                         .message = "a sealed value cannot be read",
                         .detail = std::string(why)});
    };
    if (!sealed.starts_with(kPrefix)) return refuse("unknown seal version");
    auto box = base64_decode(sealed.substr(kPrefix.size()));
    if (!box || box->size() < kNonceBytes + kTagBytes) return refuse("damaged");
    const std::size_t size = box->size() - kNonceBytes - kTagBytes;
    std::string plain(size, '\0');
    const Context cipher(EVP_CIPHER_CTX_new());
    int n = 0;
    must(cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in_bytes(key_.reveal()),
                                      in_bytes(*box)) == 1);
    must(EVP_DecryptUpdate(cipher.get(), nullptr, &n, in_bytes(context), static_cast<int>(context.size())) ==
         1);
    must(EVP_DecryptUpdate(cipher.get(), out_bytes(plain), &n, out_bytes(*box, kNonceBytes),
                           static_cast<int>(size)) == 1);
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                             out_bytes(*box, kNonceBytes + size)) == 1);
    unsigned char none[kTagBytes];
    if (EVP_DecryptFinal_ex(cipher.get(), none, &n) != 1) {
        OPENSSL_cleanse(plain.data(), plain.size());
        return refuse("wrong key, wrong place or damaged");
    }
    return Secret(std::move(plain));
}

}  // namespace kg
