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
    using Rigour = chat::SchemaRigour;
    if (type == "json_object") return chat::demand_json(request, format, {}, Rigour::lenient);
    json::Node holder = format;
    if (place == SchemaPlace::nested) {
        KG_TRY(nested, json::require_object(format, "json_schema"));
        holder = nested;
    }
    KG_TRY(schema, json::optional_object(holder, "schema"));
    KG_TRY(strict, json::optional_bool(holder, "strict"));
    return chat::demand_json(request, format, schema,
                             strict.value_or(false) ? Rigour::full : Rigour::lenient);
}

}  // namespace kg::openai_family
