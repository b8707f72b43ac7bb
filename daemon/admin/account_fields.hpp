#pragma once

#include <string>
#include <vector>

#include "core/store/records.hpp"
#include "daemon/admin/fields.hpp"

namespace kg::admin {

/// Reads what a body says of an account and applies it: parse once, apply to the record inside the
/// store's transaction. Secrets are taken, never shown again.
class AccountEdit {
  public:
    /// Reads the fields that may be edited; `fresh` those of a new account too.
    static Result<AccountEdit, Failure> read(json::Node body, bool fresh);
    void apply(store::Account& account) const;
    /// A JSON object of what is asked for, for the audit log; secrets as "(set)".
    const std::string& summary() const { return summary_; }
    /// It came with a login of its own: what was held against the account is over.
    bool new_login() const { return refresh_token_ || api_key_; }
    const std::optional<std::string>& id() const { return id_; }

  private:
    std::optional<std::string> id_, name_, email_, provider_, auth_method_, region_, api_region_,
        profile_arn_, client_id_, start_url_, token_endpoint_, scopes_, note_, machine_id_, proxy_,
        refresh_token_, api_key_, client_secret_;
    std::optional<std::vector<std::string>> groups_, tags_;
    std::optional<std::int64_t> priority_, weight_, max_concurrency_;
    std::optional<std::optional<std::int64_t>> requests_per_minute_, request_burst_, tokens_per_minute_;
    std::optional<bool> enabled_;
    std::string summary_;
};

/// Groups or tags of one account.
inline constexpr std::size_t kLabelsMax = 64;
/// Labels as groups and tags have them; the first that is none is refused with its path.
void check_labels(Fields& fields, std::string_view field,
                  const std::optional<std::vector<std::string>>& labels);

}  // namespace kg::admin
