// Runs a fuzz target without libFuzzer: every file of the corpus as it is, then mutations of it
// from a fixed seed. A failing input is repeated by its printed round.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kRounds = 20'000;
constexpr std::size_t kMaxBytes = 4096;
int g_round = -1;

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const char* folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> corpus;
    for (const auto& path : paths) {
        std::ifstream in(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return corpus;
}

void mutate(std::string& text, const std::vector<std::string>& corpus, std::mt19937& random) {
    const std::size_t at = text.empty() ? 0 : random() % text.size();
    const std::string& other = corpus[random() % corpus.size()];
    const std::size_t from = other.empty() ? 0 : random() % other.size();
    switch (random() % 5) {
        case 0: text.insert(at, 1, static_cast<char>(random())); break;
        case 1: text.erase(at, random() % 8); break;
        case 2: text.insert(at, other, from, random() % 32); break;
        case 3: text.resize(at); break;
        default:
            if (!text.empty())
                text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1u << random() % 8));
    }
    if (text.size() > kMaxBytes) text.resize(kMaxBytes);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: fuzz_TARGET CORPUS_FOLDER\n", stderr);
        return 2;
    }
    const auto corpus = read_corpus(argv[1]);
    if (corpus.empty()) {
        std::fputs("the corpus is empty\n", stderr);
        return 2;
    }
    std::atexit([] { std::fprintf(stderr, "rounds finished: %d\n", g_round + 1); });
    for (const std::string& input : corpus) run(input);
    std::mt19937 random(20'260'101);
    for (g_round = 0; g_round < kRounds; ++g_round) {
        std::string text = corpus[random() % corpus.size()];
        for (std::size_t n = random() % 4 + 1; n > 0; --n) mutate(text, corpus, random);
        run(text);
    }
    return 0;
}
