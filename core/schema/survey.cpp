#include "core/schema/survey.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/base/ascii.hpp"
#include "core/json/read.hpp"
#include "core/schema/pattern.hpp"

namespace kg::schema {
namespace {

using json::Kind;
using json::Node;

constexpr std::size_t kValuesMax = 20'000;
constexpr std::size_t kUncheckedMax = 16;
constexpr unsigned kStepsMax = 200;  // references and alternatives between two levels of an answer
// Levels of schemas that may come to lie in one another when references are followed: the library that
// reads them recurses, from one reference into the next.
constexpr std::size_t kLevelsMax = 1'000;
constexpr std::size_t kPatternBytesMax = 1u << 20;  // of all patterns, compiled

enum class Holds : std::uint8_t {
    schema,
    schema_or_list,
    schemas,  // a list that is not empty
    schema_map,
    dependencies,  // a map of schemas or lists of names
    name_lists,    // a map of lists of names
    names,
    types,
    values,
    count,
    number,
    number_or_flag,  // draft 4 has flags here
    positive,
    flag,
    text,
    pattern,
    reference,
};

struct Keyword {
    std::string_view name;
    Holds holds;
    bool here = false;  // applies to the same value as the schema it stands in
    bool checked = true;
};

constexpr auto kKeywords = std::to_array<Keyword>({
    {"$defs", Holds::schema_map},
    {"$ref", Holds::reference, true},
    {"additionalItems", Holds::schema},
    {"additionalProperties", Holds::schema},
    {"allOf", Holds::schemas, true},
    {"anyOf", Holds::schemas, true},
    {"contains", Holds::schema},
    {"definitions", Holds::schema_map},
    {"dependencies", Holds::dependencies, true},
    {"dependentRequired", Holds::name_lists},
    {"dependentSchemas", Holds::schema_map, true},
    {"else", Holds::schema, true},
    {"enum", Holds::values},
    {"exclusiveMaximum", Holds::number_or_flag},
    {"exclusiveMinimum", Holds::number_or_flag},
    {"format", Holds::text},
    {"if", Holds::schema, true},
    {"items", Holds::schema_or_list},
    {"maxContains", Holds::count, false, false},
    {"maxItems", Holds::count},
    {"maxLength", Holds::count},
    {"maxProperties", Holds::count},
    {"maximum", Holds::number},
    {"minContains", Holds::count, false, false},
    {"minItems", Holds::count},
    {"minLength", Holds::count},
    {"minProperties", Holds::count},
    {"minimum", Holds::number},
    {"multipleOf", Holds::positive},
    {"not", Holds::schema, true},
    {"oneOf", Holds::schemas, true},
    {"pattern", Holds::pattern},
    {"patternProperties", Holds::schema_map, false, false},
    {"prefixItems", Holds::schemas},
    {"properties", Holds::schema_map},
    {"propertyNames", Holds::schema, false, false},
    {"required", Holds::names},
    {"then", Holds::schema, true},
    {"type", Holds::types},
    {"unevaluatedItems", Holds::schema, false, false},
    {"unevaluatedProperties", Holds::schema, false, false},
    {"uniqueItems", Holds::flag},
});

constexpr auto kTypes =
    std::to_array<std::string_view>({"array", "boolean", "integer", "null", "number", "object", "string"});

const Keyword* find_keyword(std::string_view name) {
    const auto found = std::ranges::lower_bound(kKeywords, name, {}, &Keyword::name);
    return found != kKeywords.end() && found->name == name ? &*found : nullptr;
}
static_assert(std::ranges::is_sorted(kKeywords, {}, &Keyword::name));

/// One token of a JSON pointer in a URI fragment, decoded.
std::string pointer_token(std::string_view text) {
    std::string out;
    const auto digit = [](char c) {
        return ascii::is_digit(c)                                 ? c - '0'
               : ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f' ? ascii::lower(c) - 'a' + 10
                                                                  : -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else if (text[i] == '~' && i + 1 < text.size() && (text[i + 1] == '0' || text[i + 1] == '1')) {
            out += text[++i] == '0' ? '~' : '/';
        } else {
            out += text[i];
        }
    }
    return out;
}

class Surveyor {
  public:
    explicit Surveyor(Node root) : root_(root) {}

    Result<std::vector<std::string>> run() {
        KG_CHECK(schema(root_));
        KG_CHECK(references());
        for (const Node node : all_) KG_CHECK(ends(node, 0));
        return std::move(unchecked_);
    }

  private:
    Result<void> count(Node node) {
        if (++values_ <= kValuesMax) return {};
        return Err(json::value_error(node, "the schema is too large: more than 20000 values"));
    }

    /// The document's own limit bounds the depth.
    Result<void> schema(Node node) {
        KG_CHECK(count(node));
        if (node.kind() != Kind::boolean && !node.is_object()) return Err(json::type_error(node, "a schema"));
        const auto levels_above = std::exchange(levels_, 0);
        if (node.is_object()) KG_CHECK(members(node));
        heights_[node.raw().data()] = ++levels_;
        levels_ = std::max(levels_, levels_above);
        return {};
    }

    Result<void> members(Node node) {
        all_.push_back(node);
        for (const Node member : node.children()) {
            // A null is how some libraries write that a keyword is not there.
            const Keyword* keyword = member.kind() == Kind::null ? nullptr : find_keyword(member.key());
            if (!keyword) continue;
            KG_CHECK(count(member));
            KG_CHECK(value(member, keyword->holds));
            if (!keyword->checked && unchecked_.size() < kUncheckedMax) unchecked_.push_back(member.path());
        }
        return {};
    }

    Result<void> value(Node node, Holds holds) {
        switch (holds) {
            case Holds::schema: return schema(node);
            case Holds::schema_or_list: return node.is_array() ? each(node) : schema(node);
            case Holds::schemas:
                if (!node.is_array()) return Err(json::type_error(node, "an array of schemas"));
                if (node.size() == 0) return Err(json::value_error(node, "must not be empty"));
                return each(node);
            case Holds::schema_map:
                if (!node.is_object()) return Err(json::type_error(node, "an object of schemas"));
                return each(node);
            case Holds::dependencies:
            case Holds::name_lists:
                if (!node.is_object()) return Err(json::type_error(node, "an object"));
                for (const Node item : node.children())
                    KG_CHECK(item.is_array() || holds == Holds::name_lists ? names(item) : schema(item));
                return {};
            case Holds::names: return names(node);
            case Holds::types: return types(node);
            case Holds::values:
                if (!node.is_array()) return Err(json::type_error(node, "an array"));
                if (node.size() == 0) return Err(json::value_error(node, "no value at all would fit"));
                for (const Node item : node.children()) KG_CHECK(count(item));
                return {};
            case Holds::count:
                if (const auto number = node.as_int(); number && *number >= 0) return {};
                return Err(json::type_error(node, "a whole number of at least 0"));
            case Holds::number_or_flag:
                if (node.kind() == Kind::boolean) return {};
                [[fallthrough]];
            case Holds::number: return kind(node, Kind::number, "a number");
            case Holds::positive:
                if (const auto number = node.as_double(); number && *number > 0) return {};
                return Err(json::type_error(node, "a number above 0"));
            case Holds::flag: return kind(node, Kind::boolean, "true or false");
            case Holds::text: return kind(node, Kind::string, "a string");
            case Holds::pattern: return pattern(node);
            case Holds::reference: return reference(node);
        }
        return {};
    }

    static Result<void> kind(Node node, Kind wanted, std::string_view words) {
        if (node.kind() == wanted) return {};
        return Err(json::type_error(node, words));
    }

    Result<void> each(Node list) {
        for (const Node item : list.children()) KG_CHECK(schema(item));
        return {};
    }

    Result<void> names(Node list) {
        if (!list.is_array()) return Err(json::type_error(list, "an array of names"));
        for (const Node name : list.children()) {
            if (!name.is_string()) return Err(json::type_error(name, "a string"));
            KG_CHECK(count(name));
        }
        return {};
    }

    static Result<void> types(Node node) {
        const auto known = [](Node name) {
            return std::ranges::find(kTypes, name.text()) != kTypes.end() && name.is_string();
        };
        constexpr std::string_view words =
            "array, boolean, integer, null, number, object or string, or a list of them";
        if (!node.is_array()) {
            if (known(node)) return {};
            return Err(json::type_error(node, words));
        }
        if (node.size() == 0) return Err(json::type_error(node, words));
        for (const Node name : node.children())
            if (!known(name)) return Err(json::type_error(name, words));
        return {};
    }

    Result<void> pattern(Node node) {
        KG_CHECK(kind(node, Kind::string, "a string"));
        const auto compiled = Pattern::compile(node.text());
        if (!compiled)
            return Err(json::value_error(node, "not a regular expression: " + compiled.error().message));
        pattern_bytes_ += compiled->size_bytes();
        if (pattern_bytes_ <= kPatternBytesMax) return {};
        return Err(json::value_error(node, "the patterns of the schema are too large together"));
    }

    Result<void> reference(Node node) {
        KG_CHECK(kind(node, Kind::string, "a string"));
        if (!node.text().starts_with('#'))
            return Err(json::value_error(node, "only references within the schema (#/...) are followed"));
        references_.push_back(node);
        return {};
    }

    /// Once it is known where schemas stand: only there a reference may lead, for nothing else has been read.
    Result<void> references() {
        std::size_t levels = levels_;
        std::unordered_set<const char*> entered;
        for (const Node node : references_) {
            const auto found = heights_.find(resolve(node.text()).raw().data());
            if (found == heights_.end()) return Err(json::value_error(node, "there is no such schema"));
            if (entered.insert(found->first).second) levels += found->second;
            if (levels > kLevelsMax)
                return Err(json::value_error(node, "the references lead too deep: more than 1000 levels"));
        }
        return {};
    }

    Node resolve(std::string_view reference) const {
        reference.remove_prefix(1);
        Node at = root_;
        if (!reference.empty() && reference.front() != '/') return {};
        while (!reference.empty()) {
            reference.remove_prefix(1);
            const auto end = std::min(reference.find('/'), reference.size());
            const auto token = pointer_token(reference.substr(0, end));
            reference.remove_prefix(end);
            if (at.is_array()) {
                const bool number = !token.empty() && token.size() < 6 &&
                                    std::all_of(token.begin(), token.end(), ascii::is_digit);
                if (!number) return {};
                at = at.at(static_cast<std::size_t>(std::stoul(token)));
            } else {
                at = at[token];
            }
        }
        return at;
    }

    /// Schemas that lead to themselves without a step into the answer would never be done with it.
    Result<void> ends(Node node, unsigned steps) {
        if (!node.is_object()) return {};
        const auto [place, fresh] = states_.try_emplace(node.raw().data(), State::open);
        if (!fresh && place->second == State::done) return {};
        if (!fresh || steps > kStepsMax)
            return Err(json::value_error(node, "this schema leads back to itself"));
        for (const Node member : node.children()) {
            const Keyword* keyword = member.kind() == Kind::null ? nullptr : find_keyword(member.key());
            if (keyword && keyword->here) KG_CHECK(ends_of(member, keyword->holds, steps + 1));
        }
        states_[node.raw().data()] = State::done;
        return {};
    }

    Result<void> ends_of(Node member, Holds holds, unsigned steps) {
        if (holds == Holds::reference) return ends(resolve(member.text()), steps);
        if (holds == Holds::schema) return ends(member, steps);
        for (const Node item : member.children()) KG_CHECK(ends(item, steps));
        return {};
    }

    enum class State : std::uint8_t { open, done };

    Node root_;
    std::unordered_map<const char*, State> states_;         // by where a schema stands in the text
    std::unordered_map<const char*, std::size_t> heights_;  // likewise: levels of schemas, its own included
    std::vector<Node> all_, references_;
    std::vector<std::string> unchecked_;
    std::size_t values_ = 0, levels_ = 0, pattern_bytes_ = 0;
};

}  // namespace

Result<std::vector<std::string>> survey(Node schema) {
    return Surveyor(schema).run();
}

}  // namespace kg::schema
