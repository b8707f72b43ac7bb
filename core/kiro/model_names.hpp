#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/chat/request.hpp"

namespace kg::kiro {

/// A name in the one spelling that wire ids and client names share: lower case, dots between digits
/// as dashes, `claude-FAMILY-VERSION` in this order ("claude-4.5-sonnet" -> "claude-sonnet-4-5").
std::string model_key(std::string_view name);

/// What the suffixes of a client's name asked for (kiro-upstream 3.2 step 2).
struct ModelFlags {
    bool thinking = false;
    bool million = false;  // [1m], -1m
    std::optional<chat::Effort> effort;
};

/// Lower-cased, without white space and vendor prefixes (step 1).
std::string strip_model_prefixes(std::string_view name);
/// Removes the last suffix that is not part of a model's name: flags, dates, revisions (steps 2,
/// 3). False when there is none.
bool strip_model_suffix(std::string_view& name, ModelFlags& flags);

/// "claude-sonnet-4-5" -> family "sonnet", version 4.5; nothing for anything else.
struct ModelVersion {
    std::string_view family;
    unsigned major = 0;
    unsigned minor = 0;
    bool million = false;
};
std::optional<ModelVersion> claude_version(std::string_view key);

/// The key of the successor of a retired or foreign model (step 6), empty when there is none.
std::string_view successor_key(std::string_view key);
/// "sonnet", "claude-sonnet" -> "sonnet"; empty for names that carry a version.
std::string_view unversioned_family(std::string_view key);

}  // namespace kg::kiro
