#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kg::web {

/// One file below daemon/web, embedded at build (cmake/kirogate.cmake) as `gzip -9` made it.
struct Asset {
    std::string_view path;  // "js/lib/api.js"
    const std::uint8_t* begin;
    const std::uint8_t* end;
    std::size_t size;       // of the file itself
    std::string_view hash;  // the first 16 digits of its SHA-256

    std::string_view gzip() const {
        return {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)};
    }
};

/// Sorted by path.
std::span<const Asset> assets();
/// Names the state of all files: the first segment below /assets, so that they may be kept for ever.
std::string_view assets_version();

const Asset* find_asset(std::string_view path);
/// The file itself, for the few clients that take no gzip.
std::string unpack(const Asset& asset);

/// "text/css; charset=utf-8" by the ending of the name; nothing for files that are not served.
std::optional<std::string_view> content_type(std::string_view path);
/// Whether a name can mean a file below the root: segments of letters, digits, "_", "-" and ".", none empty
/// and none that begins with a dot. Nothing else is ever looked up, wherever the files come from.
bool is_asset_path(std::string_view path);

}  // namespace kg::web
