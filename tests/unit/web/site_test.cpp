#include "daemon/web/site.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/base/digest.hpp"
#include "daemon/web/assets.hpp"
#include "daemon/web/pages.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace kg;
using namespace kg::web;

TEST_CASE("embedded files unpack to what was packed and are found by their names") {
    REQUIRE(assets().size() > 20);
    CHECK(std::ranges::is_sorted(assets(), {}, &Asset::path));
    CHECK(assets_version().size() == 12);
    for (const auto& asset : assets()) {
        CAPTURE(asset.path);
        CHECK(find_asset(asset.path) == &asset);
        CHECK(is_asset_path(asset.path));
        CHECK(content_type(asset.path));
        const auto text = unpack(asset);
        CHECK(text.size() == asset.size);
        CHECK(sha256_hex(text).substr(0, 16) == asset.hash);
    }
    CHECK_FALSE(find_asset("js"));
    CHECK_FALSE(find_asset(""));
}

TEST_CASE("every page has its script and the shell leaves no place open") {
    const Site site;
    const auto shell = site.read("page.html", false);
    REQUIRE(shell);
    std::set<std::string_view> paths;
    for (const auto& page : pages()) {
        CAPTURE(page.path);
        CHECK(paths.insert(page.path).second);
        CHECK(find_asset("js/pages/" + std::string(page.name) + ".js"));
        for (const auto language : {Language::english, Language::chinese}) {
            const auto text = fill_shell(shell->plain, page, language, Beside::all, site.version());
            CHECK(text.find("{{") == text.npos);
            CHECK(text.find("<script>") == text.npos);
            CHECK(text.find("style=") == text.npos);
            CHECK(text.find("://") == text.npos);
        }
    }
}

TEST_CASE("J11: the language is the one that Accept-Language wants more") {
    CHECK(preferred_language("") == Language::english);
    CHECK(preferred_language("zh-CN,zh;q=0.9,en;q=0.8") == Language::chinese);
    CHECK(preferred_language("en-US,en;q=0.9,zh;q=0.8") == Language::english);
    CHECK(preferred_language("fr, zh-TW;q=0.4") == Language::chinese);
    CHECK(preferred_language("fr;q=1, de;q=0.9") == Language::english);
    CHECK(preferred_language("zh;q=nonsense,en;q=0.1") == Language::english);
}

TEST_CASE("a browser is told from a program by what it accepts") {
    CHECK(wants_html("text/html,application/xhtml+xml,*/*;q=0.8"));
    CHECK(wants_html("application/json, TEXT/HTML;q=0.1"));
    CHECK_FALSE(wants_html("*/*"));
    CHECK_FALSE(wants_html(""));
    CHECK_FALSE(wants_html("text/html;q=0"));
}

TEST_CASE("names that could lead out of the root mean no file") {
    for (const auto* good : {"page.html", "js/lib/ui.js", "vendor/htm-preact.js", "img/icon.svg"})
        CHECK(is_asset_path(good));
    for (const auto* bad :
         {"", "/", "/etc/passwd", "..", "../x.js", "js/../../x.js", "js//ui.js", "js/", ".git/x.js",
          "js/.hidden.js", "js\\ui.js", "js/%2e%2e/x.js", "a b.js", "js/./ui.js"})
        CHECK_FALSE(is_asset_path(bad));
    CHECK_FALSE(is_asset_path(std::string(300, 'a')));
    CHECK_FALSE(content_type("pages.cpp"));
    CHECK_FALSE(content_type("vendor/README.md"));
}

TEST_CASE("a directory of pages is read anew each time and never left") {
    const test::TempDir dir;
    const std::filesystem::path base = dir.path(), outside = base / "outside", root = base / "web";
    std::filesystem::create_directories(root / "js");
    std::filesystem::create_directories(outside);
    const auto write = [](const std::filesystem::path& file, std::string_view text) {
        std::ofstream(file, std::ios::binary) << text;
    };
    CHECK_FALSE(Site::open(root));
    CHECK_FALSE(Site::open(base / "nothing"));
    write(root / "page.html", "one");
    write(root / "js" / "a.js", "1");
    write(outside / "secret.js", "secret");
    std::filesystem::create_symlink(outside / "secret.js", root / "js" / "out.js");
    std::filesystem::create_directory_symlink(outside, root / "away");
    std::filesystem::create_symlink(root / "js" / "a.js", root / "in.js");
    auto site = Site::open(root);
    REQUIRE(site);
    CHECK((*site)->version() == "live");
    CHECK((*site)->read("page.html", true)->plain == "one");
    write(root / "page.html", "two");
    CHECK((*site)->read("page.html", true)->plain == "two");
    CHECK((*site)->read("in.js", true)->plain == "1");
    CHECK_FALSE((*site)->read("js/out.js", true));
    CHECK_FALSE((*site)->read("away/secret.js", true));
    CHECK_FALSE((*site)->read("../outside/secret.js", true));
    CHECK_FALSE((*site)->read("js", true));
    CHECK_FALSE((*site)->read("missing.js", true));
}
