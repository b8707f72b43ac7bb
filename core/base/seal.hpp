#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/secret.hpp"

namespace kg {

/// Seals secrets at rest with AES-256-GCM under one 32-byte key. Thread-safe.
/// Sealed text is "v1:" + base64(nonce 12 bytes | ciphertext | tag 16 bytes); `context` (for
/// example "account/ID/refresh_token") is authenticated, so a sealed value cannot be moved to
/// another row.
class Sealer {
  public:
    /// Reads a key file (64 hex digits); error when it is missing, malformed or readable by others.
    static Result<Sealer> open(const std::string& path);
    /// The same, and creates the file (mode 0600, O_EXCL, fsync) when it does not exist.
    static Result<Sealer> open_or_create(const std::string& path);
    static Sealer from_key(std::string_view key_32_bytes);
    /// One with a key of its own, always the same for a purpose: what is sealed in great numbers
    /// must not use up the nonces of the state's key.
    Sealer derived(std::string_view purpose) const;

    std::string seal(std::string_view plain, std::string_view context) const;
    Result<Secret> unseal(std::string_view sealed, std::string_view context) const;

  private:
    explicit Sealer(Secret key) : key_(std::move(key)) {}
    Secret key_;
};

}  // namespace kg
