#include "core/store/sqlite/request_row.hpp"

#include "core/store/rules.hpp"

namespace kg::store::sqlite {

const std::string kRequestColumns =
    "request_id, started_at_ms, dialect, model, wire_model, account_id, key_id, stream, status, error,"
    " first_event_ms, total_ms, attempts, input_tokens, output_tokens, cache_read_tokens,"
    " cache_write_tokens, credits";

const std::string& request_insert_sql() {
    static const std::string sql = "INSERT INTO requests (" + kRequestColumns +
                                   ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING";
    return sql;
}

void bind_request(Statement& statement, const RequestRecord& r) {
    statement.bind(r.request_id, r.started_at_ms, r.dialect, r.model, r.wire_model, r.account_id, r.key_id,
                   r.stream, r.status, r.error, r.first_event_ms, r.total_ms, r.attempts, r.input_tokens,
                   r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, daily_usage_of(r).credits);
}

RequestRecord read_request(const Statement& row, int first) {
    RequestRecord r;
    r.request_id = row.text(first);
    r.started_at_ms = row.integer(first + 1);
    r.dialect = row.text(first + 2);
    r.model = row.text(first + 3);
    r.wire_model = row.text(first + 4);
    r.account_id = row.text(first + 5);
    r.key_id = row.text(first + 6);
    r.stream = row.integer(first + 7) != 0;
    r.status = row.integer(first + 8);
    r.error = row.text(first + 9);
    r.first_event_ms = row.integer(first + 10);
    r.total_ms = row.integer(first + 11);
    r.attempts = row.integer(first + 12);
    r.input_tokens = row.integer(first + 13);
    r.output_tokens = row.integer(first + 14);
    r.cache_read_tokens = row.integer(first + 15);
    r.cache_write_tokens = row.integer(first + 16);
    r.credits = row.real(first + 17);
    return r;
}

}  // namespace kg::store::sqlite
