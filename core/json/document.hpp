#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/json/raw.hpp"

namespace kg::json {

enum class Kind : std::uint8_t { missing, null, boolean, number, string, array, object };
std::string_view kind_name(Kind kind);  // "a string", "an array", ... for error sentences

class Document;
struct DocumentData;
struct Entry;

/// One value of a Document: a 16-byte handle, valid as long as the document or a copy of it lives.
/// A handle may be `missing` (a key that is not there); every reader below accepts that and finds
/// nothing.
class Node {
  public:
    Node() = default;
    Kind kind() const;
    explicit operator bool() const { return data_ != nullptr; }  // false when missing
    bool is_null_or_missing() const { return kind() <= Kind::null; }
    bool is_string() const { return kind() == Kind::string; }
    bool is_object() const { return kind() == Kind::object; }
    bool is_array() const { return kind() == Kind::array; }

    /// Decoded string contents, empty unless a string. Valid UTF-8; may contain U+0000.
    std::string_view text() const;
    std::optional<std::string_view> as_string() const;
    /// text() as a slice of the document, which must outlive it; knows its escaped form.
    SharedText shared_text() const;
    std::optional<bool> as_bool() const;
    std::optional<std::int64_t> as_int() const;  // also of 12.0 and 1e3; nothing for 1.5 or out of range
    std::optional<double> as_double() const;
    /// The value's exact source bytes, white space inside included.
    std::string_view raw() const;
    RawJson shared_raw() const { return RawJson::trusted(SharedText::borrowed(raw())); }

    std::size_t size() const;                     // members or items, 0 for scalars
    Node operator[](std::string_view key) const;  // last of equal keys, as most parsers do; missing if none
    Node at(std::size_t index) const;
    std::string_view key() const;  // this member's key inside its object

    /// Iteration over items or members, in source order: for (Node n : node.children()).
    class Children;
    Children children() const;

    /// "messages[3].content[0].text"; empty for the root.
    std::string path() const;

  private:
    friend class Document;
    friend class Children;
    const Entry& entry() const;
    Node(const DocumentData* data, std::uint32_t index) : data_(data), index_(index) {}
    const DocumentData* data_ = nullptr;
    std::uint32_t index_ = 0;
};

struct Limits {
    std::size_t depth_max = 128;        // nesting
    std::size_t nodes_max = 2'000'000;  // values in one document
};

/// A parsed JSON text (RFC 8259, UTF-8 checked, every escape and number checked) with its source.
/// Errors are ErrorKind::malformed_request with the byte offset in the message. Immutable; a copy
/// is a handle to the same text and keeps it, so that slices of it stay valid.
class Document {
  public:
    static Result<Document> parse(std::string text, const Limits& limits = {});
    Node root() const;
    const std::string& source() const;

  private:
    std::shared_ptr<const DocumentData> data_;
};

class Node::Children {
  public:
    class Iterator {
      public:
        Node operator*() const { return Node(data_, index_); }
        Iterator& operator++();
        bool operator!=(const Iterator& other) const { return index_ != other.index_; }

      private:
        friend class Children;
        Iterator(const DocumentData* data, std::uint32_t index) : data_(data), index_(index) {}
        const DocumentData* data_;
        std::uint32_t index_;
    };
    Iterator begin() const { return {data_, first_}; }
    Iterator end() const { return {data_, kNone}; }

  private:
    friend class Node;
    static constexpr std::uint32_t kNone = 0xffffffffu;
    Children(const DocumentData* data, std::uint32_t first) : data_(data), first_(first) {}
    const DocumentData* data_;
    std::uint32_t first_;
};

}  // namespace kg::json
