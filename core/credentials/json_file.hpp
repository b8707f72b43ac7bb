#pragma once

#include <memory>
#include <string>

#include "core/credentials/shared_file.hpp"

/// The Kiro IDE's credential file and others of its form: one JSON object (account-manager 3.5). Everything
/// here blocks on the disk.
namespace kg::credentials {

Result<SharedLogin, FileFailure> read_json_login(const std::string& path);

/// The lock is flock(2) on the file itself: it leaves nothing behind, and who replaces the file hands the
/// lock over with the name. Programs that do not lock (the IDE) are noticed by the refresh token that lies
/// in the file. Room for the new file is taken before the refresh, so that a full disk or a folder that
/// cannot be written to does not cost the login. The file is replaced atomically and durably (temporary
/// file, fsync, rename, fsync of the folder); mode and owner stay.
Result<std::unique_ptr<FileRefresh>, FileFailure> begin_json_refresh(const std::string& path);

}  // namespace kg::credentials
