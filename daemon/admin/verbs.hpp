#pragma once

#include "core/store/store.hpp"
#include "daemon/admin/operation.hpp"

/// What the operations of the table do, a file a topic.
namespace kg::admin::verbs {

// session.cpp
void login(std::unique_ptr<Call> call, Done done);
Reply show_session(Call& call);
Reply logout(Call& call);
Reply logout_everywhere(Call& call);
Reply list_sessions(Call& call);
Reply list_tokens(Call& call, store::Stores& stores);
Reply create_token(Call& call, store::Stores& stores);
Reply remove_token(Call& call, store::Stores& stores);

// accounts.cpp
Reply list_accounts(Call& call, store::Stores& stores);
Reply show_account(Call& call, store::Stores& stores);
Reply account_stats(Call& call, store::Stores& stores);
Reply account_usage(Call& call, store::Stores& stores);
Reply list_groups(Call& call, store::Stores& stores);
// account_changes.cpp
Reply create_account(Call& call, store::Stores& stores);
Reply edit_account(Call& call, store::Stores& stores);
Reply remove_account(Call& call, store::Stores& stores);
Reply reset_account(Call& call, store::Stores& stores);
void refresh_account(std::unique_ptr<Call> call, Done done);
// account_checks.cpp
void verify_account(std::unique_ptr<Call> call, Done done);
// account_exchange.cpp
void import_accounts(std::unique_ptr<Call> call, Done done);
void export_accounts(std::unique_ptr<Call> call, Done done);
// account_batch.cpp
void batch_accounts(std::unique_ptr<Call> call, Done done);

// keys.cpp
Reply list_keys(Call& call, store::Stores& stores);
Reply show_key(Call& call, store::Stores& stores);
Reply create_key(Call& call, store::Stores& stores);
Reply edit_key(Call& call, store::Stores& stores);
Reply remove_key(Call& call, store::Stores& stores);
Reply rotate_key(Call& call, store::Stores& stores);

// proxy.cpp
Reply proxy_status(Call& call);
Reply proxy_health(Call& call);
Reply proxy_stats(Call& call, store::Stores& stores);
Reply json_metrics(Call& call, store::Stores& stores);
Reply list_models(Call& call);
// history.cpp
Reply proxy_logs(Call& call, store::Stores& stores);
Reply usage(Call& call, store::Stores& stores);
Reply audit_log(Call& call, store::Stores& stores);
// tail.cpp
Result<std::unique_ptr<LiveAnswer>, Failure> tail_logs(Call& call, httpd::Exchange& exchange);
// prometheus.cpp
Reply prometheus(Call& call, store::Stores& stores);
// settings.cpp
Reply show_settings(Call& call, store::Stores& stores);
Reply edit_settings(Call& call, store::Stores& stores);
Reply edit_proxy_config(Call& call, store::Stores& stores);
// openapi.cpp
Reply openapi(Call& call);

}  // namespace kg::admin::verbs
