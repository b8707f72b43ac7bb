#include "core/kiro/tool_schema.hpp"

#include <string_view>
#include <utility>

#include "core/json/writer.hpp"
#include "core/kiro/schema_root.hpp"

namespace kg::kiro {
namespace {

using std::string_view_literals::operator""sv;
using json::Kind;
using json::Node;
using Action = SchemaAction;

/// The rule for one member of a schema; the check and the writer both follow it.
Action action_for(Node member, SchemaDialect dialect) {
    const Action action = schema_action(member.key(), member.kind(), dialect);
    if (action == Action::schema_list) return member.size() > 0 ? action : Action::drop;
    if (action != Action::names) return action;
    if (member.size() == 0) return Action::drop;
    for (const Node name : member.children())
        if (!name.is_string()) return Action::drop;
    return Action::copy;
}

bool members_need_repair(Node schema, SchemaDialect dialect);

/// A member of a list or map of schemas: an object, or true and false.
bool item_needs_repair(Node item, SchemaDialect dialect) {
    if (item.kind() == Kind::boolean) return false;
    return !item.is_object() || members_need_repair(item, dialect);
}

bool members_need_repair(Node schema, SchemaDialect dialect) {
    for (const Node member : schema.children()) {
        switch (action_for(member, dialect)) {
            case Action::copy:
            case Action::names: break;
            case Action::drop:
            case Action::empty_object:
            case Action::as_enum: return true;
            case Action::schema:
                if (members_need_repair(member, dialect)) return true;
                break;
            case Action::schema_map:
            case Action::schema_list:
                for (const Node item : member.children())
                    if (item_needs_repair(item, dialect)) return true;
        }
    }
    return false;
}

/// Appends repaired schemas; recursion is bounded by the document's own depth limit.
class Repairer {
  public:
    Repairer(std::string& out, SchemaDialect dialect) : out_(out), dialect_(dialect) {}

    void root(Node schema) {
        const bool compound = is_compound_root(schema);
        out_ += R"({"type":"object")";
        bool has_properties = false;
        for (const Node member : schema.children()) {
            const std::string_view key = member.key();
            if (key == "type") continue;
            if (compound && (is_compound_keyword(key) || key == "properties" || key == "required")) continue;
            if (key == "properties") has_properties = true;
            write_member(member, false);
        }
        if (compound) return merged(flatten_schema_root(schema));
        out_ += has_properties ? "}" : R"(,"properties":{}})";
    }

  private:
    void merged(const SchemaRoot& flat) {
        out_ += R"(,"properties":{)";
        bool first = true;
        for (const auto& [name, schema] : flat.properties) {
            if (!std::exchange(first, false)) out_ += ',';
            key(name);
            item(schema);
        }
        out_ += '}';
        if (!flat.required.empty()) {
            out_ += R"(,"required":[)";
            for (std::size_t i = 0; i < flat.required.size(); ++i) {
                if (i > 0) out_ += ',';
                json::append_string(out_, flat.required[i]);
            }
            out_ += ']';
        }
        out_ += '}';
    }

    void key(std::string_view name) {
        json::append_string(out_, name);
        out_ += ':';
    }

    void object(Node schema) {
        out_ += '{';
        bool first = true;
        for (const Node member : schema.children())
            if (write_member(member, first)) first = false;
        out_ += '}';
    }

    void item(Node schema) {
        if (schema.is_object()) return object(schema);
        out_ += schema.kind() == Kind::boolean ? schema.raw() : "{}"sv;
    }

    /// False when the member is left out.
    bool write_member(Node member, bool first) {
        const Action action = action_for(member, dialect_);
        if (action == Action::drop) return false;
        if (!first) out_ += ',';
        key(action == Action::as_enum ? "enum"sv : member.key());
        switch (action) {
            case Action::drop: break;
            case Action::names:
            case Action::copy: out_ += member.raw(); break;
            case Action::empty_object: out_ += "{}"; break;
            case Action::as_enum: (out_ += '[').append(member.raw()) += ']'; break;
            case Action::schema: object(member); break;
            case Action::schema_map: items(member, '{', '}'); break;
            case Action::schema_list: items(member, '[', ']'); break;
        }
        return true;
    }

    void items(Node list, char open, char close) {
        out_ += open;
        bool first = true;
        for (const Node entry : list.children()) {
            if (!std::exchange(first, false)) out_ += ',';
            if (open == '{') key(entry.key());
            item(entry);
        }
        out_ += close;
    }

    std::string& out_;
    SchemaDialect dialect_;
};

}  // namespace

bool schema_needs_repair(Node schema, SchemaDialect dialect) {
    if (!schema.is_object() || schema["type"].text() != "object" || !schema["properties"].is_object())
        return true;
    return is_compound_root(schema) || members_need_repair(schema, dialect);
}

void append_repaired_schema(std::string& out, Node schema, SchemaDialect dialect) {
    Repairer(out, dialect).root(schema);
}

}  // namespace kg::kiro
