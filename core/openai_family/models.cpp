#include "core/openai_family/models.hpp"

#include "core/json/writer.hpp"

namespace kg::openai_family {
namespace {

void write_model(json::Writer& writer, const chat::ModelInfo& model) {
    writer.begin_object().member("id", model.id).member("object", "model").member("created", model.created);
    writer.member("owned_by", model.id.starts_with("claude") ? "anthropic" : "kiro").end_object();
}

}  // namespace

std::string encode_models(std::span<const chat::ModelInfo> models) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().member("object", "list").key("data").begin_array();
    for (const auto& model : models) write_model(writer, model);
    writer.end_array().end_object();
    return out;
}

std::string encode_model(const chat::ModelInfo& model) {
    std::string out;
    json::Writer writer(out);
    write_model(writer, model);
    return out;
}

}  // namespace kg::openai_family
