#include "core/kiro/account.hpp"

#include <array>

#include "core/base/ascii.hpp"

namespace kg::kiro {
namespace {

struct MethodName {
    std::string_view name;  // folded: lower case, no separators
    AuthMethod method;
};
constexpr std::array kMethodNames = std::to_array<MethodName>({
    {"social", AuthMethod::social},
    {"idc", AuthMethod::idc},
    {"builderid", AuthMethod::idc},
    {"iam", AuthMethod::idc},
    {"iamsso", AuthMethod::idc},
    {"externalidp", AuthMethod::external_idp},
    {"apikey", AuthMethod::api_key},
});

std::string folded(std::string_view text) {
    std::string out;
    for (const char c : ascii::trim(text)) {
        if (c != ' ' && c != '-' && c != '_') out += ascii::lower(c);
    }
    return out;
}

/// Cuts the part before the next `separator` off `text`.
std::string_view next_part(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

bool all_digits(std::string_view text) {
    for (const char c : text) {
        if (!ascii::is_digit(c)) return false;
    }
    return !text.empty();
}

std::string_view arn_region(std::string_view arn) {
    for (int i = 0; i < 3; ++i) next_part(arn, ':');
    return next_part(arn, ':');
}

}  // namespace

std::string_view auth_method_name(AuthMethod method) {
    switch (method) {
        case AuthMethod::social: return "social";
        case AuthMethod::idc: return "idc";
        case AuthMethod::external_idp: return "external-idp";
        case AuthMethod::api_key: return "api-key";
    }
    return "social";
}

std::optional<AuthMethod> parse_auth_method(std::string_view text) {
    const std::string name = folded(text);
    for (const MethodName& known : kMethodNames) {
        if (known.name == name) return known.method;
    }
    return std::nullopt;
}

bool valid_region(std::string_view region) {
    if (region.size() < 2 || region.size() > 40) return false;
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    if (!is_lower(region[0]) || !is_lower(region[1])) return false;
    region.remove_prefix(2);
    unsigned words = 0;
    while (!region.empty() && region[0] == '-') {
        region.remove_prefix(1);
        if (region.size() == 1) return words > 0 && ascii::is_digit(region[0]);
        std::size_t letters = 0;
        while (letters < region.size() && is_lower(region[letters])) ++letters;
        if (letters == 0) return false;
        region.remove_prefix(letters);
        ++words;
    }
    return false;
}

bool valid_profile_arn(std::string_view arn) {
    if (arn.size() > 256 || next_part(arn, ':') != "arn") return false;
    const std::string_view partition = next_part(arn, ':');
    if (partition != "aws" && partition != "aws-us-gov") return false;
    if (next_part(arn, ':') != "codewhisperer" || !valid_region(next_part(arn, ':'))) return false;
    if (!all_digits(next_part(arn, ':')) || next_part(arn, '/') != "profile" || arn.empty()) return false;
    for (const char c : arn) {
        if (!ascii::is_alpha(c) && !ascii::is_digit(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

std::string api_region_of(const Caller& caller) {
    // Every candidate becomes part of a host name: what is not a region is not used.
    if (valid_region(caller.api_region)) return caller.api_region;
    if (valid_profile_arn(caller.profile_arn)) return std::string(arn_region(caller.profile_arn));
    return caller.auth_region.starts_with("eu-") ? "eu-central-1" : "us-east-1";
}

std::string default_profile_arn(AuthMethod method, std::string_view provider) {
    const std::string name = folded(provider);
    if (method == AuthMethod::idc && (name == "builderid" || name == "aws")) {
        return "arn:aws:codewhisperer:us-east-1:638616132270:profile/AAAACCCCXXXX";
    }
    if (method == AuthMethod::social && (name == "google" || name == "github")) {
        return "arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK";
    }
    return {};
}

}  // namespace kg::kiro
