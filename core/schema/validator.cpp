#include "core/schema/validator.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "core/base/ascii.hpp"
#include "core/schema/format.hpp"
#include "core/schema/normal_form.hpp"
#include "core/schema/pattern.hpp"

// The library's visitor runs patterns and formats through std::regex, which recurses over the text and has
// no bound, and has none itself on what alternatives multiply to or on how many names and values a schema
// lists. These members of it are specialised for the adapter in use, so that all of it counts its steps and
// every pattern is a Pattern.

namespace kg::schema {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t kPatternSteps = 20;  // what a search counts as, beside one for each 16 bytes
constexpr std::size_t kMatcherSteps = 50;  // of a costly search: that many count as one step
constexpr std::size_t kNamesPerStep = 16;  // names and values that a document is compared with
constexpr std::size_t kErrorsMax = 4, kErrorsReadMax = 500;
constexpr std::size_t kErrorBytesMax = 200;
constexpr std::size_t kDepthMax = 400;  // of nested visits

struct OutOfSteps {};

/// Of the one document that this thread is judging.
struct Run {
    const std::unordered_map<std::string, Pattern>* patterns = nullptr;
    std::size_t steps = 0;
    std::size_t depth = 0;

    void step(std::size_t n = 1) {
        steps += n;
        if (steps > Validator::kStepsMax) throw OutOfSteps();
    }
};
thread_local Run run;

class Deeper {
  public:
    Deeper() {
        if (++run.depth <= kDepthMax) return;
        --run.depth;
        throw OutOfSteps();
    }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { --run.depth; }
};

template <class Target>
std::optional<std::string> text_of(const Target& target) {
    std::string text;
    if (!target.isString() || !target.getString(text)) return std::nullopt;
    return text;
}

template <class Target>
bool matches(const Target& target, const std::string& pattern) {
    const auto text = text_of(target);
    if (!text) return true;
    run.step(kPatternSteps + text->size() / 16);
    const auto found = run.patterns->find(pattern);
    if (found == run.patterns->end()) return true;
    using Patience = Pattern::Patience;
    auto match = found->second.search(*text, Patience::little);
    if (match == Pattern::Match::too_costly) {
        run.step(Pattern::steps_max(text->size(), Patience::much) / kMatcherSteps);
        match = found->second.search(*text);
    }
    return match == Pattern::Match::yes;
}

/// What a constraint compares a value with by itself, beside the schemas that it leads to.
std::size_t names_in(const valijson::constraints::Constraint& constraint) {
    namespace c = valijson::constraints;
    std::size_t names = 0;
    const auto count = [&](const auto&...) { return ++names, true; };
    if (typeid(constraint) == typeid(c::PropertiesConstraint)) {
        static_cast<const c::PropertiesConstraint&>(constraint).applyToProperties(count);
    } else if (typeid(constraint) == typeid(c::RequiredConstraint)) {
        static_cast<const c::RequiredConstraint&>(constraint).applyToRequiredProperties(count);
    } else if (typeid(constraint) == typeid(c::EnumConstraint)) {
        static_cast<const c::EnumConstraint&>(constraint).applyToValues(count);
    } else if (typeid(constraint) == typeid(c::DependenciesConstraint)) {
        const auto& dependencies = static_cast<const c::DependenciesConstraint&>(constraint);
        dependencies.applyToSchemaDependencies(count);
        dependencies.applyToPropertyDependencies([&](const auto&, const auto& needed) {
            return names += 1 + static_cast<std::size_t>(std::distance(needed.begin(), needed.end())), true;
        });
    }
    return names;
}

template <class Visitor>
bool visit_all(const valijson::Subschema& schema, Visitor& visitor, valijson::ValidationResults* results) {
    const Deeper deeper;
    run.step();
    if (schema.getAlwaysInvalid()) return false;
    valijson::Subschema::ApplyFunction fn = [&](const valijson::constraints::Constraint& constraint) {
        run.step(names_in(constraint) / kNamesPerStep);
        return constraint.accept(visitor);
    };
    return results ? schema.apply(fn) : schema.applyStrict(fn);
}

}  // namespace
}  // namespace kg::schema

namespace valijson {

template <>
bool ValidationVisitor<kg::schema::Adapter>::validateSchema(const Subschema& subschema) {
    const bool fits = kg::schema::visit_all(subschema, *this, m_results);
    if (!fits && m_results && subschema.getAlwaysInvalid())
        m_results->pushError(m_context, "Nothing is allowed here.");
    return fits;
}

template <>
bool ValidationVisitor<kg::schema::Adapter>::visit(const PatternConstraint& constraint) {
    const auto pattern = constraint.getPattern<std::allocator<char>>();
    if (kg::schema::matches(m_target, pattern)) return true;
    if (m_results) m_results->pushError(m_context, "The text does not match the pattern " + pattern + ".");
    return false;
}

template <>
bool ValidationVisitor<kg::schema::Adapter>::visit(const FormatConstraint& constraint) {
    const auto text = kg::schema::text_of(m_target);
    if (text) kg::schema::run.step(kg::schema::kPatternSteps + text->size() / 16);
    if (!text || kg::schema::has_format(*text, constraint.getFormat())) return true;
    if (m_results)
        m_results->pushError(m_context, "The text is not of the format " + constraint.getFormat() + ".");
    return false;
}

template <>
bool ValidationVisitor<kg::schema::Adapter>::visit(const UniqueItemsConstraint&) {
    if (!m_target.isArray()) return true;
    const auto items = m_target.asArray();
    for (auto a = items.begin(); a != items.end(); ++a) {
        auto b = a;
        for (++b; b != items.end(); ++b) {
            kg::schema::run.step();
            if (!a->equalTo(*b, true)) continue;
            if (m_results) m_results->pushError(m_context, "Two items are equal.");
            return false;
        }
    }
    return true;
}

}  // namespace valijson

namespace kg::schema {
namespace {

/// {"<root>", "[names]", "[0]"} -> $.names[0]
std::string place_of(const std::vector<std::string>& context) {
    std::string out = "$";
    for (std::size_t i = 1; i < context.size(); ++i) {
        std::string_view step = context[i];
        if (step.size() < 3) continue;
        step = step.substr(1, step.size() - 2);
        if (std::all_of(step.begin(), step.end(), ascii::is_digit))
            out.append("[").append(step).append("]");
        else
            out.append(".").append(step);
    }
    return out;
}

bool lies_below(const std::vector<std::string>& inner, const std::vector<std::string>& outer) {
    return inner.size() > outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

/// The library tells what is wrong from the inside out: what only says that something below is wrong goes.
std::string sentence_of(const valijson::ValidationResults& results) {
    std::string out;
    std::size_t told = 0, seen = 0;
    for (auto at = results.begin(); at != results.end() && seen < kErrorsReadMax; ++at, ++seen) {
        const auto& error = *at;
        if (std::any_of(results.begin(), at, [&](const auto& told_before) {
                return lies_below(told_before.context, error.context);
            }))
            continue;
        std::string one = place_of(error.context) + ": " + error.description;
        if (one.ends_with('.')) one.pop_back();
        if (one.size() > kErrorBytesMax) {
            auto end = kErrorBytesMax;
            while (end > 0 && (static_cast<unsigned char>(one[end]) & 0xC0) == 0x80) --end;
            one.resize(end);
        }
        out.append(out.empty() ? "" : "; ").append(one);
        if (++told == kErrorsMax) break;
    }
    return out.empty() ? "$: the document does not fit the schema" : out;
}

/// Every pattern below `value`; texts under other keywords that look like one do no harm.
void collect_patterns(const nlohmann::json& value, std::unordered_map<std::string, Pattern>& out) {
    if (value.is_object()) {
        const auto found = value.find("pattern");
        if (found != value.end() && found->is_string()) {
            const auto& text = found->get_ref<const std::string&>();
            if (!out.contains(text))
                if (auto pattern = Pattern::compile(text)) out.emplace(text, std::move(*pattern));
        }
    }
    if (value.is_structured())
        for (const auto& item : value) collect_patterns(item, out);
}

Error unusable(std::string_view why) {
    return {
        .kind = ErrorKind::unsupported, .message = "the schema cannot be used", .detail = std::string(why)};
}

}  // namespace

struct Validator::Impl {
    valijson::Schema schema;
    std::unordered_map<std::string, Pattern> patterns;
};

Validator::Validator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;
Validator::~Validator() = default;

Result<Validator> Validator::make(std::string_view schema) {
    auto impl = std::make_unique<Impl>();
    try {
        auto tree = nlohmann::json::parse(schema);
        bring_into_normal_form(tree);
        collect_patterns(tree, impl->patterns);
        valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
        parser.populateSchema(Adapter(tree), impl->schema);
    } catch (const std::exception& error) {
        return Err(unusable(error.what()));
    }
    return Validator(std::move(impl));
}

std::optional<std::string> Validator::complaint(std::string_view document) const {
    run = {.patterns = &impl_->patterns};
    try {
        const auto tree = nlohmann::json::parse(document);
        valijson::Validator validator;
        const Adapter target(tree);
        // The quick way first: without results it stops at the first thing that does not fit.
        if (validator.validate(impl_->schema, target, nullptr)) return std::nullopt;
        run.steps = run.depth = 0;
        valijson::ValidationResults results;
        if (validator.validate(impl_->schema, target, &results)) return std::nullopt;
        return sentence_of(results);
    } catch (const OutOfSteps&) {
        return "$: the document takes too many steps to check against the schema";
    } catch (const std::exception&) {
        return "$: the document does not fit the schema";
    }
}

}  // namespace kg::schema
