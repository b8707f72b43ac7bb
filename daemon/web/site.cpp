#include "daemon/web/site.hpp"

#include <fstream>
#include <memory>

#include "core/base/digest.hpp"
#include "daemon/web/assets.hpp"

namespace kg::web {
namespace {

constexpr std::string_view kShell = "page.html";
constexpr std::uintmax_t kFileMaxBytes = 16u << 20;

/// The file itself may be reached through links only as long as these stay below the root.
bool lies_below(const std::filesystem::path& root, const std::filesystem::path& file) {
    const auto below = file.lexically_relative(root);
    return !below.empty() && *below.begin() != "..";
}

}  // namespace

Result<std::unique_ptr<Site>> Site::open(const std::filesystem::path& root) {
    std::error_code error;
    auto canonical = std::filesystem::canonical(root, error);
    if (error || !std::filesystem::is_regular_file(canonical / kShell, error))
        return Err(Error{.kind = ErrorKind::config_invalid,
                         .message = "--web-root " + root.string() + " has no " + std::string(kShell)});
    auto site = std::make_unique<Site>();
    site->root_ = std::move(canonical);
    site->disk_ = std::make_unique<loop::Worker>(64);
    return site;
}

std::string_view Site::version() const {
    return embedded() ? assets_version() : "live";
}

std::optional<File> Site::read(std::string_view path, bool packed) const {
    if (!is_asset_path(path) || !content_type(path)) return std::nullopt;
    if (embedded()) {
        const auto* asset = find_asset(path);
        if (!asset) return std::nullopt;
        if (packed)
            return File{.plain = {}, .gzip = std::string(asset->gzip()), .hash = std::string(asset->hash)};
        return File{.plain = unpack(*asset), .gzip = {}, .hash = std::string(asset->hash)};
    }
    std::error_code error;
    const auto file = std::filesystem::canonical(*root_ / path, error);
    if (error || !lies_below(*root_, file) || !std::filesystem::is_regular_file(file, error) ||
        std::filesystem::file_size(file, error) > kFileMaxBytes)
        return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return std::nullopt;
    auto hash = sha256_hex(text).substr(0, 16);
    return File{.plain = std::move(text), .gzip = {}, .hash = std::move(hash)};
}

}  // namespace kg::web
