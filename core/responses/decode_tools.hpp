#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::responses {

/// Declared tools (client-apis 7.3) as neutral ones: namespaces flattened, custom tools as functions
/// of one text. Two tools of one name in different namespaces are told apart by a prefix.
class ToolDecoder {
  public:
    explicit ToolDecoder(chat::Request& request) : request_(request) {}

    Result<void> add_tools(json::Node list);
    Result<void> read_choice(json::Node body);

    /// The name that a call in the history goes by; `group` is its namespace or empty.
    SharedText name_of(std::string_view group, const SharedText& name) const;
    bool any_unavailable() const { return any_unavailable_; }

  private:
    Result<void> add_tool(json::Node tool, const SharedText& group);
    Result<void> add_namespace(json::Node tool);
    void add(chat::ToolSpec spec, const SharedText& group);
    Result<void> set_named(json::Node choice);
    Result<void> set_allowed(json::Node choice);
    const SharedText* find(std::string_view group, std::string_view name) const;

    chat::Request& request_;
    std::unordered_map<std::string, SharedText> names_;  // by key(group, name)
    std::unordered_set<std::string_view> taken_;         // views of names in request_.tools or the document
    bool any_unavailable_ = false;
};

}  // namespace kg::responses
