#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/http/message.hpp"
#include "core/loop/wakeup.hpp"
#include "core/loop/worker.hpp"
#include "daemon/http/router.hpp"
#include "daemon/web/pages.hpp"

namespace kg::web {

/// A file as it goes out: `gzip` is empty when there is no packed form of it.
struct File {
    std::string plain, gzip, hash;
};

/// The files of the pages: embedded ones, or those of a directory, read anew for every request, for editing
/// them while the gateway runs. Shared by all loops; read-only after open(), the directory is read on a
/// thread of its own (64 requests may wait).
class Site {
  public:
    /// The embedded files.
    Site() = default;
    /// An error when `root` has no page.html.
    static Result<std::unique_ptr<Site>> open(const std::filesystem::path& root);

    bool embedded() const { return !root_; }
    std::string_view version() const;
    /// Nothing: there is no such file. Blocks on the disk unless embedded; `packed` asks for gzip.
    std::optional<File> read(std::string_view path, bool packed) const;
    /// Runs `job` where reading may block; false when too many wait.
    bool post(UniqueFunction<void()> job) const { return disk_->post(std::move(job)); }

  private:
    std::optional<std::filesystem::path> root_;  // canonical
    std::unique_ptr<loop::Worker> disk_;         // with a root only
};

/// The pages and /assets/* for one loop, never with CORS. `otherwise` answers "/" for those who want no HTML;
/// without one, beside the admin API alone, "/" leads to the dashboard. `site` outlives the loop's server.
std::vector<httpd::Route> routes(const Site& site, loop::Wakeup::Door door, Beside beside,
                                 httpd::HandlerFactory otherwise);

}  // namespace kg::web
