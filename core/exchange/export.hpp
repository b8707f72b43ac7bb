#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/store/records.hpp"

namespace kg::exchange {

/// The forms of account-manager 3.10.
enum class Format : std::uint8_t {
    kirogate,  // J9: everything, for another kirogate
    kam,       // J3: Kiro-account-manager and its relatives
    kiro_rs,   // J2 as kiro.rs has it
    minimal,   // J2 with what a login needs
    csv,
    txt,
    dash,
    summary,  // for people; cannot be imported
};
std::string_view format_name(Format format);
std::optional<Format> parse_format(std::string_view name);
/// All names, for help texts: "kirogate, kam, ...".
std::string format_names();

/// The accounts as text of that form. Without `secrets` nothing in it is secret: what may be told is listed,
/// not what may not (no token, client secret, API key or proxy). A summary never has secrets. Forms that are
/// nothing but logins (minimal, txt, dash) hold the e-mails alone then.
std::string export_accounts(std::span<const store::Account> accounts, Format format, bool secrets,
                            WallTime now);

}  // namespace kg::exchange
