#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kg::web {

/// Which part of the gateway answers beside the pages: they show no link to what is not there.
enum class Beside : std::uint8_t {
    all,    // clients' APIs and the admin API
    api,    // the clients' APIs alone
    admin,  // the admin API alone
};

enum class Language : std::uint8_t { english, chinese };

struct Page {
    std::string_view path;  // "/admin/keys"
    std::string_view name;  // js/pages/NAME.js draws it
    std::string_view title_en, title_zh;
    bool needs_api = false, needs_admin = false;

    bool shown(Beside beside) const {
        return !(needs_api && beside == Beside::admin) && !(needs_admin && beside == Beside::api);
    }
};

std::span<const Page> pages();

/// By Accept-Language (RFC 9110, 12.5.4): Chinese when it is wanted more than English.
Language preferred_language(std::string_view accept_language);
/// Whether Accept names HTML: what asks for "/" without a wish for HTML is a program.
bool wants_html(std::string_view accept);

/// `shell` (page.html) with its {{places}} filled in; every value is one of ours.
std::string fill_shell(std::string shell, const Page& page, Language language, Beside beside,
                       std::string_view assets_version);

}  // namespace kg::web
