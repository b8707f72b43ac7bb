#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "core/base/scope_exit.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {

Result<ExitCode> run_config_show(const ListOptions& options, Context& context) {
    KG_TRY(configured, context.config());
    auto loaded = context.config_in_force();
    if (!loaded) {
        note("the runtime settings cannot be read: " + loaded.error().message);
        loaded = *configured;
    }
    const auto values = config::show(*loaded);
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object().member("file", loaded->path).key("values").begin_array();
        for (const auto& v : values)
            w.begin_object()
                .member("key", v.key)
                .member("value", v.value)
                .member("origin", v.origin)
                .end_object();
        w.end_array().end_object();
        print_line(out);
        return ExitCode::ok;
    }
    Table table({"KEY", "VALUE", "FROM"});
    for (const auto& v : values) table.row({v.key, v.value, v.origin});
    print(table.text());
    return ExitCode::ok;
}

Result<ExitCode> run_config_check(Context& context) {
    KG_TRY(loaded, context.config());
    print_line(loaded->path.empty() ? "ok (no configuration file, defaults and environment)"
                                    : "ok " + loaded->path);
    return ExitCode::ok;
}

Result<ExitCode> run_config_path(Context& context) {
    const auto path = config::find_config_file(context.load_input());
    if (!path) {
        note("no configuration file; `kirogate config init` writes one");
        return ExitCode::failure;
    }
    print_line(*path);
    if (std::error_code error; !std::filesystem::is_regular_file(*path, error)) {
        note(*path + " is no file that can be read; `kirogate config init` writes one");
        return ExitCode::failure;
    }
    return ExitCode::ok;
}

Result<ExitCode> run_config_init(const ConfigInitOptions& options, Context& context) {
    const auto text = config::example_toml();
    if (options.path == "-") {
        print(text);
        return ExitCode::ok;
    }
    std::string path;
    if (options.path)
        path = *options.path;
    else if (const auto xdg = context.environment()("XDG_CONFIG_HOME"); xdg && !xdg->empty())
        path = *xdg + "/kirogate/kirogate.toml";
    else if (const auto home = context.environment()("HOME"); home && !home->empty())
        path = *home + "/.config/kirogate/kirogate.toml";
    else
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "HOME is not set; name the file to write"});
    std::error_code ec;
    if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty())
        std::filesystem::create_directories(parent, ec);
    const int fd =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (options.force ? O_TRUNC : O_EXCL), 0600);
    if (fd < 0) {
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = "cannot write " + path + ": " + std::strerror(errno) +
                                    (errno == EEXIST ? " (use --force to overwrite it)" : "")});
    }
    const ScopeExit close_fd([fd] { ::close(fd); });
    if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = "cannot write " + path + ": " + std::strerror(errno)});
    }
    print_line("wrote " + path);
    return ExitCode::ok;
}

}  // namespace kg::cmd
