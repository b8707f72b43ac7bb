#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"
#include "core/kiro/model_names.hpp"
#include "core/kiro/models.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kNameBytesMax = 256;

class Resolver {
  public:
    explicit Resolver(const std::vector<Model>& listed) : listed_(listed) {
        keys_.reserve(listed.size());
        for (const Model& model : listed) keys_.push_back(model_key(model.info.id));
    }

    const Model* find(std::string_view name) {
        for (const Model& model : listed_)
            if (ascii::equals_ignoring_case(model.info.id, ascii::trim(name))) return &model;
        const std::string plain = strip_model_prefixes(name);
        std::string_view rest = plain;
        std::string key;
        do {
            key = model_key(rest);
            if (const Model* model = by_key(key)) return model;
        } while (strip_model_suffix(rest, flags_));
        return stand_in(key);
    }

    const ModelFlags& flags() const { return flags_; }

    Error not_found(std::string_view name) const {
        Error error{.kind = ErrorKind::model_not_found};
        error.message =
            "the model `" + std::string(ascii::utf8_prefix(name, kNameBytesMax)) + "` does not exist";
        error.param = "model";
        std::vector<std::string_view> ids;
        for (const Model& model : listed_) ids.push_back(model.info.id);
        const std::string_view near =
            ascii::nearest(strip_model_prefixes(ascii::utf8_prefix(name, kNameBytesMax)), ids);
        if (!near.empty()) error.detail = "nearest: " + std::string(near);
        return error;
    }

  private:
    const Model* exact(std::string_view key) const {
        const auto at = std::find(keys_.begin(), keys_.end(), key);
        return at == keys_.end() ? nullptr : &listed_[static_cast<std::size_t>(at - keys_.begin())];
    }

    /// Anthropic writes "claude-sonnet-4-0" for version 4.
    const Model* by_key(std::string_view key) const {
        if (flags_.million)
            if (const Model* model = exact(std::string(key) + "-1m")) return model;
        if (const Model* model = exact(key)) return model;
        const auto version = claude_version(key);
        return version && version->minor == 0 && key.ends_with("-0") ? by_key(key.substr(0, key.size() - 2))
                                                                     : nullptr;
    }

    /// Retired, foreign and unversioned names only: a version that is not listed is never replaced.
    const Model* stand_in(std::string_view key) const {
        std::string_view family = unversioned_family(key);
        if (const std::string_view successor = successor_key(key); !successor.empty()) {
            if (const Model* model = by_key(successor)) return model;
            if (!key.starts_with("claude-")) return nullptr;
            family = claude_version(successor)->family;
        }
        if (family.empty()) return nullptr;
        if (family == "sonnet" || family == "haiku")
            if (const Model* model = by_key("claude-" + std::string(family) + "-4-5")) return model;
        return newest(family);
    }

    const Model* newest(std::string_view family) const {
        const Model* best = nullptr;
        std::array<unsigned, 3> rank{};
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const auto version = claude_version(keys_[i]);
            if (!version || version->family != family) continue;
            const bool wanted = version->million == flags_.million;
            const std::array<unsigned, 3> here{version->major, version->minor, wanted ? 1u : 0u};
            if (best && here <= rank) continue;
            best = &listed_[i];
            rank = here;
        }
        return best;
    }

    const std::vector<Model>& listed_;
    std::vector<std::string> keys_;
    ModelFlags flags_;
};

}  // namespace

Result<ResolvedModel> resolve_model(std::string_view name, const std::vector<Model>& listed,
                                    const Aliases& aliases) {
    ResolvedModel out;
    out.chain = ascii::utf8_prefix(name, kNameBytesMax);
    const auto step = [&out](std::string_view to) {
        if (out.chain == to) return;
        (out.chain += " -> ") += to;
    };
    const auto alias =
        std::find_if(aliases.begin(), aliases.end(), [&](const auto& a) { return a.first == name; });
    const std::string_view meant = alias == aliases.end() ? name : std::string_view(alias->second);
    if (alias != aliases.end()) step(meant);

    Resolver resolver(listed);
    const Model* model = resolver.find(meant);
    if (!model) return Err(resolver.not_found(name));
    if (alias == aliases.end() || meant != model->info.id) step(model->info.id);
    out.model = model;
    out.thinking = resolver.flags().thinking;
    out.effort = resolver.flags().effort;
    return out;
}

std::string public_name(std::string_view wire_id) {
    std::string name(wire_id);
    if (!name.starts_with("claude-")) return name;
    for (std::size_t i = 1; i + 1 < name.size(); ++i)
        if (name[i] == '.' && ascii::is_digit(name[i - 1]) && ascii::is_digit(name[i + 1])) name[i] = '-';
    return name;
}

}  // namespace kg::kiro
