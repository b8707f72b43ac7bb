#include "daemon/web/pages.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/ascii.hpp"

namespace kg::web {
namespace {

/// Calls `visit(item, q)` for the parts of a comma list with weights; one that is malformed weighs 0.
template <class Visit>
void each_weighted(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto item = ascii::trim(list.substr(0, comma));
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
        double q = 1;
        if (const auto semicolon = item.find(';'); semicolon != item.npos) {
            auto weight = ascii::trim(item.substr(semicolon + 1));
            item = ascii::trim(item.substr(0, semicolon));
            if (weight.starts_with("q=") || weight.starts_with("Q=")) {
                weight.remove_prefix(2);
                if (std::from_chars(weight.data(), weight.data() + weight.size(), q).ec != std::errc()) q = 0;
            }
        }
        visit(item, q);
    }
}

std::string_view beside_name(Beside beside) {
    return beside == Beside::all ? "all" : beside == Beside::api ? "api" : "admin";
}

void replace(std::string& text, std::string_view place, std::string_view value) {
    for (std::size_t at = 0; (at = text.find(place, at)) != text.npos; at += value.size())
        text.replace(at, place.size(), value);
}

}  // namespace

std::span<const Page> pages() {
    static constexpr auto kPages = std::to_array<Page>({
        {"/", "home", "Get started", "开始使用", true},
        {"/admin/accounts", "accounts", "Accounts", "账号", false, true},
        {"/admin/keys", "keys", "Keys", "密钥", false, true},
        {"/admin/logs", "logs", "Logs", "日志", false, true},
        {"/admin/settings", "settings", "Settings", "设置", false, true},
        {"/dashboard", "dashboard", "Dashboard", "仪表盘", false, true},
        {"/deploy", "deploy", "Deploy", "部署", true},
        {"/docs", "docs", "Docs", "文档", true},
        {"/playground", "playground", "Playground", "试验场", true},
        {"/sign-in", "sign-in", "Sign in", "登录", false, true},
        {"/swagger", "swagger", "API reference", "接口参考", false, true},
    });
    return kPages;
}

Language preferred_language(std::string_view accept_language) {
    double english = 0, chinese = 0;
    each_weighted(accept_language, [&](std::string_view tag, double q) {
        const auto primary = ascii::to_lower(tag.substr(0, tag.find('-')));
        if (primary == "zh") chinese = std::max(chinese, q);
        if (primary == "en") english = std::max(english, q);
    });
    return chinese > english ? Language::chinese : Language::english;
}

bool wants_html(std::string_view accept) {
    bool wanted = false;
    each_weighted(accept, [&](std::string_view type, double q) {
        wanted = wanted || (q > 0 && ascii::equals_ignoring_case(type, "text/html"));
    });
    return wanted;
}

std::string fill_shell(std::string shell, const Page& page, Language language, Beside beside,
                       std::string_view assets_version) {
    const bool chinese = language == Language::chinese;
    replace(shell, "{{lang}}", chinese ? "zh-CN" : "en");
    replace(shell, "{{title}}", chinese ? page.title_zh : page.title_en);
    replace(shell, "{{page}}", page.name);
    replace(shell, "{{beside}}", beside_name(beside));
    replace(shell, "{{assets}}", std::string("/assets/").append(assets_version));
    return shell;
}

}  // namespace kg::web
