#include <array>

#include "daemon/admin/verbs.hpp"

namespace kg::admin {

std::span<const Operation> operations() {
    using enum http::Method;
    using enum Right;
    using namespace verbs;
    static constexpr auto kOperations = std::to_array<Operation>({
        {post, "/api/login", open, login},
        {get, "/api/session", look, show_session},
        {post, "/api/logout", look, logout},
        {post, "/api/logout-everywhere", change, logout_everywhere},
        {get, "/api/sessions", look, list_sessions},
        {get, "/api/tokens", look, list_tokens},
        {post, "/api/tokens", change, create_token},
        {delete_, "/api/tokens/{id}", change, remove_token},

        {get, "/api/accounts", look, list_accounts},
        {post, "/api/accounts", change, create_account},
        {get, "/api/accounts/stats", look, account_stats},
        {post, "/api/accounts/batch", change, batch_accounts},
        {post, "/api/accounts/import", change, import_accounts, Body::text},
        {post, "/api/accounts/export", change, export_accounts},
        {get, "/api/accounts/{id}", look, show_account},
        {put, "/api/accounts/{id}", change, edit_account},
        {patch, "/api/accounts/{id}", change, edit_account},
        {delete_, "/api/accounts/{id}", change, remove_account},
        {post, "/api/accounts/{id}/refresh", change, refresh_account},
        {post, "/api/accounts/{id}/verify", change, verify_account},
        {post, "/api/accounts/{id}/reset", change, reset_account},
        {get, "/api/accounts/{id}/usage", look, account_usage},
        {get, "/api/groups", look, list_groups},

        {get, "/api/keys", look, list_keys},
        {post, "/api/keys", change, create_key},
        {get, "/api/keys/{id}", look, show_key},
        {put, "/api/keys/{id}", change, edit_key},
        {patch, "/api/keys/{id}", change, edit_key},
        {delete_, "/api/keys/{id}", change, remove_key},
        {post, "/api/keys/{id}/rotate", change, rotate_key},

        {get, "/api/proxy/status", open, proxy_status},
        {get, "/api/proxy/health", open, proxy_health},
        {get, "/api/proxy/stats", look, proxy_stats},
        {get, "/api/proxy/logs", look, proxy_logs},
        {get, "/api/proxy/logs/live", look, tail_logs},
        {put, "/api/proxy/config", change, edit_proxy_config},
        {get, "/api/metrics", look, json_metrics},
        {get, "/api/usage", look, usage},
        {get, "/api/audit", look, audit_log},
        {get, "/api/models", look, list_models},
        {get, "/api/settings", look, show_settings},
        {put, "/api/settings", change, edit_settings},
        {get, "/api/openapi.json", open, openapi},
        {get, "/metrics", look, prometheus},
    });
    return kOperations;
}

}  // namespace kg::admin
