#include "core/openai_family/format.hpp"

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::openai_family {

Result<void> decode_format(json::Node format, SchemaPlace place, chat::Request& request) {
    if (!format) return {};
    KG_TRY(type, json::require_string(format, "type"));
    if (type == "text") return {};
    if (type != "json_object" && type != "json_schema") {
        return Err(chat::unsupported_error(format["type"], "expected text, json_object or json_schema"));
    }
    request.json_only = true;
    if (type == "json_object") return {};
    json::Node holder = format;
    if (place == SchemaPlace::nested) {
        KG_TRY(nested, json::require_object(format, "json_schema"));
        holder = nested;
    }
    KG_TRY(schema, json::optional_object(holder, "schema"));
    if (schema) request.json_schema = schema.shared_raw();
    KG_TRY(strict, json::optional_bool(holder, "strict"));
    if (strict.value_or(false)) {
        chat::warn(request,
                   holder.path() + ".strict is followed by instruction, not enforced by the backend");
    }
    return {};
}

}  // namespace kg::openai_family
