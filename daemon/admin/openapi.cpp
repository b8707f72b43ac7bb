#include "daemon/admin/openapi.hpp"

#include <vector>

#include "core/json/document.hpp"
#include "core/json/writer.hpp"
#include "daemon/admin/verbs.hpp"
#include "kirogate_version.hpp"

namespace kg::admin {
namespace {

void write_members(json::Writer& w, const std::vector<json::Document>& parts, std::string_view name) {
    w.begin_object();
    for (const auto& part : parts) {
        for (const auto member : part.root()[name].children()) w.key(member.key()).raw(member.raw());
    }
    w.end_object();
}

std::string put_together() {
    std::vector<json::Document> parts;
    for (const auto text : openapi_parts()) {
        // Tests read every part: at run time there is nobody to tell.
        if (auto part = json::Document::parse(std::string(text))) parts.push_back(std::move(*part));
    }
    std::string out;
    json::Writer w(out);
    w.begin_object().member("openapi", "3.1.0");
    w.key("info").begin_object().member("title", "kirogate").member("version", kVersion);
    w.member("description",
             "LLM gateway: the OpenAI and Anthropic APIs for clients, and its own administration.");
    w.end_object().key("paths");
    write_members(w, parts, "paths");
    w.key("components").begin_object().key("schemas");
    write_members(w, parts, "schemas");
    w.key("securitySchemes");
    write_members(w, parts, "securitySchemes");
    w.end_object().end_object();
    return out;
}

}  // namespace

const std::string& openapi_document() {
    static const std::string document = put_together();
    return document;
}

Reply verbs::openapi(Call&) {
    return json_response(200, openapi_document());
}

}  // namespace kg::admin
