-- More limits and defaults of a key, and its use by quarter of an hour: what a day, week or month of
-- any time zone is summed from.

ALTER TABLE keys ADD COLUMN denied_models TEXT NOT NULL DEFAULT '[]';     -- JSON array of strings
ALTER TABLE keys ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT '[]';  -- JSON array of strings
ALTER TABLE keys ADD COLUMN token_limit INTEGER;
ALTER TABLE keys ADD COLUMN credits_per_day REAL;
ALTER TABLE keys ADD COLUMN tokens_per_day INTEGER;
ALTER TABLE keys ADD COLUMN credits_per_week REAL;
ALTER TABLE keys ADD COLUMN tokens_per_week INTEGER;
ALTER TABLE keys ADD COLUMN credits_per_month REAL;
ALTER TABLE keys ADD COLUMN tokens_per_month INTEGER;
ALTER TABLE keys ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN request_burst INTEGER;
ALTER TABLE keys ADD COLUMN tokens_per_minute INTEGER;
ALTER TABLE keys ADD COLUMN streams_max INTEGER;
ALTER TABLE keys ADD COLUMN system_prepend TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN system_append TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN thinking TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN strict INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN old_key_hash BLOB NOT NULL
    DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';
ALTER TABLE keys ADD COLUMN old_key_until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN tokens_used INTEGER NOT NULL DEFAULT 0;

UPDATE keys SET tokens_used = coalesce(
    (SELECT sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)
       FROM usage_daily WHERE key_id = keys.id), 0);

CREATE TABLE usage_quarters (
    key_id TEXT NOT NULL,
    quarter INTEGER NOT NULL,  -- started_at_ms / 900000
    requests INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    credits REAL NOT NULL,
    PRIMARY KEY (key_id, quarter)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_quarters
    SELECT key_id, started_at_ms / 900000, count(*),
           sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), sum(credits)
      FROM requests WHERE key_id <> '' GROUP BY 1, 2;
