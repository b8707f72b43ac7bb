#include "core/credentials/shared_file.hpp"

#include <sys/stat.h>
#include <utility>

#include "core/credentials/cli_database.hpp"
#include "core/credentials/json_file.hpp"

namespace kg::credentials {
namespace {

std::int64_t changed_ns(const struct stat& info) {
    return info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}

}  // namespace

std::optional<Fingerprint> fingerprint(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
    Fingerprint out{.device = static_cast<std::uint64_t>(info.st_dev),
                    .inode = static_cast<std::uint64_t>(info.st_ino),
                    .size = static_cast<std::int64_t>(info.st_size),
                    .changed_ns = changed_ns(info)};
    // What is new in a database lies in its journal first.
    struct stat journal {};
    if (::lstat((path + "-wal").c_str(), &journal) == 0) {
        out.journal_size = static_cast<std::int64_t>(journal.st_size);
        out.journal_changed_ns = changed_ns(journal);
    }
    return out;
}

Result<SharedLogin, FileFailure> read_login(const std::string& path) {
    if (!has_database_name(path)) return read_json_login(path);
    auto logins = read_cli_logins(path);
    if (!logins) return Err(std::move(logins).error());
    return std::move(logins->front().login);
}

Result<std::unique_ptr<FileRefresh>, FileFailure> FileRefresh::begin(const std::string& path) {
    return has_database_name(path) ? begin_cli_refresh(path) : begin_json_refresh(path);
}

}  // namespace kg::credentials
