#include "core/responses/storage.hpp"

#include "core/json/writer.hpp"

namespace kg::responses {
namespace {

void append_items(std::string& out, std::string_view items) {
    if (!out.empty() && !items.empty()) out += ',';
    out += items;
}

/// The inside of an array, without white space around it.
std::string_view inside(json::Node array) {
    if (array.size() == 0) return {};
    const auto first = array.at(0).raw(), last = array.at(array.size() - 1).raw();
    return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
}

void append_input(std::string& out, json::Node input) {
    if (!input.is_string()) return append_items(out, inside(input));
    append_items(out, R"({"type":"message","role":"user","content":)");
    out.append(input.raw()).append("}");
}

}  // namespace

bool wants_storage(json::Node body) {
    return body["store"].as_bool().value_or(true);
}

std::string continued(json::Node body, std::string_view earlier) {
    std::string items(earlier);
    append_input(items, body["input"]);
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    for (const json::Node member : body.children()) {
        const auto name = member.key();
        if (name == "input" || name == kContinuedFrom) continue;
        writer.key(name == "previous_response_id" ? kContinuedFrom : name).raw(member.raw());
    }
    writer.key("input").raw("[" + items + "]").end_object();
    return out;
}

std::string conversation_of(json::Node body, json::Node response) {
    std::string out;
    append_input(out, body["input"]);
    append_items(out, inside(response["output"]));
    return out;
}

}  // namespace kg::responses
