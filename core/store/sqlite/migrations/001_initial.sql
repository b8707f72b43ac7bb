-- Columns that hold a secret carry text sealed by core/base/seal ("v1:...") or nothing.

CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,            -- +1 whenever accounts, keys or settings change
    seal_check TEXT NOT NULL DEFAULT ''  -- a known text, sealed: tells a wrong seal key at once
) STRICT;
INSERT INTO meta (id, version) VALUES (1, 1);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    auth_method TEXT NOT NULL,
    provider TEXT NOT NULL,
    access_token TEXT NOT NULL,   -- sealed
    refresh_token TEXT NOT NULL,  -- sealed
    client_id TEXT NOT NULL,
    client_secret TEXT NOT NULL,  -- sealed
    api_key TEXT NOT NULL,        -- sealed
    token_endpoint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    start_url TEXT NOT NULL,
    auth_region TEXT NOT NULL,
    api_region TEXT NOT NULL,
    profile_arn TEXT NOT NULL,
    machine_id TEXT NOT NULL,
    proxy TEXT NOT NULL,          -- sealed: its URL may carry a password
    note TEXT NOT NULL,
    source TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    state_since_ms INTEGER NOT NULL,
    state_until_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    last_used_at_ms INTEGER NOT NULL,
    last_refreshed_at_ms INTEGER NOT NULL,
    token_generation INTEGER NOT NULL,
    refresh_holder TEXT NOT NULL DEFAULT '',
    refresh_since_ms INTEGER NOT NULL DEFAULT 0,
    refresh_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX accounts_name ON accounts (name) WHERE name <> '';

CREATE TABLE keys (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    key_hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    suffix TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    allowed_models TEXT NOT NULL,    -- JSON array of strings
    allowed_accounts TEXT NOT NULL,  -- JSON array of strings
    credit_limit REAL,
    expires_at_ms INTEGER,
    requests_per_minute INTEGER,
    created_at_ms INTEGER NOT NULL,
    last_used_at_ms INTEGER NOT NULL,
    credits_used REAL NOT NULL,
    requests INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL  -- sealed: some settings are secrets
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
    seq INTEGER PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    dialect TEXT NOT NULL,
    model TEXT NOT NULL,
    wire_model TEXT NOT NULL,
    account_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    stream INTEGER NOT NULL,
    status INTEGER NOT NULL,
    error TEXT NOT NULL,
    first_event_ms INTEGER NOT NULL,
    total_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    credits REAL NOT NULL,
    UNIQUE (started_at_ms, request_id)  -- time first: new rows go to the last page of the index
) STRICT;

CREATE TABLE usage_daily (
    day INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    model TEXT NOT NULL,
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    credits REAL NOT NULL,
    PRIMARY KEY (day, key_id, account_id, model)
) STRICT, WITHOUT ROWID;

-- Stores::version(). The usage counters, last_used_at_ms and the refresh lease are left out: they
-- change with every request, and nobody has to reload for them. An edit writes every column of its
-- row, so one column of each kind of write is enough to watch.
CREATE TRIGGER accounts_added AFTER INSERT ON accounts
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER accounts_removed AFTER DELETE ON accounts
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER accounts_changed AFTER UPDATE OF name, enabled, state, token_generation ON accounts
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER keys_added AFTER INSERT ON keys
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER keys_removed AFTER DELETE ON keys
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER keys_changed AFTER UPDATE OF name, enabled ON keys
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER settings_added AFTER INSERT ON settings
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER settings_removed AFTER DELETE ON settings
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
CREATE TRIGGER settings_changed AFTER UPDATE ON settings
BEGIN UPDATE meta SET version = version + 1 WHERE id = 1; END;
