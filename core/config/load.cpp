#include "core/config/load.hpp"

#include <algorithm>

#include "core/config/loader.hpp"
#include "core/config/secret_file.hpp"

namespace kg::config {
namespace {

constexpr std::size_t kShortSecret = 16;

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return "";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Loader::Loader(const LoadInput& input) : input_(input) {
    for (const Key& key : keys()) loaded_.origins.emplace(key.name, "default");
}

void Loader::set_text(const Key& key, std::string_view text, bool as_file, const Where& where) {
    if (as_file) return set(key, Raw(std::string(text)), true, where);
    const auto raw = raw_from_text(key, text);
    if (raw) return set(key, *raw, false, where);
    complain(where, raw.error().text, allowed_text(key), raw.error().hint);
}

void Loader::set(const Key& key, const Raw& raw, bool as_file, const Where& where) {
    const auto* text = std::get_if<std::string>(&raw);
    // An empty path, and an empty secret, say that nothing is set here.
    if (key.is_secret() && text && text->empty() && (as_file || where.layer == Where::Layer::file)) return;
    const auto place = places_.find(key.name);
    if (key.is_secret() && place != places_.end() && place->second.layer == where.layer &&
        place->second.subject != where.subject) {
        return complain(where, "given together with " + place->second.subject, "only one of the two");
    }
    places_[std::string(key.name)] = where;
    std::string origin = where.origin;
    Result<void, Fault> done;
    if (as_file) {
        if (!text)
            return complain(where, "expected the path of a file", "the path of a file with the secret");
        const bool from_file = where.layer == Where::Layer::file;
        auto secret = read_secret_file(*text, from_file ? parent_of(loaded_.path) : "", input_.environment);
        if (!secret) {
            return complain(where, secret.error(), "a file that others cannot read, with the secret alone");
        }
        origin += " (" + secret->path + ")";
        done = assign(key, Raw(secret->secret.reveal()), loaded_.config);
    } else {
        done = assign(key, raw, loaded_.config);
    }
    if (!done) return complain(where, done.error().text, allowed_text(key), done.error().hint);
    loaded_.origins[std::string(key.name)] = origin;
}

void Loader::read_overrides() {
    for (const auto& [name, text] : input_.overrides) {
        const Where where{Where::Layer::flag, "flag", name, "flag"};
        constexpr std::string_view kFile = "_file";
        const Key* key = find_key(name);
        const bool as_file = !key && name.size() > kFile.size() &&
                             name.compare(name.size() - kFile.size(), kFile.size(), kFile) == 0;
        if (as_file) key = find_key(std::string_view(name).substr(0, name.size() - kFile.size()));
        if (!key || (as_file && !key->is_secret())) {
            complain_unknown(where);
            continue;
        }
        set_text(*key, text, as_file, where);
    }
}

void Loader::complain(const Where& where, std::string_view what, std::string_view allowed,
                      std::string_view hint) {
    std::string line = where.location + ": " + where.subject + ": " + std::string(what);
    if (!allowed.empty()) line += "; allowed: " + std::string(allowed);
    if (!hint.empty()) line += "; " + std::string(hint);
    problems_.push_back({where, std::move(line)});
}

void Loader::complain_unknown(const Where& where) {
    const auto near = nearest_key(where.subject);
    const std::string hint = near.empty() ? "" : "did you mean " + near + "?";
    std::string allowed = "the keys of kirogate.toml(5)";
    const auto dot = where.subject.find('.');
    const std::string section = where.subject.substr(0, dot);
    std::string known;
    for (const Key& key : keys()) {
        if (key.section() == section) known += (known.empty() ? "" : ", ") + std::string(key.leaf());
    }
    if (!known.empty()) allowed = known + " in [" + section + "]";
    Where shown = where;
    shown.subject = quoted(where.subject);
    shown.subject = shown.subject.substr(1, shown.subject.size() - 2);
    complain(shown, "unknown key", allowed, hint);
}

void Loader::warn(const Where& where, std::string_view what) {
    loaded_.warnings.push_back(where.location + ": " + where.subject + ": " + std::string(what));
}

Result<Loaded> Loader::finish() && {
    if (problems_.empty()) {
        for (const Key& key : keys()) {
            if (key.name == "storage.seal_key" || !key.is_secret()) continue;
            const auto& secret = std::get<Secret& (*)(Config&)>(key.field)(loaded_.config);
            if (secret.empty() || secret.reveal().size() >= kShortSecret) continue;
            const auto place = places_.find(key.name);
            if (place != places_.end()) warn(place->second, "shorter than 16 characters, easy to guess");
        }
        return std::move(loaded_);
    }
    // The TOML library visits keys by name; people read a file from top to bottom.
    std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
        const auto rank = [](const Problem& p) {
            return std::make_tuple(p.where.layer, p.where.line, p.where.column);
        };
        return rank(a) < rank(b);
    });
    std::string message;
    for (const auto& problem : problems_) message += (message.empty() ? "" : "\n") + problem.line;
    return Err(Error{.kind = ErrorKind::config_invalid, .message = std::move(message)});
}

bool is_fixed(std::string_view origin) {
    return origin != "default" && origin != "settings";
}

void take_settings(const Loaded& from, Config& to, Origins& origins) {
    Config source = from.config;  // the accessors of the schema need one that may be written
    for (const Key& key : keys()) {
        const auto origin = from.origins.find(std::string(key.name));
        if (origin == from.origins.end() || origin->second != "settings") continue;
        const auto raw = raw_from_text(key, display_text(key, source));
        if (raw && assign(key, *raw, to)) origins[std::string(key.name)] = "settings";
    }
}

void Loader::read_stored() {
    for (const auto& [name, text] : input_.stored) {
        const Where where{Where::Layer::settings, "settings", name, "settings"};
        const Key* key = find_key(name);
        if (!key || !key->rule.live || key->is_secret()) {
            warn(where, "a runtime setting that this version does not know, ignored");
            continue;
        }
        Config scratch;
        const auto raw = raw_from_text(*key, text);
        if (raw && assign(*key, *raw, scratch))
            set(*key, *raw, false, where);
        else
            warn(where, "a runtime setting whose value is not allowed any more, ignored");
    }
}

Result<Loaded> load(const LoadInput& input) {
    Loader loader(input);
    loader.read_stored();
    loader.read_file();
    loader.read_environment();
    loader.read_overrides();
    loader.check_across();
    return std::move(loader).finish();
}

}  // namespace kg::config
