#include "core/responses/output_items.hpp"

#include <utility>

#include "core/json/writer.hpp"
#include "core/openai_family/citations.hpp"
#include "core/openai_family/custom_tool.hpp"

namespace kg::responses {
namespace {

constexpr std::string_view kSealedReasoning = "reasoning.encrypted_content";
constexpr std::string_view kSearchSources = "web_search_call.action.sources";

bool wants(json::Node include, std::string_view what) {
    for (const json::Node item : include.children())
        if (item.text() == what) return true;
    return false;
}

std::string escaped(std::string_view text) {
    std::string out;
    json::append_escaped(out, text);
    return out;
}

}  // namespace

OutputItems::OutputItems(const chat::Request& request, const chat::AnswerContext& context,
                         const ReasoningSeal& seal)
    : unique_(context.unique),
      seal_(seal),
      seals_(wants(request.source.root()["include"], kSealedReasoning)),
      source_(request.source),
      ids_("call_", context.unique),
      names_sources_(wants(request.source.root()["include"], kSearchSources)) {
    for (const auto& tool : request.tools) {
        if (tool.group.empty() && !tool.raw_text &&
            (tool.client_name.empty() || tool.client_name == tool.name))
            continue;
        faces_.try_emplace(tool.name.str(), Face{tool.group, tool.client_name, tool.raw_text});
    }
}

void OutputItems::begin(ItemKind kind, std::string_view prefix) {
    kind_ = kind;
    index_ = count_++;
    id_.assign(prefix).append(unique_).append("_").append(std::to_string(index_));
    text_.clear();
    raw_.clear();
    signature_.clear();
    redacted_.clear();
    sealed_.clear();
    citations_.clear();
}

void OutputItems::open(ItemKind kind) {
    begin(kind, kind == ItemKind::reasoning ? "rs_" : "msg_");
}

void OutputItems::open_call(std::string_view id, std::string_view name) {
    const auto face = faces_.find(std::string(name));
    const bool plain = face == faces_.end();
    const bool custom = !plain && face->second.raw_text;
    begin(custom ? ItemKind::custom_call : ItemKind::function_call, custom ? "ctc_" : "fc_");
    call_id_ = ids_.next(id);
    name_ = escaped(plain || face->second.name.empty() ? name : face->second.name.view());
    group_ = plain ? std::string() : escaped(face->second.group);
}

void OutputItems::open_search(std::string_view id, std::string_view query) {
    begin(ItemKind::web_search, "ws_");
    id_ = "ws_" + std::string(id);
    action_ = R"({"type":"search","query":)";
    json::append_string(action_, query);
}

void OutputItems::found(const chat::WebSearch& search) {
    for (const auto& hit : search.hits)
        pages_.push_back({.title = hit.title, .url = hit.url, .text = {}, .date = {}});
    if (!names_sources_) return;
    json::Writer writer(action_ += ",\"sources\":");
    writer.begin_array();
    for (const auto& hit : search.hits)
        writer.begin_object().member("type", "url").member("url", hit.url).end_object();
    writer.end_array();
}

std::string_view OutputItems::add(std::string_view text) {
    if (kind_ == ItemKind::message && !pages_.empty()) raw_ += text;
    if (kind_ == ItemKind::custom_call || (kind_ == ItemKind::reasoning && seals_)) raw_ += text;
    if (kind_ == ItemKind::custom_call) return {};
    const auto from = text_.size();
    json::append_escaped(text_, text);
    return std::string_view(text_).substr(from);
}

void OutputItems::append_announced(std::string& out) const {
    append_item(out, "in_progress");
}

void OutputItems::settle_text() {
    if (kind_ == ItemKind::custom_call && !raw_.empty())
        text_ = escaped(openai_family::custom_text(std::exchange(raw_, {})));
    if (kind_ == ItemKind::message && !raw_.empty())
        citations_ =
            openai_family::url_citations(std::exchange(raw_, {}), pages_, openai_family::CitationForm::flat);
}

void OutputItems::close(std::string_view status) {
    settle_text();
    if (kind_ == ItemKind::reasoning && seals_) {
        const bool redacted = !redacted_.empty();
        sealed_ = escaped(seal_thinking(seal_, {.text = SharedText(redacted ? redacted_ : raw_),
                                                .signature = SharedText(signature_),
                                                .redacted = redacted}));
    }
    if (!items_.empty()) items_ += ',';
    last_ = items_.size();
    append_item(items_, status);
    kind_ = ItemKind::none;
}

/// In progress an item has no contents yet.
void OutputItems::append_item(std::string& out, std::string_view status) const {
    const bool done = status != "in_progress";
    out.append(R"({"id":")").append(id_).append(R"(","type":")");
    if (kind_ == ItemKind::function_call || kind_ == ItemKind::custom_call) return append_call(out, status);
    if (kind_ == ItemKind::web_search) return append_search(out, status);
    if (kind_ == ItemKind::reasoning) {
        out += R"(reasoning","summary":[)";
        if (done && !text_.empty())
            out.append(R"({"type":"summary_text","text":")").append(text_).append("\"}");
        out += R"(],"encrypted_content":)";
        if (done && !sealed_.empty())
            out.append("\"").append(sealed_).append("\"}");
        else
            out += "null}";
        return;
    }
    out.append(R"(message","status":")").append(status).append(R"(","role":"assistant","content":[)");
    if (done) {
        out.append(R"({"type":"output_text","text":")").append(text_);
        out.append(R"(","annotations":[)").append(openai_family::joined(citations_));
        out += R"(],"logprobs":[]})";
    }
    out += "]}";
}

void OutputItems::append_search(std::string& out, std::string_view status) const {
    out.append(R"(web_search_call","status":")").append(status).append(R"(","action":)").append(action_);
    out += "}}";
}

void OutputItems::append_call(std::string& out, std::string_view status) const {
    const bool custom = kind_ == ItemKind::custom_call;
    out.append(custom ? "custom_tool_call" : "function_call").append(R"(","status":")").append(status);
    out.append(R"(","call_id":")").append(call_id_);
    if (!group_.empty()) out.append(R"(","namespace":")").append(group_);
    out.append(R"(","name":")").append(name_).append(custom ? R"(","input":")" : R"(","arguments":")");
    if (status != "in_progress") out += text_;
    out += "\"}";
}

}  // namespace kg::responses
