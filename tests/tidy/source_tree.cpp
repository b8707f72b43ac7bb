#include "tests/tidy/source_tree.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace kg::tidy {

namespace fs = std::filesystem;

SourceFile make_source(std::string path, std::string_view text) {
    SourceFile file{std::move(path), {}};
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        file.lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return file;
}

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<SourceFile> read_tree(const std::string& root) {
    std::vector<SourceFile> files;
    for (const char* const top : {"core", "cmd", "daemon", "tests"}) {
        if (!fs::exists(fs::path(root) / top)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
            const auto extension = entry.path().extension();
            if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
            const auto path = fs::relative(entry.path(), root).generic_string();
            files.push_back(make_source(path, read_text(entry.path().string())));
        }
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return files;
}

std::string_view without_comment(std::string_view line) {
    return line.substr(0, line.find("//"));
}

bool has_word(std::string_view line, std::string_view word) {
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (std::size_t at = 0; (at = line.find(word, at)) != std::string_view::npos; ++at) {
        const bool before = at > 0 && is_part(line[at - 1]);
        const bool after = at + word.size() < line.size() && is_part(line[at + word.size()]);
        if (!before && !after) return true;
    }
    return false;
}

std::vector<Include> includes_of(const SourceFile& file) {
    std::vector<Include> out;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string_view line = file.lines[i];
        if (!line.starts_with("#include ")) continue;
        const std::string_view name = line.substr(9);
        if (name.empty()) continue;
        const auto end = name.find(name.front() == '<' ? '>' : '"', 1);
        if (end == std::string_view::npos) continue;
        out.push_back({i + 1, std::string(name.substr(1, end - 1)), name.front() == '"'});
    }
    return out;
}

}  // namespace kg::tidy
