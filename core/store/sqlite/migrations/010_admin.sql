-- Who runs the gateway, and what they did (AdminStore).
CREATE TABLE admin_sessions (
    token_hash BLOB PRIMARY KEY NOT NULL,
    created_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE admin_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    token_hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER
) STRICT;
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,  -- a JSON object without secrets
    request_id TEXT NOT NULL
) STRICT;

ALTER TABLE accounts ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';  -- JSON array of strings

-- Usage by minute and by hour (HistoryStore). A facet is what the rows are broken down by: 0 nothing,
-- 1 key, 2 account, 3 model, 4 all three (hours only), so that a question over months reads as many
-- rows as its answer has, and not as many as there are combinations.
CREATE TABLE usage_series (
    step INTEGER NOT NULL,   -- seconds: 60 or 3600
    facet INTEGER NOT NULL,
    at INTEGER NOT NULL,     -- seconds since 1970, a multiple of step
    key_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    model TEXT NOT NULL,
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    credits REAL NOT NULL,
    total_ms INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    first_count INTEGER NOT NULL,
    PRIMARY KEY (step, facet, at, key_id, account_id, model)
) STRICT, WITHOUT ROWID;
-- How many answers took how long, by the buckets of core/store/history.hpp.
CREATE TABLE usage_latency (
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    model TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    first_count INTEGER NOT NULL,
    total_count INTEGER NOT NULL,
    PRIMARY KEY (step, at, model, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_failed ON requests (seq) WHERE error <> '';

-- The hours of what is logged already.
INSERT INTO usage_series
    SELECT 3600, 4, started_at_ms / 3600000 * 3600, key_id, account_id,
           CASE WHEN wire_model = '' THEN '' ELSE model END,
           count(*), sum((error <> '' OR status >= 400) AND error <> 'cancelled'), sum(error = 'cancelled'),
           sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens),
           sum(credits), sum(total_ms), sum(max(first_event_ms, 0)), sum(first_event_ms >= 0)
      FROM requests GROUP BY 3, 4, 5, 6;
INSERT INTO usage_series
    SELECT 3600, 0, at, '', '', '', sum(requests), sum(errors), sum(cancelled), sum(input_tokens),
           sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(credits),
           sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY at;
INSERT INTO usage_series
    SELECT 3600, 1, at, key_id, '', '', sum(requests), sum(errors), sum(cancelled), sum(input_tokens),
           sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(credits),
           sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY at, key_id;
INSERT INTO usage_series
    SELECT 3600, 2, at, '', account_id, '', sum(requests), sum(errors), sum(cancelled), sum(input_tokens),
           sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(credits),
           sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY at, account_id;
INSERT INTO usage_series
    SELECT 3600, 3, at, '', '', model, sum(requests), sum(errors), sum(cancelled), sum(input_tokens),
           sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(credits),
           sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY at, model;
