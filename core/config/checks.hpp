#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kg::config {

/// Rules for texts: what is wrong with one, or nothing. Complaints never repeat a secret.
std::optional<std::string> check_listen(std::string_view text);
std::optional<std::string> check_admin_listen(std::string_view text);  // may be empty
std::optional<std::string> check_origins(std::string_view text);
std::optional<std::string> check_upstream_url(std::string_view text);
std::optional<std::string> check_proxy_url(std::string_view text);
std::optional<std::string> check_readable_file(std::string_view path);
std::optional<std::string> check_word(std::string_view text);
std::optional<std::string> check_proxy_key(std::string_view text);
std::optional<std::string> check_admin_password(std::string_view text);
std::optional<std::string> check_webhook_url(std::string_view text);
std::optional<std::string> check_hook_secret(std::string_view text);
std::optional<std::string> check_network(std::string_view text);
std::optional<std::string> check_seal_key(std::string_view text);

/// Whether only this machine can reach a listen address: loopback or a Unix socket.
bool is_local_listen(std::string_view listen);
/// The listen address with another port; nothing for a Unix socket.
std::optional<std::string> with_port(std::string_view listen, std::string_view port);
/// "http://user:pass@host" as "http://***@host".
std::string hide_user(std::string_view url);

}  // namespace kg::config
