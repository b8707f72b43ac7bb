#include "core/schema/pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <string>

namespace kg::schema {
namespace {

constexpr std::uint32_t kGroupDepthMax = 100;
// Of the matcher for one text. The larger are what a plain pattern needs many times over.
constexpr std::uint32_t kLittleSteps = 1'000, kLittleStepsPerByte = 4;
constexpr std::uint32_t kMuchSteps = 20'000, kMuchStepsPerByte = 20;
constexpr std::uint32_t kStepsMost = 2'000'000;
constexpr std::uint32_t kHeapKiBMax = 16'384;

struct ContextFree {
    void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

PCRE2_SPTR units(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
}

std::string sentence(int code) {
    PCRE2_UCHAR buffer[160];
    const int size = pcre2_get_error_message(code, buffer, sizeof buffer);
    return size < 0 ? "not a regular expression" : std::string(buffer, buffer + size);
}

}  // namespace

struct Pattern::Code {
    pcre2_code* code = nullptr;
};

void Pattern::Free::operator()(Code* code) const {
    pcre2_code_free(code->code);
    delete code;
}

Result<Pattern> Pattern::compile(std::string_view text) {
    const auto refusal = [](std::string why) {
        return Err(Error{.kind = ErrorKind::malformed_request, .message = std::move(why)});
    };
    if (text.size() > kBytesMax) return refusal("longer than 8 KiB");
    const std::unique_ptr<pcre2_compile_context, ContextFree> context(pcre2_compile_context_create(nullptr));
    pcre2_set_parens_nest_limit(context.get(), kGroupDepthMax);
    pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALT_BSUX);
    int error = 0;
    PCRE2_SIZE at = 0;
    std::unique_ptr<Code, Free> out(new Code);
    out->code =
        pcre2_compile(units(text), text.size(),
                      PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
                          PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF,
                      &error, &at, context.get());
    if (out->code == nullptr) return refusal(sentence(error) + " (at character " + std::to_string(at) + ")");
    return Pattern(std::move(out));
}

std::size_t Pattern::size_bytes() const {
    std::size_t bytes = 0;
    pcre2_pattern_info(code_->code, PCRE2_INFO_SIZE, &bytes);
    return bytes;
}

std::uint32_t Pattern::steps_max(std::size_t text_bytes, Patience patience) {
    const bool little = patience == Patience::little;
    const auto bytes = static_cast<std::uint32_t>(std::min<std::size_t>(text_bytes, kStepsMost));
    return std::min(
        little ? kLittleSteps + kLittleStepsPerByte * bytes : kMuchSteps + kMuchStepsPerByte * bytes,
        kStepsMost);
}

Pattern::Match Pattern::search(std::string_view text, Patience patience) const {
    const std::unique_ptr<pcre2_match_context, ContextFree> context(pcre2_match_context_create(nullptr));
    const std::unique_ptr<pcre2_match_data, ContextFree> data(pcre2_match_data_create(1, nullptr));
    pcre2_set_match_limit(context.get(), steps_max(text.size(), patience));
    pcre2_set_heap_limit(context.get(), kHeapKiBMax);
    const int found =
        pcre2_match(code_->code, units(text), text.size(), 0, PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found >= 0) return Match::yes;
    return found == PCRE2_ERROR_NOMATCH ? Match::no : Match::too_costly;
}

}  // namespace kg::schema
