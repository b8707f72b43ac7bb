#pragma once

#include <cstdio>
#include <string>

namespace kg::bench {

/// The text of event `at`: its number and a filler with all that an encoder must escape or leave
/// alone.
inline std::string event_text(unsigned at, unsigned bytes) {
    static const std::string filler = " \"caf\xc3\xa9\"\nif (a < b) { return c\\d; }\t\xe2\x82\xac 17 ";
    char number[16];
    std::snprintf(number, sizeof number, "%07u", at);
    std::string out = number;
    while (out.size() + filler.size() <= bytes) out += filler;
    for (char c = 'a'; out.size() < bytes; c = c == 'z' ? 'a' : static_cast<char>(c + 1)) out += c;
    return out;
}

/// As the inside of a JSON string.
inline std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

}  // namespace kg::bench
