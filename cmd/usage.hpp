#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace kg::cmd {

/// Tells what is wrong with a command line and what was probably meant, on stderr; a command that
/// needs a sub-command and got none prints its help there instead.
void explain_usage(const CLI::App& app, const CLI::ParseError& error);
/// The help of a command and of everything below it, for --help-all; `path` leads to the command.
std::string help_of_all(const CLI::App& command, const std::string& path = {});

}  // namespace kg::cmd
