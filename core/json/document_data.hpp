#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/document.hpp"

namespace kg::json {

/// One value: offsets into the source, links to its neighbours. Objects and arrays use `first` and
/// `count` for their children; a string with escapes uses them for its place among the decoded
/// strings.
struct Entry {
    Kind kind = Kind::missing;
    bool decoded = false;      // a string's contents lie in DocumentData::decoded
    bool key_decoded = false;  // its key does
    bool altered = false;      // decoding replaced what no UTF-8 can stand for
    std::uint32_t begin = 0, end = 0;
    std::uint32_t key_begin = 0, key_size = 0;
    std::uint32_t parent = kNone, next = kNone, first = kNone, count = 0;

    static constexpr std::uint32_t kNone = 0xffffffffu;
};

struct DocumentData {
    std::string source;  // its capacity goes at least simdjson's padding beyond its size
    std::unique_ptr<char[]> decoded;
    std::vector<Entry> entries;

    std::string_view slice(bool from_decoded, std::uint32_t begin, std::uint32_t size) const {
        return {(from_decoded ? decoded.get() : source.data()) + begin, size};
    }
    std::string_view raw(const Entry& e) const { return slice(false, e.begin, e.end - e.begin); }
    std::string_view key(const Entry& e) const { return slice(e.key_decoded, e.key_begin, e.key_size); }
    std::string_view text(const Entry& e) const {
        return e.decoded ? slice(true, e.first, e.count) : slice(false, e.begin + 1, e.end - e.begin - 2);
    }
};

}  // namespace kg::json
