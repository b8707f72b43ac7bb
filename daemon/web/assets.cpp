#include "daemon/web/assets.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/ascii.hpp"

namespace kg::web {
namespace {

struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

}  // namespace

const Asset* find_asset(std::string_view path) {
    const auto all = assets();
    const auto found = std::ranges::lower_bound(all, path, {}, &Asset::path);
    return found != all.end() && found->path == path ? &*found : nullptr;
}

std::string unpack(const Asset& asset) {
    const std::unique_ptr<libdeflate_decompressor, Free> inflater(libdeflate_alloc_decompressor());
    std::string out(asset.size, '\0');
    const auto gzip = asset.gzip();
    if (!inflater || libdeflate_gzip_decompress(inflater.get(), gzip.data(), gzip.size(), out.data(),
                                                out.size(), nullptr) != LIBDEFLATE_SUCCESS)
        out.clear();
    return out;
}

std::optional<std::string_view> content_type(std::string_view path) {
    static constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
        {".css", "text/css; charset=utf-8"},
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
    });
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) return type;
    }
    return std::nullopt;
}

bool is_asset_path(std::string_view path) {
    if (path.size() > 256) return false;
    char before = '/';
    for (const char c : path) {
        const bool letter = ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
        if (!letter && (before == '/' || (c != '.' && c != '/'))) return false;
        before = c;
    }
    return before != '/';
}

}  // namespace kg::web
