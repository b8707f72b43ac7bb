#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include <toml++/toml.h>

#include "core/base/ascii.hpp"
#include "core/config/loader.hpp"

namespace kg::config {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;

std::string_view type_in_words(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "a list";
        case toml::node_type::floating_point: return "a floating-point number";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time";
        case toml::node_type::date_time: return "a date and time";
        case toml::node_type::string: return "a string";
        case toml::node_type::integer: return "a whole number";
        case toml::node_type::boolean: return "true or false";
        case toml::node_type::none: break;
    }
    return "nothing";
}

Raw to_raw(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* list = node.as_array()) {
        std::vector<std::string> items;
        for (const auto& item : *list) {
            const auto* text = item.as_string();
            if (!text) return Other{"a list that holds something else"};
            items.push_back(text->get());
        }
        return items;
    }
    if (const auto* table = node.as_table()) {
        Aliases aliases;
        for (const auto& entry : *table) {
            const auto* text = entry.second.as_string();
            if (!text) return Other{"a table that holds something else"};
            aliases.emplace_back(std::string(entry.first.str()), text->get());
        }
        return aliases;
    }
    return Other{type_in_words(node)};
}

}  // namespace

/// Walks the parsed file and hands every value to the loader.
class TomlLayer {
  public:
    TomlLayer(Loader& loader, const std::string& path) : loader_(loader), path_(path) {}

    /// Whether the file itself holds a secret.
    bool read(const std::string& text) {
        try {
            walk(toml::parse(text, path_));
        } catch (const toml::parse_error& error) {
            loader_.complain(at(error.source(), "syntax"), error.description());
        }
        return holds_secret_;
    }

  private:
    Where at(const toml::source_region& region, std::string subject) const {
        const auto line = static_cast<int>(region.begin.line);
        const auto column = static_cast<int>(region.begin.column);
        return {Where::Layer::file,
                path_ + ':' + std::to_string(line) + ':' + std::to_string(column),
                std::move(subject),
                "file:" + path_ + ':' + std::to_string(line),
                line,
                column};
    }

    void walk(const toml::table& root) {
        for (const auto& entry : root) {
            const std::string name(entry.first.str());
            const auto* table = entry.second.as_table();
            if (!is_section(name)) {
                unknown_section(at(entry.first.source(), name));
            } else if (!table) {
                loader_.complain(at(entry.second.source(), name),
                                 "expected a table, found " + std::string(type_in_words(entry.second)),
                                 "a section: [" + name + "]");
            } else {
                walk_section(name, *table);
            }
        }
    }

    void walk_section(const std::string& section, const toml::table& table) {
        for (const auto& entry : table) {
            const std::string name = section + '.' + std::string(entry.first.str());
            constexpr std::string_view kFile = "_file";
            const Key* key = find_key(name);
            bool as_file = false;
            if (!key && name.size() > kFile.size() &&
                std::string_view(name).substr(name.size() - 5) == kFile) {
                key = find_key(std::string_view(name).substr(0, name.size() - kFile.size()));
                as_file = key && key->is_secret();
            }
            if (!key || (!as_file && key->name != name)) {
                loader_.complain_unknown(at(entry.first.source(), name));
                continue;
            }
            holds_secret_ = holds_secret_ || (key->is_secret() && !as_file);
            loader_.set(*key, to_raw(entry.second), as_file, at(entry.second.source(), name));
        }
    }

    static bool is_section(std::string_view name) {
        for (const Section& section : sections()) {
            if (section.name == name) return true;
        }
        return false;
    }

    void unknown_section(const Where& where) {
        std::vector<std::string_view> names;
        std::string allowed = "the sections ";
        for (const Section& section : sections()) {
            allowed += (names.empty() ? "" : ", ") + std::string(section.name);
            names.push_back(section.name);
        }
        std::string near(ascii::nearest(where.subject, names));
        if (near.empty()) near = nearest_key(where.subject);
        loader_.complain({where.layer, where.location, quoted(where.subject), {}, where.line, where.column},
                         "unknown section", allowed, near.empty() ? "" : "did you mean " + near + "?");
    }

    Loader& loader_;
    const std::string& path_;
    bool holds_secret_ = false;
};

void Loader::read_file() {
    if (!input_.config_flag) {
        if (const auto named = variable("KIROGATE_CONFIG"); named && !named->empty()) {
            if (struct stat info{}; ::stat(named->c_str(), &info) != 0) {
                warn({Where::Layer::environment, "environment", "KIROGATE_CONFIG", {}},
                     "ignored, because " + quoted(*named) + " does not exist");
            }
        }
    }
    const auto path = find_config_file(input_);
    if (!path) return;
    loaded_.path = *path;
    const Where whole{Where::Layer::file, *path, "file", {}};
    struct stat info {};
    errno = 0;
    std::ifstream in(*path, std::ios::binary);
    if (!in || ::stat(path->c_str(), &info) != 0) {
        return complain(whole, "cannot be opened: " + std::generic_category().message(errno));
    }
    if (S_ISDIR(info.st_mode)) return complain(whole, "is a directory");
    std::string text;
    std::array<char, 16 << 10> piece;
    while (text.size() <= kFileBytesMax && (in.read(piece.data(), piece.size()), in.gcount() > 0))
        text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (in.bad()) return complain(whole, "cannot be read");
    if (text.size() > kFileBytesMax) return complain(whole, "is larger than 1MiB");
    const bool holds_secret = TomlLayer(*this, *path).read(text);
    if (holds_secret && (info.st_mode & S_IROTH) != 0) {
        warn(whole, "holds a secret and can be read by every user; try: chmod 600 " + *path);
    }
}

}  // namespace kg::config
