#include "core/store/new_account.hpp"

#include "core/base/digest.hpp"
#include "core/store/ids.hpp"

namespace kg::store {
namespace {

Error wrong(std::string field, std::string message) {
    return {.kind = ErrorKind::malformed_request, .message = std::move(message), .param = std::move(field)};
}

}  // namespace

void complete_new_account(Account& a, Random& random, std::int64_t now_ms) {
    if (a.id.empty()) a.id = new_account_id(random);
    a.created_at_ms = now_ms;
    if (a.auth_method.empty()) {
        a.auth_method = !a.api_key.empty()                                 ? "api-key"
                        : !a.client_id.empty() && !a.client_secret.empty() ? "idc"
                                                                           : "social";
    }
    if (a.provider.empty() && a.auth_method == "idc") {
        a.provider = a.start_url.empty() || a.start_url.find("view.awsapps.com") != std::string::npos
                         ? "BuilderId"
                         : "Enterprise";
    }
    if (a.machine_id.empty()) a.machine_id = sha256_hex("kirogate-account/" + a.id);
}

Result<void> check_login(const Account& a) {
    const bool by_key = a.auth_method == "api-key";
    const std::string field = by_key ? "api_key" : "refresh_token";
    const std::string& secret = (by_key ? a.api_key : a.refresh_token).reveal();
    if (secret.empty() && (by_key || a.follow_path.empty())) return Err(wrong(field, "field required"));
    if (secret.find("...") != std::string::npos)
        return Err(wrong(field, "it contains `...`: it was cut when it was copied"));
    if (secret.find_first_of(" \t\r\n") != std::string::npos)
        return Err(wrong(field, "it contains white space: give exactly one token"));
    if (a.auth_method == "idc" && a.follow_path.empty() && (a.client_id.empty() || a.client_secret.empty()))
        return Err(wrong(a.client_id.empty() ? "client_id" : "client_secret",
                         "an idc account needs a client id and a client secret to refresh its token"));
    if (a.auth_method == "external-idp" && (a.client_id.empty() || a.token_endpoint.empty()))
        return Err(wrong("token_endpoint", "an external-idp account needs a client id and a token endpoint"));
    return {};
}

void forget_failures(Account& a, std::int64_t now_ms) {
    a.state = "unknown";
    a.state_reason.clear();
    a.state_until_ms = 0;
    a.state_since_ms = now_ms;
    a.health = 80;
    a.health_at_ms = 0;
    a.quota.reset();
}

}  // namespace kg::store
