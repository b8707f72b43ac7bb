#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "core/base/scope_exit.hpp"
#include "core/exchange/export.hpp"

namespace kg::cmd {
namespace {

Error refused(std::string message) {
    return {.kind = ErrorKind::malformed_request, .message = std::move(message)};
}

/// A file that nobody else can read, and that was not there before.
Result<void> write_new_file(const std::string& path, std::string_view text) {
    const auto failed = [&path](const char* verb) {
        return Err(
            Error{.kind = ErrorKind::io_failed,
                  .message = std::string("cannot ") + verb + " " + path + ": " + std::strerror(errno)});
    };
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) return Err(refused(path + " is there already; name a new file"));
    if (fd < 0) return failed("create");
    const ScopeExit close_fd([fd] { ::close(fd); });
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            auto error = failed("write");
            ::unlink(path.c_str());
            return error;
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(fd) != 0 && errno != EINVAL) return failed("write");
    return {};
}

Result<std::vector<store::Account>> select_all(const AccountExportOptions& options, store::Stores& stores,
                                               const Clock& clock) {
    if (options.accounts.empty()) return stores.accounts().list();
    std::vector<store::Account> out;
    KG_TRY(selectors, expand_selectors(stores, options.accounts, clock));
    for (const auto& selector : selectors) {
        KG_TRY(found, select_account(stores, selector));
        out.push_back(std::move(found));
    }
    return out;
}

}  // namespace

Result<ExitCode> run_account_export(const AccountExportOptions& options, Context& context) {
    const auto format = exchange::parse_format(options.format);
    if (!format) return Err(refused("--format: use one of " + exchange::format_names()));
    const bool to_stdout = options.output.value_or("-") == "-";
    if (options.with_secrets && *format == exchange::Format::summary)
        return Err(refused("--with-secrets: a summary never has secrets; choose another --format"));
    if (options.with_secrets && !options.output)
        return Err(
            refused("--with-secrets: name a new file with -o FILE, or say -o - to send it into a pipe"));
    if (options.with_secrets && to_stdout && stdout_is_terminal())
        return Err(refused("--with-secrets: secrets are not shown on a terminal; name a file with -o"));
    KG_TRY(stores, context.stores_to_read());
    KG_TRY(accounts, select_all(options, *stores, context.clock()));
    if (options.with_secrets) {
        std::erase_if(accounts, [](const store::Account& a) {
            if (a.follow_path.empty()) return false;
            note("left out: " + a.id + ", whose login lies in " + a.follow_path);
            return true;
        });
    }
    const auto text =
        exchange::export_accounts(accounts, *format, options.with_secrets, context.clock().wall());
    if (to_stdout) {
        print(text);
        return ExitCode::ok;
    }
    KG_CHECK(write_new_file(*options.output, text));
    note(std::to_string(accounts.size()) + (accounts.size() == 1 ? " account" : " accounts") +
         " written to " + *options.output +
         (options.with_secrets ? ", with their secrets" : ", without secrets"));
    return ExitCode::ok;
}

}  // namespace kg::cmd
