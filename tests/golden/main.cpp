// golden FOLDER: plays one transcript and compares, or with KIROGATE_BLESS=1 writes, its results.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/anthropic/dialect.hpp"
#include "core/openai/dialect.hpp"
#include "tests/golden/transcript.hpp"
#include "tests/support/responses_dialect.hpp"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void show_difference(const std::string& expected, const std::string& found) {
    std::size_t at = 0;
    while (at < expected.size() && at < found.size() && expected[at] == found[at]) ++at;
    const auto line =
        1 + std::count(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const auto from = at < 60 ? 0 : at - 60;
    std::printf("  first difference in line %td, byte %zu\n  expected: ...%s\n  found:    ...%s\n", line, at,
                expected.substr(from, 160).c_str(), found.substr(from, 160).c_str());
}

bool settle(const fs::path& file, const std::string& found) {
    if (const char* bless = std::getenv("KIROGATE_BLESS"); bless && *bless) {
        std::ofstream(file, std::ios::binary) << found;
        return true;
    }
    const auto expected = read(file);
    if (fs::exists(file) && expected == found) return true;
    std::printf("%s differs\n", file.c_str());
    show_difference(expected, found);
    return false;
}

std::unique_ptr<kg::chat::Dialect> dialect_called(const std::string& name) {
    for (auto& dialect :
         {&kg::openai::make_dialect, &kg::test::responses_dialect, &kg::anthropic::make_dialect}) {
        if (auto made = dialect(); made->name() == name) return made;
    }
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const fs::path folder = fs::weakly_canonical(fs::path(argv[1]) / ".");
    const auto dialect = dialect_called(folder.parent_path().filename().string());
    if (!dialect) return 2;
    const auto played = kg::test::play_transcript(*dialect, read(folder / "client_request.json"),
                                                  read(folder / "upstream.txt"));
    if (!played) {
        std::printf("%s\n", played.error().message.c_str());
        return 1;
    }
    const bool request = settle(folder / "kiro_request.json", played->kiro_request);
    const bool reply =
        settle(folder / (played->stream ? "client_reply.sse" : "client_reply.json"), played->client_reply);
    return request && reply ? 0 : 1;
}
