// A schema on the first line, a document behind it: whatever the survey passes can be read and judged, in
// bounded time and stack, and a complaint says something.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/json/document.hpp"
#include "core/schema/document_text.hpp"
#include "core/schema/survey.hpp"
#include "core/schema/validator.hpp"

namespace {

void demand(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    const auto line_end = std::min(input.find('\n'), input.size());
    const std::string schema = input.substr(0, line_end);
    const auto document = kg::schema::find_document(std::string_view(input).substr(line_end));
    if (document)
        demand(kg::json::Document::parse(std::string(*document)).has_value(), "what is found is JSON");

    const auto parsed = kg::json::Document::parse(schema);
    if (!parsed) return 0;
    const auto surveyed = kg::schema::survey(parsed->root());
    if (!surveyed) {
        demand(!surveyed.error().message.empty(), "a refusal says why");
        return 0;
    }
    const auto validator = kg::schema::Validator::make(schema);
    if (!validator || !document) return 0;
    if (const auto complaint = validator->complaint(*document))
        demand(complaint->starts_with('$'), "a complaint begins with a place");
    return 0;
}
