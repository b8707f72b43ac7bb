-- Usage by day (UTC), so that a question over months reads a row a day and not one an hour: step 86400.
-- Facets 0 to 3 as by hour, and of each two together: 5 key and account, 6 key and model, 7 account and
-- model.
INSERT INTO usage_series
    SELECT 86400, facet, at / 86400 * 86400, key_id, account_id, model, sum(requests), sum(errors),
           sum(cancelled), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
           sum(cache_write_tokens), sum(credits), sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet BETWEEN 0 AND 3 GROUP BY 2, 3, 4, 5, 6;
INSERT INTO usage_series
    SELECT 86400, 5, at / 86400 * 86400, key_id, account_id, '', sum(requests), sum(errors),
           sum(cancelled), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
           sum(cache_write_tokens), sum(credits), sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY 3, 4, 5;
INSERT INTO usage_series
    SELECT 86400, 6, at / 86400 * 86400, key_id, '', model, sum(requests), sum(errors),
           sum(cancelled), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
           sum(cache_write_tokens), sum(credits), sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY 3, 4, 6;
INSERT INTO usage_series
    SELECT 86400, 7, at / 86400 * 86400, '', account_id, model, sum(requests), sum(errors),
           sum(cancelled), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
           sum(cache_write_tokens), sum(credits), sum(total_ms), sum(first_ms), sum(first_count)
      FROM usage_series WHERE step = 3600 AND facet = 4 GROUP BY 3, 5, 6;
INSERT INTO usage_latency
    SELECT 86400, at / 86400 * 86400, model, bucket, sum(first_count), sum(total_count)
      FROM usage_latency WHERE step = 3600 GROUP BY 2, 3, 4;

-- What usage_daily sums up to: one row, written with it.
CREATE TABLE usage_totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    credits REAL NOT NULL
) STRICT;
INSERT INTO usage_totals
    SELECT 1, coalesce(sum(requests), 0), coalesce(sum(errors), 0), coalesce(sum(input_tokens), 0),
           coalesce(sum(output_tokens), 0), coalesce(sum(credits), 0.0)
      FROM usage_daily;

ALTER TABLE accounts ADD COLUMN quota_plan TEXT NOT NULL DEFAULT '';  -- as upstream calls it; '': not told
