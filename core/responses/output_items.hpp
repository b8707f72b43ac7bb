#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/chat/dialect.hpp"
#include "core/chat/tool_ids.hpp"
#include "core/responses/reasoning_seal.hpp"

namespace kg::responses {

enum class ItemKind : std::uint8_t { none, reasoning, message, function_call, custom_call, web_search };

/// The items of one answer, one open at a time; the streamed and the whole form of an answer are
/// both made here, so that they cannot disagree. What is written is JSON. Needs the request only
/// for its construction and for calls.
class OutputItems {
  public:
    OutputItems(const chat::Request& request, const chat::AnswerContext& context, const ReasoningSeal& seal);

    /// Whether the client wants the thinking back as encrypted_content.
    bool seals_reasoning() const { return seals_; }

    ItemKind kind() const { return kind_; }  // of the open item, none when all are closed
    std::size_t index() const { return index_; }
    const std::string& id() const { return id_; }
    void open(ItemKind kind);  // reasoning or message
    void open_call(std::string_view id, std::string_view name);
    void open_search(std::string_view id, std::string_view query);
    /// What the open search found; the messages after it may cite it.
    void found(const chat::WebSearch& search);
    /// More of the open item's text. Returns it escaped for a JSON string; of a custom call nothing,
    /// because its text is known only when the call is whole.
    std::string_view add(std::string_view text);
    void sign(std::string_view signature) { signature_ = signature; }  // the open reasoning
    void redact(std::string_view data) { redacted_ = data; }           // likewise

    /// The open item without its contents, as a stream announces it.
    void append_announced(std::string& out) const;
    /// Brings last_text() to what the open item says as a whole; nothing may be added to it then.
    void settle_text();
    /// Ends the open item, with the status of a message or call.
    void close(std::string_view status = "completed");
    /// JSON of the item closed last; text, escaped for a JSON string, of the open or the last one.
    std::string_view last() const { return std::string_view(items_).substr(last_); }
    const std::string& last_text() const { return text_; }
    const std::string& called_name() const { return name_; }  // escaped, of the last call
    /// url_citations in the last message, known after settle_text().
    const std::vector<std::string>& citations() const { return citations_; }

    const std::string& items() const { return items_; }  // closed ones, comma between
    std::size_t size_bytes() const { return items_.size() + text_.size() + raw_.size(); }

  private:
    struct Face {
        SharedText group, name;
        bool raw_text = false;
    };
    void begin(ItemKind kind, std::string_view prefix);
    void append_item(std::string& out, std::string_view status) const;
    void append_call(std::string& out, std::string_view status) const;
    void append_search(std::string& out, std::string_view status) const;

    const std::string unique_;
    const ReasoningSeal& seal_;
    bool seals_ = false;
    const json::Document source_;                  // what the faces may be slices of
    std::unordered_map<std::string, Face> faces_;  // of the tools whose calls are not plain
    chat::ToolIds ids_;

    ItemKind kind_ = ItemKind::none;
    std::size_t index_ = 0, count_ = 0;
    std::string id_, call_id_;
    std::string name_;   // escaped
    std::string group_;  // escaped
    std::string text_;   // escaped, of the open item, then of the last one
    std::string raw_;    // of open reasoning that will be sealed, or of an open custom call
    std::string signature_, redacted_, sealed_;
    const bool names_sources_;            // the client wants to know what searches found
    std::string action_;                  // of the open search, without its end
    std::vector<chat::SearchHit> pages_;  // found so far, without their texts
    std::vector<std::string> citations_;
    std::string items_;
    std::size_t last_ = 0;  // where the item closed last begins
};

}  // namespace kg::responses
