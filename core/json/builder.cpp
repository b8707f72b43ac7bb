#include "core/json/builder.hpp"

#include <simdjson.h>

#include <memory>
#include <string>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/json/blocks.hpp"
#include "core/json/scalar.hpp"

namespace kg::json {
namespace {

bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// simdjson's first stage, kept per thread so that its index buffer is not allocated per request.
class Indexer {
  public:
    simdjson::error_code run(const std::string& text) {
        if (!parser_) {
            const auto made = simdjson::get_active_implementation()->create_dom_parser_implementation(
                text.size(), 1, parser_);
            if (made != simdjson::SUCCESS) return made;
        } else if (parser_->capacity() < text.size()) {
            if (const auto grown = parser_->allocate(text.size(), 1); grown != simdjson::SUCCESS)
                return grown;
        }
        return parser_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                               simdjson::stage1_mode::regular);
    }
    const std::uint32_t* begin() const { return parser_->structural_indexes.get(); }
    const std::uint32_t* end() const { return begin() + parser_->n_structural_indexes; }
    /// The index takes four bytes per source byte: one huge body must not stay with the thread.
    void shrink() {
        if (parser_ && parser_->capacity() > 4u << 20) parser_.reset();
    }

  private:
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
};

/// Explains what stage 1 only refuses: bad UTF-8, a bare control character or an open string.
std::pair<std::size_t, const char*> locate(std::string_view text) {
    std::size_t string_start = std::string_view::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x80) {
            std::size_t length = 2;
            while (length <= 4 && !ascii::is_utf8(text.substr(i, length))) ++length;
            if (length > 4) return {i, "the text is not UTF-8"};
            i += length - 1;
        } else if (c == '"') {
            string_start = string_start == std::string_view::npos ? i : std::string_view::npos;
        } else if (string_start != std::string_view::npos) {
            if (c < 0x20) return {i, "a control character inside a string must be escaped"};
            // The escaped character itself is looked at only when it may be wrong.
            if (c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        }
    }
    if (string_start != std::string_view::npos) return {string_start, "a string is not closed"};
    return {0, "not a JSON text"};
}

/// Reads whole blocks: kBlock bytes behind `contents` must be readable.
bool has_backslash(std::string_view contents) {
    const char* p = contents.data();
    for (std::size_t left = contents.size(); left > 0;) {
        if (const auto at = first_lane(load_block(p) == '\\'); at < kBlock) return at < left;
        if (left <= kBlock) return false;
        p += kBlock;
        left -= kBlock;
    }
    return false;
}

}  // namespace

bool Builder::fail(std::size_t at, const char* reason) {
    bad_at_ = at;
    reason_ = reason;
    return false;
}

Result<void> Builder::build() {
    if (read_all()) return {};
    return Err(Error{.kind = ErrorKind::malformed_request,
                     .message = "invalid JSON at byte " + std::to_string(bad_at_) + ": " + reason_});
}

bool Builder::read_all() {
    thread_local Indexer indexer;
    struct Shrink {
        ~Shrink() { indexer_.shrink(); }
        Indexer& indexer_;
    } shrink{indexer};

    std::string& text = data_.source;
    if (text.size() >= Entry::kNone - kBlock) return fail(0, "the text is too long");
    // What simdjson asks of every input; the strings are decoded in blocks of half as much.
    static_assert(kBlock <= simdjson::SIMDJSON_PADDING);
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    if (const auto code = indexer.run(text); code != simdjson::SUCCESS) {
        if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY) return fail(0, "the text is too long");
        const auto found = locate(text);
        return fail(found.first, found.second);
    }
    text_ = text.data();
    token_ = indexer.begin();
    tokens_end_ = indexer.end();
    const auto tokens = static_cast<std::size_t>(tokens_end_ - token_);
    // A member takes four tokens, an item two.
    data_.entries.reserve(std::min(tokens / 2 + 1, limits_.nodes_max));
    for (bool more = true; more;) {
        if (!read_value() || !after_value(more)) return false;
    }
    return at_end() || fail(*token_, "unexpected text after the value");
}

std::uint32_t Builder::token_end() const {
    std::size_t end = at_end() ? data_.source.size() : *token_;
    while (is_white(text_[end - 1])) --end;
    return static_cast<std::uint32_t>(end);
}

void Builder::link(Entry& entry) {
    if (open_.empty()) return;
    const auto index = static_cast<std::uint32_t>(data_.entries.size());
    Open& top = open_.back();
    Entry& parent = data_.entries[top.entry];
    entry.parent = top.entry;
    if (in_object_) {
        entry.key_decoded = key_.decoded;
        entry.key_begin = key_.begin;
        entry.key_size = key_.size;
    }
    if (top.last_child == Entry::kNone)
        parent.first = index;
    else
        data_.entries[top.last_child].next = index;
    top.last_child = index;
    ++parent.count;
}

/// Reads one value; of a container with contents only its beginning, up to the first value inside.
bool Builder::read_value() {
    for (;;) {
        if (at_end()) return fail(data_.source.size(), "the text ends where a value was expected");
        Entry entry;
        entry.begin = *token_++;
        if (data_.entries.size() >= limits_.nodes_max) return fail(entry.begin, "too many values");
        link(entry);
        const char first = text_[entry.begin];
        if (first != '{' && first != '[') {
            if (!read_scalar(entry)) return false;
            data_.entries.push_back(entry);
            return true;
        }
        const bool object = first == '{';
        entry.kind = object ? Kind::object : Kind::array;
        if (open_.size() >= limits_.depth_max) return fail(entry.begin, "nested too deeply");
        open_.push_back({static_cast<std::uint32_t>(data_.entries.size())});
        in_object_ = object;
        data_.entries.push_back(entry);
        if (!at_end() && text_[*token_] == (object ? '}' : ']')) {
            close(*token_++ + 1);
            return true;
        }
        if (object && !read_key()) return false;
    }
}

void Builder::close(std::uint32_t end) {
    data_.entries[open_.back().entry].end = end;
    open_.pop_back();
    in_object_ = !open_.empty() && data_.entries[open_.back().entry].kind == Kind::object;
}

/// Closes every container that ends here; `more` is false when the root is complete.
bool Builder::after_value(bool& more) {
    while (!open_.empty()) {
        if (at_end()) {
            return fail(data_.source.size(),
                        in_object_ ? "an object is not closed" : "an array is not closed");
        }
        const std::uint32_t at = *token_++;
        const char c = text_[at];
        if (c == ',') return !in_object_ || read_key();
        if (c != (in_object_ ? '}' : ']')) {
            return fail(at, in_object_ ? "expected a comma or }" : "expected a comma or ]");
        }
        close(at + 1);
    }
    more = false;
    return true;
}

bool Builder::read_key() {
    if (at_end()) return fail(data_.source.size(), "the text ends where a key was expected");
    const std::uint32_t key = *token_++;
    if (text_[key] != '"') return fail(key, "expected a key in quotation marks");
    if (!read_string(key, token_end(), key_)) return false;
    if (at_end()) return fail(data_.source.size(), "the text ends where a colon was expected");
    const std::uint32_t colon = *token_++;
    return text_[colon] == ':' || fail(colon, "expected a colon");
}

bool Builder::read_string(std::uint32_t begin, std::uint32_t end, Slot& slot) {
    // Stage 1 starts a token at every quotation mark that opens a string and at whatever follows
    // the closing one, so the last byte of this token is that closing mark.
    if (end - begin < 2 || text_[end - 1] != '"') return fail(begin, "a string is not closed");
    slot = {.begin = begin + 1, .size = end - begin - 2};
    const std::string_view contents(text_ + slot.begin, slot.size);
    if (!has_backslash(contents)) return true;
    if (!data_.decoded) {
        // No escape is shorter than what it stands for, so the room is known beforehand.
        data_.decoded = std::make_unique_for_overwrite<char[]>(data_.source.size() - begin + kBlock);
        decoded_end_ = data_.decoded.get();
    }
    bool altered = false;
    std::size_t bad_at = 0;
    char* const decoded = std::exchange(decoded_end_, unescape(decoded_end_, contents, altered, bad_at));
    if (!decoded_end_) return fail(slot.begin + bad_at, "unknown escape in a string");
    slot = {true, altered, static_cast<std::uint32_t>(decoded - data_.decoded.get()),
            static_cast<std::uint32_t>(decoded_end_ - decoded)};
    return true;
}

bool Builder::read_scalar(Entry& entry) {
    entry.end = token_end();
    const std::string_view text(text_ + entry.begin, entry.end - entry.begin);
    switch (text.front()) {
        case '"': {
            entry.kind = Kind::string;
            Slot slot;
            if (!read_string(entry.begin, entry.end, slot)) return false;
            if (slot.decoded) {
                entry.decoded = true;
                entry.altered = slot.altered;
                entry.first = slot.begin;
                entry.count = slot.size;
            }
            return true;
        }
        case 't':
        case 'f':
            entry.kind = Kind::boolean;
            if (text == "true" || text == "false") return true;
            break;
        case 'n':
            entry.kind = Kind::null;
            if (text == "null") return true;
            break;
        case '-':
        case '0':
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
        case '6':
        case '7':
        case '8':
        case '9': entry.kind = Kind::number; return is_number(text) || fail(entry.begin, "malformed number");
        default: break;
    }
    return fail(entry.begin, "expected a value");
}

}  // namespace kg::json
