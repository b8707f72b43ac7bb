#include "core/json/document.hpp"

#include "core/base/ascii.hpp"
#include "core/json/builder.hpp"
#include "core/json/document_data.hpp"
#include "core/json/scalar.hpp"
#include "core/json/writer.hpp"

namespace kg::json {
namespace {

bool is_plain_key(std::string_view key) {
    if (key.empty() || ascii::is_digit(key.front())) return false;
    for (const char c : key) {
        if (!ascii::is_alpha(c) && !ascii::is_digit(c) && c != '_' && c != '-' && c != '$') return false;
    }
    return true;
}

/// A client's key in an error sentence: short, and quoted when it is not a plain name.
std::string shown_key(std::string_view key) {
    constexpr std::size_t kMaxBytes = 64;
    const auto prefix = ascii::utf8_prefix(key, kMaxBytes);
    std::string out;
    if (prefix.size() == key.size() && is_plain_key(key)) return std::string(key);
    append_string(out, prefix);
    return out;
}

}  // namespace

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::missing: return "nothing";
        case Kind::null: return "null";
        case Kind::boolean: return "a boolean";
        case Kind::number: return "a number";
        case Kind::string: return "a string";
        case Kind::array: return "an array";
        case Kind::object: return "an object";
    }
    return "nothing";
}

Result<Document> Document::parse(std::string text, const Limits& limits) {
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    if (ascii::is_blank(text)) {
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "empty body"});
    }
    auto data = std::make_shared<DocumentData>();
    data->source = std::move(text);
    KG_CHECK(Builder(*data, limits).build());
    Document document;
    document.data_ = std::move(data);
    return document;
}

Node Document::root() const {
    return data_ ? Node(data_.get(), 0) : Node();
}

const std::string& Document::source() const {
    static const std::string empty;
    return data_ ? data_->source : empty;
}

const Entry& Node::entry() const {
    static const Entry missing;
    return data_ ? data_->entries[index_] : missing;
}

Kind Node::kind() const {
    return entry().kind;
}

std::string_view Node::text() const {
    return is_string() ? data_->text(entry()) : std::string_view();
}

std::optional<std::string_view> Node::as_string() const {
    return is_string() ? std::optional(text()) : std::nullopt;
}

SharedText Node::shared_text() const {
    if (!is_string()) return {};
    const Entry& e = entry();
    const auto escaped = data_->slice(false, e.begin + 1, e.end - e.begin - 2);
    if (!e.decoded) return SharedText::borrowed(escaped, escaped);
    return SharedText::borrowed(data_->text(e), e.altered ? std::string_view() : escaped);
}

std::optional<bool> Node::as_bool() const {
    return kind() == Kind::boolean ? std::optional(raw().front() == 't') : std::nullopt;
}

std::optional<std::int64_t> Node::as_int() const {
    return kind() == Kind::number ? number_as_int(raw()) : std::nullopt;
}

std::optional<double> Node::as_double() const {
    return kind() == Kind::number ? number_as_double(raw()) : std::nullopt;
}

std::string_view Node::raw() const {
    return data_ ? data_->raw(entry()) : std::string_view();
}

std::size_t Node::size() const {
    return kind() >= Kind::array ? entry().count : 0;
}

Node Node::operator[](std::string_view key) const {
    if (!is_object()) return {};
    std::uint32_t found = Entry::kNone;
    for (std::uint32_t i = entry().first; i != Entry::kNone; i = data_->entries[i].next) {
        const Entry& member = data_->entries[i];
        if (member.key_size == key.size() && data_->key(member) == key) found = i;
    }
    return found == Entry::kNone ? Node() : Node(data_, found);
}

Node Node::at(std::size_t index) const {
    if (index >= size()) return {};
    std::uint32_t i = entry().first;
    while (index-- > 0) i = data_->entries[i].next;
    return Node(data_, i);
}

std::string_view Node::key() const {
    return data_ ? data_->key(entry()) : std::string_view();
}

Node::Children Node::children() const {
    return Children(data_, kind() >= Kind::array ? entry().first : Entry::kNone);
}

std::string Node::path() const {
    if (data_ == nullptr || entry().parent == Entry::kNone) return {};
    const Node parent(data_, entry().parent);
    std::string out = parent.path();
    if (parent.is_object()) {
        if (!out.empty()) out += '.';
        return out += shown_key(key());
    }
    std::size_t position = 0;
    for (std::uint32_t i = parent.entry().first; i != index_; i = data_->entries[i].next) ++position;
    return out += '[' + std::to_string(position) + ']';
}

Node::Children::Iterator& Node::Children::Iterator::operator++() {
    index_ = data_->entries[index_].next;
    return *this;
}

}  // namespace kg::json
