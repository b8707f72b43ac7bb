#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/json/document.hpp"
#include "core/kiro/flat_json.hpp"

namespace kg::kiro {

/// The JSON object of one event frame, read without a general parser when it is flat. Keys that are
/// missing or null read as empty; a key of another type makes ok() false. Views live until the next
/// open(), and as long as the frame.
class Payload {
  public:
    /// False when `json` is no JSON object. An object wrapped once in the event's own name is
    /// opened.
    bool open(std::string_view json, std::string_view event_type);
    /// The same, always with the general parser: for events whose fields are numbers or objects.
    bool open_document(std::string_view json, std::string_view event_type);

    std::string_view string(std::string_view key);
    bool boolean(std::string_view key);
    struct Input {
        enum class Kind : std::uint8_t { none, text, object } kind = Kind::none;
        std::string_view text;
    };
    /// A value that is a string or an object (as its JSON text).
    Input text_or_object(std::string_view key);
    /// Not negative; whole part of a fraction.
    std::optional<std::uint64_t> count(json::Node object, std::string_view key);
    std::optional<double> number(json::Node object, std::string_view key);
    /// A missing node when absent; only after open_document().
    json::Node object(std::string_view key);
    json::Node root() const { return root_; }
    bool ok() const { return ok_; }

  private:
    std::string_view decoded(const FlatObject::Field& field);
    json::Node typed(std::string_view key, json::Kind kind);

    FlatObject flat_;
    bool is_flat_ = false;
    bool ok_ = true;
    std::optional<json::Document> document_;
    json::Node root_;
    std::array<std::string, 4> scratch_;  // unescaped strings, one for each field a reader asks for
    std::size_t scratch_used_ = 0;
};

}  // namespace kg::kiro
