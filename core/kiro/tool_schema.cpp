#include "core/kiro/tool_schema.hpp"

#include <string>
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

/// The demands of one schema that are left out because a model's validator refuses the words: they go on
/// as a sentence, so that the model knows them all the same.
std::string lost_demands(Node schema, SchemaDialect dialect) {
    std::string out;
    for (const Node member : schema.children()) {
        const std::string_view key = member.key();
        const bool lost = member.kind() != Kind::null && is_strict_refused(key) && key != "examples" &&
                          action_for(member, dialect) == Action::drop;
        if (lost) ((out += out.empty() ? "Must also satisfy: " : ", ").append(key) += ' ') += member.raw();
    }
    return out.empty() ? out : out += '.';
}

/// What the alternatives at a root demand beyond the object they amount to.
std::string compound_demands(Node schema) {
    std::string members;
    for (const Node member : schema.children()) {
        if (!is_compound_keyword(member.key())) continue;
        if (!members.empty()) members += ',';
        json::append_string(members, member.key());
        (members += ':') += member.raw();
    }
    return "The whole input must also be valid against this JSON Schema: {" + members + "}";
}

/// Appends repaired schemas; recursion is bounded by the document's own depth limit.
class Repairer {
  public:
    Repairer(std::string& out, SchemaDialect dialect) : out_(out), dialect_(dialect) {}

    void root(Node schema) {
        const bool compound = is_compound_root(schema);
        const SchemaRoot flat = compound ? flatten_schema_root(schema) : SchemaRoot();
        std::string demands = lost_demands(schema, dialect_);
        if (compound && !flat.exact) (demands += demands.empty() ? "" : " ") += compound_demands(schema);
        out_ += R"({"type":"object")";
        bool has_properties = false;
        for (const Node member : schema.children()) {
            const std::string_view key = member.key();
            if (key == "type") continue;
            if (compound && (is_compound_keyword(key) || key == "properties" || key == "required")) continue;
            if (key == "properties") has_properties = true;
            if (!described(member, false, demands)) write_member(member, false);
        }
        describe({}, false, demands);
        if (compound) return merged(flat);
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
        std::string demands = lost_demands(schema, dialect_);
        out_ += '{';
        bool first = true;
        for (const Node member : schema.children())
            if (described(member, first, demands) || write_member(member, first)) first = false;
        describe({}, first, demands);
        out_ += '}';
    }

    /// Whether the member was the description, and took the demands along.
    bool described(Node member, bool first, std::string& demands) {
        if (demands.empty() || member.key() != "description" || !member.is_string()) return false;
        describe(member.text(), first, demands);
        return true;
    }

    void describe(std::string_view text, bool first, std::string& demands) {
        if (demands.empty()) return;
        if (!first) out_ += ',';
        out_ += R"("description":")";
        json::append_escaped(out_, text);
        if (!text.empty()) out_ += ' ';
        json::append_escaped(out_, demands);
        out_ += '"';
        demands.clear();
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
