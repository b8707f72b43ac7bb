#include "core/responses/encode.hpp"

#include "core/base/overloaded.hpp"
#include "core/responses/output_items.hpp"
#include "core/responses/response_object.hpp"

namespace kg::responses {
namespace {

void add_thinking(const chat::Thinking& thinking, OutputItems& items) {
    const bool visible = !thinking.redacted && !thinking.text.empty();
    if (!visible && !items.seals_reasoning()) return;
    items.open(ItemKind::reasoning);
    if (thinking.redacted)
        items.redact(thinking.text);
    else
        items.add(thinking.text);
    items.sign(thinking.signature);
    items.close();
}

void add_call(const chat::ToolUse& call, OutputItems& items) {
    const bool empty = call.input.text().empty() || call.input.text() == "null";
    items.open_call(call.id, call.name);
    items.add(empty ? std::string_view("{}") : call.input.text());
    items.close();
}

}  // namespace

std::string encode_response(const chat::Response& response, const chat::Request& request,
                            const chat::AnswerContext& context, const ReasoningSeal& seal, Storage storage) {
    OutputItems items(request, context, seal);
    const auto outcome = [&] { return ended(response.stop_reason, response.usage, items.items()); };
    for (const auto& part : response.parts) {
        std::visit(overloaded{
                       [&](const chat::Text& text) {
                           if (text.text.empty()) return;
                           items.open(ItemKind::message);
                           items.add(text.text);
                           // The text that was being written when the answer was cut off.
                           items.close(&part == &response.parts.back() ? outcome().status : "completed");
                       },
                       [&](const chat::Thinking& thinking) { add_thinking(thinking, items); },
                       [&](const chat::ToolUse& call) { add_call(call, items); },
                       [&](const chat::WebSearch& search) {
                           items.open_search(search.id, search.query);
                           items.found(search);
                           items.close(search.error == chat::SearchError::none ? "completed" : "failed");
                       },
                       [](const auto&) {},
                   },
                   part);
    }
    std::string out;
    ResponseObject(request, context, storage).append(out, outcome());
    return out;
}

}  // namespace kg::responses
