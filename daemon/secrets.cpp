#include "daemon/secrets.hpp"

#include <cstring>

#include "core/base/base64.hpp"

namespace kg::daemon {
namespace {

constexpr std::string_view kProxyKeyHash = "auth.proxy_key_sha256";
constexpr std::string_view kAdminHash = "auth.admin_password_scrypt";

std::string hash_text(const Sha256& hash) {
    return hex_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace

Result<FirstSecrets> ensure_secrets(store::Stores& stores, const config::Auth& auth, Random& random) {
    FirstSecrets out;
    auto& settings = stores.settings();
    if (!auth.proxy_key.empty()) {
        out.proxy_key_hash = sha256(auth.proxy_key.reveal());
    } else {
        KG_TRY(known, settings.get(kProxyKeyHash));
        std::string held = known.value_or("");
        if (held.empty()) {
            const Secret fresh("kirogate-" + random.base62(32));
            const auto mine = hash_text(sha256(fresh.reveal()));
            KG_TRY(winner, settings.put_if_absent(kProxyKeyHash, mine));
            held = winner;
            if (held == mine) out.proxy_key = fresh;
        }
        const auto bytes = hex_decode(held);
        if (!bytes || bytes->size() != out.proxy_key_hash.size()) {
            return Err(Error{.kind = ErrorKind::store_failed,
                             .message = "the stored proxy key hash is damaged; set auth.proxy_key"});
        }
        std::memcpy(out.proxy_key_hash.data(), bytes->data(), bytes->size());
    }
    if (auth.admin_password.empty()) {
        KG_TRY(known, settings.get(kAdminHash));
        if (!known) {
            const Secret fresh(random.base62(24));
            const auto mine = password_hash(fresh.reveal());
            KG_TRY(winner, settings.put_if_absent(kAdminHash, mine));
            if (winner == mine) out.admin_password = fresh;
        }
    }
    return out;
}

Result<Secret> ensure_operator_token(store::Stores& stores, Random& random) {
    KG_TRY(known, stores.settings().get(kOperatorToken));
    if (known && !known->empty()) return Secret(std::move(*known));
    KG_TRY(held, stores.settings().put_if_absent(kOperatorToken, random.base62(43)));
    return Secret(std::move(held));
}

}  // namespace kg::daemon
