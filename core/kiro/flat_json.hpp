#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kg::kiro {

/// Reader for the one shape nearly every Kiro payload has: a compact object of at most eight string
/// or boolean members, `{"content":"Hello","modelId":"x"}`. No allocation, no copies. It accepts
/// only what is certainly valid JSON of that shape; for everything else (white space, numbers,
/// nesting, broken UTF-8) parse() answers false and the general parser decides.
class FlatObject {
  public:
    struct Field {
        std::string_view key;
        std::string_view value;  // between the quotation marks, escapes not yet decoded
        enum class Kind : std::uint8_t { string, true_, false_ } kind = Kind::string;
        bool escaped = false;  // `value` contains escapes
    };

    bool parse(std::string_view json);
    /// Last field of that name, or nullptr.
    const Field* find(std::string_view key) const;
    std::size_t size() const { return count_; }

  private:
    std::array<Field, 8> fields_;
    std::size_t count_ = 0;
};

/// Decodes the inside of a JSON string into `out`; false for an escape that is not valid or a
/// surrogate without its other half.
bool unescape_json(std::string_view raw, std::string& out);

}  // namespace kg::kiro
