ALTER TABLE accounts ADD COLUMN max_concurrency INTEGER NOT NULL DEFAULT 0;  -- 0: the configured default
-- Written in batches, and for the next start only: no trigger counts it as a change.
ALTER TABLE accounts ADD COLUMN health INTEGER NOT NULL DEFAULT 80;  -- 0 to 100, as of health_at_ms
ALTER TABLE accounts ADD COLUMN health_at_ms INTEGER NOT NULL DEFAULT 0;
