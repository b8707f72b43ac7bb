#include "core/kiro/schema_scan.hpp"

#include <cstddef>
#include <cstring>

namespace kg::kiro {
namespace {

using json::Kind;

constexpr unsigned kDepthMax = 64;

/// Walks valid JSON text once, front to back; each function starts at a value and leaves after it.
/// False means "not certain", after which the position no longer matters.
class Scan {
  public:
    Scan(std::string_view text, SchemaDialect dialect)
        : at_(text.data()), end_(at_ + text.size()), dialect_(dialect) {}

    bool root() {
        space();
        if (kind() != Kind::object || !schema(true) || !typed_ || !has_properties_) return false;
        space();
        return at_ == end_;
    }

  private:
    void space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }

    Kind kind() const {
        if (at_ == end_) return Kind::missing;
        switch (*at_) {
            case '{': return Kind::object;
            case '[': return Kind::array;
            case '"': return Kind::string;
            case 't':
            case 'f': return Kind::boolean;
            case 'n': return Kind::null;
            default: return Kind::number;
        }
    }

    /// Behind the opening bracket: is there anything inside?
    bool enter() {
        ++at_;
        space();
        return at_ != end_ && *at_ != '}' && *at_ != ']';
    }

    bool close() { return at_ != end_ && (++at_, true); }

    /// After an item: on to the next one, or past the closing bracket.
    bool next() {
        space();
        if (at_ == end_) return false;
        const bool more = *at_++ == ',';
        if (more) space();
        return more;
    }

    /// A member's name, up to its value; names with escapes are left to the real parser.
    bool name(std::string_view& out) {
        if (at_ == end_) return false;
        const char* start = ++at_;
        const void* quote = std::memchr(start, '"', static_cast<std::size_t>(end_ - start));
        if (!quote) return false;
        out = {start, static_cast<std::size_t>(static_cast<const char*>(quote) - start)};
        if (out.find('\\') != std::string_view::npos) return false;
        at_ = start + out.size() + 1;
        space();
        if (at_ == end_) return false;
        ++at_;  // the colon
        space();
        return true;
    }

    void skip_string() {
        for (++at_; at_ != end_;) {
            const void* quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
            if (!quote) {
                at_ = end_;
                return;
            }
            const char* q = static_cast<const char*>(quote);
            const char* slash = q;
            while (slash != at_ && slash[-1] == '\\') --slash;
            at_ = q + 1;
            if ((q - slash) % 2 == 0) return;
        }
    }

    void skip_value() {
        for (std::size_t open = 0; at_ != end_;) {
            switch (*at_) {
                case '"': skip_string(); continue;
                case '{':
                case '[': ++open; break;
                case '}':
                case ']':
                    if (open == 0) return;  // the container's own
                    --open;
                    break;
                case ',':
                    if (open == 0) return;
                    break;
                default: break;
            }
            ++at_;
        }
    }

    bool schema(bool root) {
        if (++depth_ > kDepthMax) return false;
        std::string_view key;
        if (enter()) {
            do {
                if (!name(key) || (root && !root_member(key)) || !member(key)) return false;
            } while (next());
        } else if (!close()) {
            return false;
        }
        --depth_;
        return true;
    }

    bool root_member(std::string_view key) {
        if (is_compound_keyword(key)) return false;
        constexpr std::string_view object = "\"object\"";
        if (key == "type") {
            const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
            return typed_ = rest.starts_with(object);
        }
        has_properties_ = has_properties_ || key == "properties";
        return true;
    }

    bool member(std::string_view key) {
        switch (schema_action(key, kind(), dialect_)) {
            case SchemaAction::copy: return skip_value(), true;
            case SchemaAction::names: return names();
            case SchemaAction::schema: return schema(false);
            case SchemaAction::schema_map: return schemas(true);
            case SchemaAction::schema_list: return schemas(false);
            case SchemaAction::drop:
            case SchemaAction::empty_object:
            case SchemaAction::as_enum: break;
        }
        return false;
    }

    bool names() {
        if (!enter()) return false;
        do {
            if (kind() != Kind::string) return false;
            skip_string();
        } while (next());
        return true;
    }

    bool schemas(bool named) {
        if (!enter()) return named && close();
        std::string_view key;
        do {
            if (named && !name(key)) return false;
            if (kind() == Kind::object) {
                if (!schema(false)) return false;
            } else if (kind() == Kind::boolean) {
                skip_value();
            } else {
                return false;
            }
        } while (next());
        return true;
    }

    const char* at_;
    const char* end_;
    SchemaDialect dialect_;
    unsigned depth_ = 0;
    bool typed_ = false;
    bool has_properties_ = false;
};

}  // namespace

bool schema_surely_fine(std::string_view schema, SchemaDialect dialect) {
    return Scan(schema, dialect).root();
}

}  // namespace kg::kiro
