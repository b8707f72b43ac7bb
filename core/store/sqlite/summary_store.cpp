#include "core/store/sqlite/summary_store.hpp"

#include <algorithm>
#include <limits>

#include "core/base/log.hpp"

namespace kg::store::sqlite {
namespace {

/// Rows per transaction when pruning: other verbs get their turn in between.
constexpr std::int64_t kPruneChunk = 256;

/// A sealed text does not open in the row of another key.
std::string context_of(const Sha256& key) {
    return "summary/" + std::string(key.begin(), key.end());
}

}  // namespace

Result<std::optional<Summary>> SqliteSummaryStore::read(const Sha256& key) {
    KG_TRY(statement, connection_.db.prepare("SELECT text, used_at_ms FROM summaries WHERE key = ?1"));
    KG_TRY(row, statement.bind(key).step());
    if (!row) return std::optional<Summary>{};
    auto text = connection_.sealer.unseal(statement.text(0), context_of(key));
    if (!text) {
        log::warn("store", "a summary cannot be unsealed", {{"error", text.error().message}});
        return std::optional<Summary>{};
    }
    return std::optional<Summary>{
        Summary{.key = key, .text = text->reveal(), .used_at_ms = statement.integer(1)}};
}

Result<std::vector<Summary>> SqliteSummaryStore::find(const std::vector<Sha256>& keys, std::int64_t oldest_ms,
                                                      std::int64_t now_ms) {
    const auto body = [&]() -> Result<std::vector<Summary>> {
        std::vector<Summary> found;
        for (const Sha256& key : keys) {
            KG_TRY(summary, read(key));
            if (!summary || summary->used_at_ms < oldest_ms) continue;
            KG_TRY(touch, connection_.db.prepare("UPDATE summaries SET used_at_ms = ?2 WHERE key = ?1"));
            summary->used_at_ms = std::max(summary->used_at_ms, now_ms);
            KG_CHECK(touch.bind(key, summary->used_at_ms).run());
            found.push_back(std::move(*summary));
        }
        return found;
    };
    return write(connection_, body, Durability::process_death);
}

Result<void> SqliteSummaryStore::put(const Summary& summary) {
    const auto body = [&]() -> Result<void> {
        KG_TRY(statement, connection_.db.prepare("INSERT INTO summaries (key, text, bytes, used_at_ms)"
                                                 " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE SET"
                                                 " text = excluded.text, bytes = excluded.bytes,"
                                                 " used_at_ms = excluded.used_at_ms"));
        const std::string sealed = connection_.sealer.seal(summary.text, context_of(summary.key));
        return statement.bind(summary.key, sealed, sealed.size(), summary.used_at_ms).run();
    };
    return write(connection_, body, Durability::process_death);
}

Result<void> SqliteSummaryStore::prune(std::int64_t oldest_ms, std::uint64_t max_bytes) {
    const auto max = static_cast<std::int64_t>(
        std::min<std::uint64_t>(max_bytes, std::numeric_limits<std::int64_t>::max()));
    for (;;) {
        const auto chunk = [&]() -> Result<bool> {
            // The running sum counts from the newest: what lies beyond the limit is the oldest.
            KG_TRY(statement,
                   connection_.db.prepare(
                       "DELETE FROM summaries WHERE key IN (SELECT key FROM (SELECT key, used_at_ms,"
                       " sum(bytes) OVER (ORDER BY used_at_ms DESC, key) AS total FROM summaries)"
                       " WHERE used_at_ms < ?1 OR total > ?2 ORDER BY used_at_ms LIMIT ?3)"));
            KG_CHECK(statement.bind(oldest_ms, max, kPruneChunk).run());
            return connection_.db.changes() == kPruneChunk;
        };
        KG_TRY(more, write(connection_, chunk, Durability::process_death));
        if (!more) return {};
    }
}

Result<std::size_t> SqliteSummaryStore::count() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(count, connection_.db.query_integer("SELECT count(*) FROM summaries"));
    return static_cast<std::size_t>(count);
}

}  // namespace kg::store::sqlite
