-- Answers that clients may refer to later (ResponseStore): bounded per owner and in time.
CREATE TABLE responses (
    id TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    body TEXT NOT NULL,          -- sealed
    conversation TEXT NOT NULL,  -- sealed
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX responses_owner ON responses (owner, created_at_ms, id);
CREATE INDEX responses_expiry ON responses (expires_at_ms);
