#include "core/kiro/tool_specs.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/json/document.hpp"
#include "core/kiro/schema_scan.hpp"
#include "core/kiro/tool_schema.hpp"

namespace kg::kiro {
namespace {

constexpr std::string_view kEmptySchema = R"({"type":"object","properties":{}})";

/// Upstream compares the names of declared and used tools without regard to case.
struct CaseHash {
    std::size_t operator()(std::string_view text) const {
        std::uint64_t h = 1469598103934665603u;
        for (const char c : text) h = (h ^ static_cast<unsigned char>(ascii::lower(c))) * 1099511628211u;
        return static_cast<std::size_t>(h);
    }
};
struct CaseEqual {
    bool operator()(std::string_view a, std::string_view b) const {
        return ascii::equals_ignoring_case(a, b);
    }
};

bool is_claude(std::string_view model_id) {
    return model_id.starts_with("claude") || model_id == "auto";
}

std::vector<const chat::ToolSpec*> offered(const chat::Request& request) {
    std::vector<const chat::ToolSpec*> out;
    out.reserve(request.tools.size());
    const bool named = request.tool_choice.mode == chat::ToolChoice::Mode::named;
    for (const chat::ToolSpec& tool : request.tools)
        if (!named || tool.name == request.tool_choice.name) out.push_back(&tool);
    return out;
}

/// Parses every schema in one go and replaces those that upstream would refuse.
Result<void> fill_schemas(const std::vector<const chat::ToolSpec*>& specs, SchemaDialect dialect,
                          Conversation& conversation, std::vector<WireTool>& tools) {
    if (std::ranges::all_of(specs, [&](const chat::ToolSpec* spec) {
            return schema_surely_fine(spec->schema.text(), dialect);
        })) {
        for (std::size_t i = 0; i < specs.size(); ++i) tools[i].schema = specs[i]->schema.text();
        return {};
    }
    std::size_t bytes = 2;
    for (const chat::ToolSpec* spec : specs) bytes += spec->schema.text().size() + 1;
    std::string all;
    all.reserve(bytes);
    for (const chat::ToolSpec* spec : specs) (all += all.empty() ? '[' : ',') += spec->schema.text();
    all += ']';
    auto document = json::Document::parse(std::move(all));
    if (!document || document->root().size() != specs.size())
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "tools: a schema cannot be read",
                         .param = "tools"});
    std::size_t i = 0;
    for (const json::Node schema : document->root().children()) {
        if (schema_needs_repair(schema, dialect)) {
            std::string repaired;
            repaired.reserve(specs[i]->schema.text().size() + 64);
            append_repaired_schema(repaired, schema, dialect);
            tools[i].schema = conversation.keep(std::move(repaired));
        } else {
            tools[i].schema = specs[i]->schema.text();
        }
        ++i;
    }
    return {};
}

void fill_description(const chat::ToolSpec& spec, std::size_t max_bytes, Conversation& conversation,
                      WireTool& tool) {
    tool.description = spec.description;
    if (is_blank_text(spec.description)) {
        tool.description = is_blank_text(spec.name) ? SharedText::borrowed(tool.name) : spec.name;
    } else if (spec.description.size() > max_bytes) {
        tool.description = SharedText::borrowed(ascii::utf8_prefix(spec.description, max_bytes));
        const std::string_view rest = spec.description.view().substr(tool.description.size());
        conversation.system.push_back(conversation.keep(
            "The description of the tool " + std::string(tool.name) + " continues:\n" + std::string(rest)));
        if (is_blank_text(tool.description)) tool.description = SharedText::borrowed(tool.name);
        conversation.warn("an over-long tool description was continued in the system text");
    }
}

void add_choice_instruction(const chat::Request& request, Conversation& conversation, ToolNames& names) {
    using Mode = chat::ToolChoice::Mode;
    if (request.tool_choice.disable_parallel) {
        conversation.system.push_back(
            SharedText::borrowed("Call at most one tool in a message, and wait for its result."));
        // The older API has room for one call only: nobody asked for that.
        if (!request.legacy_functions) conversation.warn("parallel tool calls are cut off after the first");
    }
    if (request.tool_choice.mode == Mode::any) {
        conversation.system.emplace_back("You must call one of the available tools in your next message.");
    } else if (request.tool_choice.mode == Mode::named) {
        conversation.system.push_back(conversation.keep("You must call the tool " +
                                                        std::string(names.to_wire(request.tool_choice.name)) +
                                                        " in your next message."));
    } else if (!request.tool_choice.limited) {
        return;
    }
    conversation.warn("tool_choice emulated");
}

}  // namespace

bool offers_tools(const chat::Request& request) {
    return !request.tools.empty() && request.tool_choice.mode != chat::ToolChoice::Mode::none;
}

Result<std::vector<WireTool>> plan_tools(const chat::Request& request, const EncodeOptions& options,
                                         Conversation& conversation, ToolNames& names) {
    std::vector<WireTool> tools;
    if (!offers_tools(request)) return tools;
    const auto specs = offered(request);
    if (specs.empty())
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "tool_choice: the tool is not declared",
                         .param = "tool_choice"});
    tools.resize(specs.size());
    std::unordered_set<std::string_view, CaseHash, CaseEqual> declared;
    declared.reserve(specs.size() * 2);
    for (std::size_t i = 0; i < specs.size(); ++i) {
        tools[i].name = names.to_wire(specs[i]->name);
        declared.insert(tools[i].name);
        fill_description(*specs[i], options.tool_description_max_bytes, conversation, tools[i]);
    }
    const auto dialect = is_claude(options.model_id) ? SchemaDialect::claude : SchemaDialect::strict;
    KG_CHECK(fill_schemas(specs, dialect, conversation, tools));
    for (Turn& turn : conversation.turns)
        for (Call& call : turn.calls) {
            call.wire_name = names.to_wire(call.use->name);
            if (declared.insert(call.wire_name).second)
                tools.push_back(WireTool{call.wire_name, "A tool of an earlier turn; no longer available.",
                                         kEmptySchema});
        }
    add_choice_instruction(request, conversation, names);
    return tools;
}

}  // namespace kg::kiro
