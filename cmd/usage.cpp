#include "cmd/usage.hpp"

#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cmd/output.hpp"
#include "core/base/ascii.hpp"

namespace kg::cmd {
namespace {

/// The command that the words so far led to, and those words.
struct Place {
    const CLI::App* command;
    std::string path;
};

Place place_of(const CLI::App& app) {
    Place place{&app, app.get_name()};
    for (auto below = app.get_subcommands(); !below.empty(); below = place.command->get_subcommands()) {
        place.command = below.front();
        place.path += " " + place.command->get_name();
    }
    return place;
}

bool has_subcommands(const CLI::App& command) {
    return !command.get_subcommands({}).empty();
}

std::vector<std::string> subcommand_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const auto* below : command.get_subcommands({})) names.push_back(below->get_name());
    return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const auto* option : command.get_options({})) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

/// "; did you mean `...`?" or nothing.
std::string hint(std::string_view word, const std::vector<std::string>& names, const std::string& prefix) {
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const auto near = ascii::nearest(word, candidates);
    return near.empty() ? std::string() : "; did you mean `" + prefix + std::string(near) + "`?";
}

bool is_option(const std::string& word) {
    return word.size() > 1 && word.front() == '-';
}

std::string about_extra(const Place& place, const std::vector<std::string>& extras) {
    for (const auto& word : extras) {
        if (!is_option(word)) continue;
        const auto name = word.substr(0, word.find('='));
        return "unknown option `" + name + "`" + hint(name, option_names(*place.command), "");
    }
    const auto& word = extras.front();
    if (!has_subcommands(*place.command)) {
        // A word this long is a token that somebody pasted: it is not repeated into a log.
        if (word.size() > 40)
            return "one argument too many; tokens are read from stdin or a file, never as "
                   "arguments";
        return "one argument too many: `" + word + "`";
    }
    const auto tail =
        place.command->get_parent() ? place.path.substr(place.path.find(' ') + 1) + " " : std::string();
    return "unknown command `" + tail + word + "`" + hint(word, subcommand_names(*place.command), tail);
}

/// The parser's own words, made a sentence: every value that does not convert here is a number, and
/// every name without dashes is an argument, which the help shows in capitals.
std::string about_value(const std::string& what) {
    constexpr std::string_view kPrefix = "Could not convert: ";
    const auto equals = what.find(" = ");
    if (const auto at = what.find(": At Most 1 required"); at != std::string::npos)
        return what.substr(0, at) + " is given more than once";
    if (const auto at = what.find(": 1 required "); at != std::string::npos && is_option(what))
        return what.substr(0, at) + " needs a value";
    if (const auto at = what.find(" is required"); at != std::string::npos && !is_option(what))
        return "the argument `" + what.substr(0, at) + "` is missing";
    if (!what.starts_with(kPrefix) || equals == std::string::npos) return what;
    const auto name = what.substr(kPrefix.size(), equals - kPrefix.size());
    return name + ": `" + what.substr(equals + 3) + "` is not a number it accepts";
}

}  // namespace

void explain_usage(const CLI::App& app, const CLI::ParseError& error) {
    const auto place = place_of(app);
    const auto extras = app.remaining(true);
    if (!extras.empty()) {
        note(about_extra(place, extras));
    } else if (has_subcommands(*place.command)) {
        const auto parent = place.path.rfind(' ');
        print_error(place.command->help(parent == std::string::npos ? "" : place.path.substr(0, parent)));
        return;
    } else {
        note(about_value(error.what()));
    }
    note("see `" + place.path + " --help`");
}

std::string help_of_all(const CLI::App& command, const std::string& path) {
    std::string out = command.help(path);
    const auto own = path.empty() ? command.get_name() : path + " " + command.get_name();
    for (const auto* below : command.get_subcommands({})) out += "\n" + help_of_all(*below, own);
    return out;
}

}  // namespace kg::cmd
