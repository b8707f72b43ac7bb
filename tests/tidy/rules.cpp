#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace kg::tidy {
namespace {

constexpr std::size_t kColumns = 120;
constexpr std::size_t kLines = 400;

struct ThirdParty {
    std::string_view header;  // the name, or its folder with '/'
    std::string_view lib;     // what the room must list under LIBS
};
constexpr ThirdParty kThirdParty[] = {
    {"CLI/", "CLI11::CLI11"},
    {"curl/", "CURL::libcurl"},
    {"llhttp.h", "kirogate_llhttp"},
    {"nlohmann/", "nlohmann_json::nlohmann_json"},
    {"openssl/", "OpenSSL::Crypto"},
    {"pcre2.h", "PkgConfig::PCRE2"},
    {"simdjson.h", "simdjson::simdjson"},
    {"spdlog/", "spdlog::spdlog"},
    {"sqlite3.h", "SQLite::SQLite3"},
    {"toml++/", "tomlplusplus::tomlplusplus"},
    {"uv.h", "PkgConfig::LIBUV"},
    {"valijson/", "valijson"},
    {"zlib.h", "ZLIB::ZLIB"},
};

std::string at(const SourceFile& file, std::size_t line, std::string_view what) {
    return file.path + ':' + std::to_string(line) + ": " + std::string(what);
}

/// Lines whose code (comments left out) has one of the words.
Findings code_words(const SourceFile& file, std::initializer_list<std::string_view> words,
                    std::string_view why) {
    Findings out;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        for (const auto word : words) {
            if (!has_word(without_comment(file.lines[i]), word)) continue;
            out.push_back(at(file, i + 1, std::string(word).append(why)));
        }
    }
    return out;
}

Findings layers(const SourceFile& file, const std::vector<Room>& rooms) {
    if (!file.is_product()) return {};
    const Room* const room = room_of(rooms, file.path);
    if (room == nullptr) return {at(file, 1, "lies in no room of CMakeLists.txt")};
    Findings out;
    for (const Include& include : includes_of(file)) {
        if (!include.quoted || include.name == "kirogate_version.hpp") continue;
        const Room* const other = room_of(rooms, include.name);
        if (other == nullptr) {
            out.push_back(
                at(file, include.line, "\"" + include.name + "\" is not a path from the root into a room"));
        } else if (!room->may_use(other->name)) {
            out.push_back(at(file, include.line,
                             room->name + " may not know " + other->name + " (" + include.name + ')'));
        }
    }
    return out;
}

Findings third_party(const SourceFile& file, const std::vector<Room>& rooms) {
    if (!file.is_product()) return {};
    const Room* const room = room_of(rooms, file.path);
    Findings out;
    for (const Include& include : includes_of(file)) {
        for (const ThirdParty& library : kThirdParty) {
            const bool hit = library.header.ends_with('/') ? include.name.starts_with(library.header)
                                                           : include.name == library.header;
            if (hit && (room == nullptr || !room->links(library.lib))) {
                out.push_back(
                    at(file, include.line,
                       include.name + " belongs to the rooms that link " + std::string(library.lib)));
            }
        }
    }
    return out;
}

Findings leftovers(const SourceFile& file, const std::vector<Room>&) {
    Findings out;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        // Spelt in halves, or this file would report itself.
        for (const std::string_view word : {"TO"
                                            "DO",
                                            "FIX"
                                            "ME",
                                            "X"
                                            "XX",
                                            "HA"
                                            "CK"}) {
            if (has_word(file.lines[i], word)) out.push_back(at(file, i + 1, word));
        }
    }
    return out;
}

Findings headers(const SourceFile& file, const std::vector<Room>&) {
    if (!file.is_header()) return {};
    Findings out;
    if (std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end()) {
        out.push_back(at(file, 1, "no #pragma once"));
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        if (without_comment(file.lines[i]).find("using namespace") != std::string_view::npos) {
            out.push_back(at(file, i + 1, "using namespace in a header"));
        }
    }
    return out;
}

Findings own_header_first(const SourceFile& file, const std::vector<Room>&) {
    if (file.is_header() || !file.is_product()) return {};
    const std::string own = file.path.substr(0, file.path.size() - 3) + "hpp";
    const auto includes = includes_of(file);
    for (std::size_t i = 1; i < includes.size(); ++i) {
        if (includes[i].name == own) return {at(file, includes[i].line, "its own header comes first")};
    }
    return {};
}

Findings size(const SourceFile& file, const std::vector<Room>&) {
    Findings out;
    if (file.is_product() && file.lines.size() > kLines) {
        out.push_back(at(file, file.lines.size(), "over " + std::to_string(kLines) + " lines"));
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const auto& line = file.lines[i];
        // Tests carry documents and wire lines as literals, which are clearer in one piece.
        if (!file.is_product() && line.find('"') != std::string::npos) continue;
        const auto columns =
            std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
        if (static_cast<std::size_t>(columns) > kColumns) {
            out.push_back(at(file, i + 1, std::to_string(columns) + " columns"));
        }
    }
    return out;
}

Findings environment(const SourceFile& file, const std::vector<Room>&) {
    if (!file.is_product() || file.path.starts_with("core/config/")) return {};
    return code_words(file, {"getenv", "secure_getenv", "environ"},
                      ": the environment is read in core/config alone");
}

Findings sleeping(const SourceFile& file, const std::vector<Room>&) {
    if (file.is_product()) return {};
    return code_words(file, {"sleep_for", "sleep_until", "usleep", "nanosleep"},
                      ": wait for an event or move a manual clock");
}

Findings streams(const SourceFile& file, const std::vector<Room>&) {
    if (!file.is_product()) return {};
    Findings out;
    for (const Include& include : includes_of(file)) {
        if (include.name == "iostream") out.push_back(at(file, include.line, "iostream in the product"));
    }
    return out;
}

}  // namespace

const std::vector<Rule>& rules() {
    static const std::vector<Rule> all{
        {"layers", layers},
        {"third_party", third_party},
        {"leftovers", leftovers},
        {"headers", headers},
        {"own_header_first", own_header_first},
        {"size", size},
        {"environment", environment},
        {"sleeping", sleeping},
        {"streams", streams},
    };
    return all;
}

}  // namespace kg::tidy
