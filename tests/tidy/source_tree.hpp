#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kg::tidy {

/// One source file: its path from the repository's root and its lines.
struct SourceFile {
    std::string path;
    std::vector<std::string> lines;

    bool is_header() const { return path.ends_with(".hpp"); }
    bool is_product() const { return !path.starts_with("tests/"); }
};

SourceFile make_source(std::string path, std::string_view text);
/// Every .hpp and .cpp under core, cmd, daemon and tests, sorted by path.
std::vector<SourceFile> read_tree(const std::string& root);
std::string read_text(const std::string& path);

/// The line without a trailing // comment (a // inside a string counts as one, which is harmless
/// here).
std::string_view without_comment(std::string_view line);
/// Whether `word` occurs with no letter, digit or underscore beside it.
bool has_word(std::string_view line, std::string_view word);

struct Include {
    std::size_t line;  // from 1
    std::string name;
    bool quoted;
};
std::vector<Include> includes_of(const SourceFile& file);

}  // namespace kg::tidy
