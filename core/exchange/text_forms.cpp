// Forms, the half that is no JSON.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/exchange/forms.hpp"
#include "core/kiro/account.hpp"
#include "core/store/ids.hpp"

namespace kg::exchange {
namespace {

using Fields = std::vector<std::string>;

constexpr std::size_t kAccountsMax = 10'000;
constexpr std::size_t kBareTokenMin = 64;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

Error refused(const std::string& source, std::string_view why) {
    return {.kind = ErrorKind::malformed_request, .message = source + " " + std::string(why)};
}

/// What the columns of any of these forms mean.
struct Entry {
    std::string email, name, provider, refresh_token, client_id, client_secret, region;
};

ImportedAccount account_of(Entry entry, std::string ref, const std::string& source) {
    ImportedAccount out;
    auto& a = out.account;
    a.email = ascii::trim(entry.email);
    if (store::valid_account_name(entry.name)) a.name = entry.name;
    a.provider = provider_of(entry.provider);
    const bool api_key = entry.refresh_token.starts_with("ksk_");
    (api_key ? a.api_key : a.refresh_token) = Secret(entry.refresh_token);
    a.client_id = std::move(entry.client_id);
    a.client_secret = Secret(entry.client_secret);
    a.auth_region = std::move(entry.region);
    if (a.provider == "Google" || a.provider == "Github") a.auth_method = "social";
    if (a.provider == "BuilderId" || a.provider == "Enterprise") a.auth_method = "idc";
    a.source = "import:" + source;
    out.ref = a.email.empty() ? std::move(ref) : a.email;
    if (!a.auth_region.empty() && !kiro::valid_region(a.auth_region))
        out.error = "not an AWS region: " + a.auth_region.substr(0, 40);
    if (entry.refresh_token.empty()) out.error = "it has no token";
    return out;
}

Fields split(std::string_view line, char separator) {
    Fields out;
    for (;;) {
        const auto at = line.find(separator);
        out.emplace_back(ascii::trim(line.substr(0, at)));
        if (at == line.npos) return out;
        line.remove_prefix(at + 1);
    }
}

// --- Lines with dashes ------------------------------------------------------------------------------

/// Splits at runs of four or more dashes. A run of n holds n/4 separators with empty fields between them,
/// or (`single`) one; dashes that are over belong to the field before: secrets may end in them.
Fields split_dashes(std::string_view line, bool single) {
    Fields out(1);
    for (std::size_t at = 0; at < line.size();) {
        std::size_t end = at;
        while (end < line.size() && line[end] == '-') ++end;
        const auto run = end - at;
        if (run < 4) {
            const auto next = std::max(end, at + 1);
            out.back().append(line.substr(at, next - at));
            at = next;
            continue;
        }
        out.back().append(single ? run - 4 : run % 4, '-');
        out.resize(out.size() + (single ? 1 : run / 4));
        at = end;
    }
    for (auto& field : out) field = std::string(ascii::trim(field));
    return out;
}

bool plausible(const Fields& fields) {
    const auto n = fields.size();
    if (n == 6 && !fields[5].empty()) return !provider_of(fields[5]).empty();
    return n == 3 || n == 5 || n == 6;
}

/// email, password (dropped), refresh token, client id, client secret, provider.
std::optional<Entry> entry_of(const Fields& fields) {
    if (!plausible(fields)) return std::nullopt;
    const auto field = [&](std::size_t i) { return i < fields.size() ? fields[i] : std::string(); };
    return Entry{.email = field(0),
                 .name = {},
                 .provider = field(5),
                 .refresh_token = field(2),
                 .client_id = field(3),
                 .client_secret = field(4),
                 .region = {}};
}

Fields split_blanks(std::string_view line) {
    if (line.find('\t') != line.npos) return split(line, '\t');
    Fields out;
    while (!line.empty()) {
        const auto gap = line.find("  ");
        out.emplace_back(ascii::trim(line.substr(0, gap)));
        if (gap == line.npos) break;
        line.remove_prefix(gap);
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    }
    return out;
}

/// One line of a text file; nothing when it cannot be told what is what.
std::optional<Entry> read_line(std::string_view line) {
    if (line.find("----") != line.npos) {
        if (auto entry = entry_of(split_dashes(line, false))) return entry;
        return entry_of(split_dashes(line, true));
    }
    for (const char separator : {'|', ','}) {
        if (line.find(separator) == line.npos) continue;
        const auto fields = split(line, separator);
        if (fields.size() > 4) return std::nullopt;
        const auto field = [&](std::size_t i) { return i < fields.size() ? fields[i] : std::string(); };
        return Entry{.email = field(0),
                     .name = field(2),
                     .provider = field(3),
                     .refresh_token = field(1),
                     .client_id = {},
                     .client_secret = {},
                     .region = {}};
    }
    const auto fields = split_blanks(line);
    if (fields.size() > 1) return entry_of(fields);
    // A word alone must look like a token.
    const bool token = line.starts_with("aor") || line.starts_with("ksk_") || line.size() >= kBareTokenMin;
    if (!token || line.find(' ') != line.npos) return std::nullopt;
    Entry bare;
    bare.refresh_token = line;
    return bare;
}

// --- CSV --------------------------------------------------------------------------------------------

enum class Column : std::uint8_t {
    none,
    email,
    name,
    provider,
    refresh_token,
    client_id,
    client_secret,
    region
};

struct Heading {
    std::string_view name;  // lower case, without blanks, - and _
    Column column;
};
constexpr auto kHeadings = std::to_array<Heading>({
    {"email", Column::email},
    {"mail", Column::email},
    {"邮箱", Column::email},
    {"name", Column::name},
    {"nickname", Column::name},
    {"label", Column::name},
    {"昵称", Column::name},
    {"provider", Column::provider},
    {"idp", Column::provider},
    {"登录方式", Column::provider},
    {"refreshtoken", Column::refresh_token},
    {"token", Column::refresh_token},
    {"clientid", Column::client_id},
    {"clientsecret", Column::client_secret},
    {"region", Column::region},
    {"区域", Column::region},
});
/// The order of the desktop managers, for files without a header.
constexpr std::array kColumns{Column::email,         Column::name,      Column::provider,
                              Column::refresh_token, Column::client_id, Column::client_secret,
                              Column::region};

Column column_of(std::string_view heading) {
    std::string folded;
    for (const char c : heading) {
        if (c != ' ' && c != '-' && c != '_') folded += ascii::lower(c);
    }
    const auto it = std::ranges::find(kHeadings, folded, &Heading::name);
    return it == kHeadings.end() ? Column::none : it->column;
}

struct Row {
    Fields cells;
    std::size_t line = 0;  // where it begins, from 1
};

/// RFC 4180; nothing when a quote is not closed.
std::optional<std::vector<Row>> read_rows(std::string_view text) {
    std::vector<Row> rows;
    std::size_t line = 1;
    bool quoted = false, fresh = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') ++line;
        if (std::exchange(fresh, false)) rows.push_back({Fields(1), line - (c == '\n')});
        auto& cell = rows.back().cells.back();
        if (quoted) {
            if (c != '"')
                cell += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                cell += text[++i];
            else
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            rows.back().cells.emplace_back();
        } else if (c == '\n') {
            fresh = true;
        } else if (c != '\r') {
            cell += c;
        }
    }
    if (quoted) return std::nullopt;
    return rows;
}

/// Spreadsheets take what begins like a formula for one, so it is written with an apostrophe.
std::string plain_cell(std::string cell) {
    if (cell.size() > 1 && cell[0] == '\'' &&
        std::string_view("=+-@").find(cell[1]) != std::string_view::npos)
        cell.erase(0, 1);
    return std::string(ascii::trim(cell));
}

Entry entry_of(const Row& row, const std::vector<Column>& columns) {
    Entry entry;
    for (std::size_t i = 0; i < std::min(row.cells.size(), columns.size()); ++i) {
        auto cell = plain_cell(row.cells[i]);
        switch (columns[i]) {
            case Column::none: break;
            case Column::email: entry.email = std::move(cell); break;
            case Column::name: entry.name = std::move(cell); break;
            case Column::provider: entry.provider = std::move(cell); break;
            case Column::refresh_token: entry.refresh_token = std::move(cell); break;
            case Column::client_id: entry.client_id = std::move(cell); break;
            case Column::client_secret: entry.client_secret = std::move(cell); break;
            case Column::region: entry.region = std::move(cell); break;
        }
    }
    return entry;
}

std::vector<Column> header_of(const Row& row) {
    std::vector<Column> columns;
    for (const auto& cell : row.cells) columns.push_back(column_of(plain_cell(cell)));
    return columns;
}

bool names_tokens(const std::vector<Column>& columns) {
    return std::ranges::find(columns, Column::refresh_token) != columns.end();
}

Result<Forms> read_csv(const std::vector<Row>& rows, const std::string& source, bool has_header) {
    Forms out{.format = "csv", .accounts = {}, .left_out = {}};
    auto columns = std::vector<Column>(kColumns.begin(), kColumns.end());
    if (has_header) columns = header_of(rows.front());
    for (std::size_t i = has_header ? 1 : 0; i < rows.size(); ++i) {
        if (rows[i].cells.size() == 1 && ascii::is_blank(rows[i].cells.front())) continue;
        if (out.accounts.size() >= kAccountsMax) return Err(refused(source, "has more than 10000 accounts"));
        out.accounts.push_back(
            account_of(entry_of(rows[i], columns), "line " + std::to_string(rows[i].line), source));
    }
    return out;
}

Result<Forms> read_lines(std::string_view text, const std::string& source) {
    Forms out{.format = "text", .accounts = {}, .left_out = {}};
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = ascii::trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        if (out.accounts.size() >= kAccountsMax) return Err(refused(source, "has more than 10000 accounts"));
        const auto ref = "line " + std::to_string(number);
        if (auto entry = read_line(line)) {
            out.accounts.push_back(account_of(std::move(*entry), ref, source));
        } else {
            auto& failed = out.accounts.emplace_back();
            failed.ref = ref;
            failed.error = "it cannot be told which of its fields is which";
        }
    }
    return out;
}

}  // namespace

Result<Forms> read_text_forms(std::string_view text, const std::string& source) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (!ascii::is_utf8(text)) return Err(refused(source, "is neither JSON nor UTF-8 text"));
    Result<Forms> out = Forms{};
    // One line of dashes proves nothing of the others: every line is told apart for itself.
    const auto rows = text.find("----") == text.npos ? read_rows(text) : std::nullopt;
    const bool has_rows = rows && !rows->empty();
    const bool has_header = has_rows && names_tokens(header_of(rows->front()));
    const bool managers_order = has_rows && rows->front().cells.size() >= 5;
    out = has_header || managers_order ? read_csv(*rows, source, has_header) : read_lines(text, source);
    if (out && out->accounts.empty()) return Err(refused(source, "contains no account"));
    return out;
}

Result<Forms> read_forms(std::string text, const std::string& source, const std::string& folder) {
    if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
    if (ascii::is_blank(text)) return Err(refused(source, "is empty"));
    const char first = ascii::trim(text).front();
    if (first == '{' || first == '[') return read_json_forms(std::move(text), source, folder);
    return read_text_forms(text, source);
}

}  // namespace kg::exchange
