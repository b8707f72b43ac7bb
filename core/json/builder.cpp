#include "core/json/builder.hpp"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <string>

#include "core/base/ascii.hpp"
#include "core/json/scalar.hpp"

namespace kg::json {
namespace {

bool is_white(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// simdjson's first stage, kept per thread so that its index buffer is not allocated per request.
class Indexer {
 public:
    simdjson::error_code run(const std::string& text) {
        if (!parser_) {
            const auto made = simdjson::get_active_implementation()->create_dom_parser_implementation(
                text.size(), 1, parser_);
            if (made != simdjson::SUCCESS) return made;
        } else if (parser_->capacity() < text.size()) {
            if (const auto grown = parser_->allocate(text.size(), 1); grown != simdjson::SUCCESS) return grown;
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

}  // namespace

Err<Error> Builder::fail(std::size_t at, const char* reason) const {
    return Err(Error{.kind = ErrorKind::malformed_request,
                     .message = "invalid JSON at byte " + std::to_string(at) + ": " + reason});
}

Result<void> Builder::build() {
    thread_local Indexer indexer;
    struct Shrink {
        ~Shrink() { indexer_.shrink(); }
        Indexer& indexer_;
    } shrink{indexer};

    std::string& text = data_.source;
    if (text.size() >= Entry::kNone) return fail(0, "the text is too long");
    // What simdjson asks of every input.
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    if (const auto code = indexer.run(text); code != simdjson::SUCCESS) {
        if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY) return fail(0, "the text is too long");
        const auto found = locate(text);
        return fail(found.first, found.second);
    }
    token_ = indexer.begin();
    tokens_end_ = indexer.end();
    const auto tokens = static_cast<std::size_t>(tokens_end_ - token_);
    // A member takes four tokens, an item two.
    data_.entries.reserve(std::min(tokens / 2 + 1, limits_.nodes_max));
    do {
        KG_CHECK(read_value());
        KG_TRY(more, after_value());
        if (!more) break;
    } while (true);
    Token extra;
    if (next(extra)) return fail(extra.begin, "unexpected text after the value");
    return {};
}

bool Builder::next(Token& token) {
    if (token_ == tokens_end_) return false;
    token.begin = *token_++;
    std::size_t end = token_ == tokens_end_ ? data_.source.size() : *token_;
    while (is_white(data_.source[end - 1])) --end;
    token.end = static_cast<std::uint32_t>(end);
    token.first = data_.source[token.begin];
    return true;
}

char Builder::peek() const { return token_ == tokens_end_ ? '\0' : data_.source[*token_]; }

void Builder::link(Entry& entry) {
    if (open_.empty()) return;
    const auto index = static_cast<std::uint32_t>(data_.entries.size());
    Open& top = open_.back();
    Entry& parent = data_.entries[top.entry];
    entry.parent = top.entry;
    if (in_object_) {
        entry.key_decoded = key_decoded_;
        entry.key_begin = key_begin_;
        entry.key_size = key_size_;
    }
    if (top.last_child == Entry::kNone) parent.first = index;
    else data_.entries[top.last_child].next = index;
    top.last_child = index;
    ++parent.count;
}

/// Reads one value; of a container with contents only its beginning, up to the first value inside.
Result<void> Builder::read_value() {
    for (;;) {
        Token token;
        if (!next(token)) return fail(data_.source.size(), "the text ends where a value was expected");
        if (data_.entries.size() >= limits_.nodes_max) return fail(token.begin, "too many values");
        Entry entry;
        entry.begin = token.begin;
        link(entry);
        if (token.first != '{' && token.first != '[') {
            KG_CHECK(read_scalar(entry, token));
            data_.entries.push_back(entry);
            return {};
        }
        const bool object = token.first == '{';
        entry.kind = object ? Kind::object : Kind::array;
        if (open_.size() >= limits_.depth_max) return fail(token.begin, "nested too deeply");
        open_.push_back({static_cast<std::uint32_t>(data_.entries.size())});
        in_object_ = object;
        data_.entries.push_back(entry);
        if (peek() == (object ? '}' : ']')) {
            Token end;
            next(end);
            close(end.begin + 1);
            return {};
        }
        if (object) KG_CHECK(read_key());
    }
}

void Builder::close(std::uint32_t end) {
    data_.entries[open_.back().entry].end = end;
    open_.pop_back();
    in_object_ = !open_.empty() && data_.entries[open_.back().entry].kind == Kind::object;
}

/// Closes every container that ends here; false when the root is complete.
Result<bool> Builder::after_value() {
    while (!open_.empty()) {
        Token token;
        if (!next(token)) {
            return fail(data_.source.size(), in_object_ ? "an object is not closed" : "an array is not closed");
        }
        if (token.first == ',') {
            if (in_object_) KG_CHECK(read_key());
            return true;
        }
        if (token.first != (in_object_ ? '}' : ']')) {
            return fail(token.begin, in_object_ ? "expected a comma or }" : "expected a comma or ]");
        }
        close(token.begin + 1);
    }
    return false;
}

Result<void> Builder::read_key() {
    Token key, colon;
    if (!next(key)) return fail(data_.source.size(), "the text ends where a key was expected");
    if (key.first != '"') return fail(key.begin, "expected a key in quotation marks");
    KG_CHECK(string_slot(key, key_decoded_, key_begin_, key_size_));
    if (!next(colon)) return fail(data_.source.size(), "the text ends where a colon was expected");
    if (colon.first != ':') return fail(colon.begin, "expected a colon");
    return {};
}

Result<void> Builder::string_slot(const Token& token, bool& decoded, std::uint32_t& begin, std::uint32_t& size) {
    // Stage 1 starts a token at every quotation mark that opens a string and at whatever follows the
    // closing one, so the last byte of this token is that closing mark.
    if (token.end - token.begin < 2 || data_.source[token.end - 1] != '"') {
        return fail(token.begin, "a string is not closed");
    }
    begin = token.begin + 1;
    size = token.end - token.begin - 2;
    const auto contents = std::string_view(data_.source).substr(begin, size);
    decoded = std::memchr(contents.data(), '\\', contents.size()) != nullptr;
    if (!decoded) return {};
    std::size_t bad_at = 0;
    if (data_.decoded.empty()) data_.decoded.reserve(data_.source.size() - token.begin);
    const std::size_t start = data_.decoded.size();
    if (!append_unescaped(data_.decoded, contents, bad_at)) return fail(begin + bad_at, "unknown escape in a string");
    begin = static_cast<std::uint32_t>(start);
    size = static_cast<std::uint32_t>(data_.decoded.size() - start);
    return {};
}

Result<void> Builder::read_scalar(Entry& entry, const Token& token) {
    entry.end = token.end;
    const auto text = std::string_view(data_.source).substr(token.begin, token.end - token.begin);
    switch (token.first) {
        case '"': {
            entry.kind = Kind::string;
            std::uint32_t begin = 0, size = 0;
            KG_CHECK(string_slot(token, entry.decoded, begin, size));
            if (entry.decoded) entry.first = begin, entry.count = size;
            return {};
        }
        case 't':
        case 'f':
            entry.kind = Kind::boolean;
            if (text == "true" || text == "false") return {};
            break;
        case 'n':
            entry.kind = Kind::null;
            if (text == "null") return {};
            break;
        case '-': case '0': case '1': case '2': case '3': case '4':
        case '5': case '6': case '7': case '8': case '9':
            entry.kind = Kind::number;
            if (is_number(text)) return {};
            return fail(token.begin, "malformed number");
        default: break;
    }
    return fail(token.begin, "expected a value");
}

}  // namespace kg::json
