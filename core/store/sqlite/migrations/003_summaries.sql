-- Summaries of conversations: a cache, bounded by age and size (SummaryStore::prune).
CREATE TABLE summaries (
    key BLOB PRIMARY KEY NOT NULL,  -- SHA-256 over tenant, model and the text that is summarised
    text TEXT NOT NULL,             -- sealed
    bytes INTEGER NOT NULL,         -- of text
    used_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX summaries_used ON summaries (used_at_ms);
