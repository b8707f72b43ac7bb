-- Credentials that stay in the file of another program, groups, the remembered quota.
ALTER TABLE accounts ADD COLUMN follow_path TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN group_names TEXT NOT NULL DEFAULT '[]';  -- JSON array of strings
-- Like health: written in batches, and no trigger counts it as a change.
ALTER TABLE accounts ADD COLUMN quota_limit REAL;  -- NULL: not known
ALTER TABLE accounts ADD COLUMN quota_used REAL NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN quota_resets_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN quota_told_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN allowed_groups TEXT NOT NULL DEFAULT '[]';  -- JSON array of strings

-- Which accounts changed, so that a change costs its readers one row and not all of them.
ALTER TABLE accounts ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;  -- meta.version of that moment
CREATE INDEX accounts_changed_at ON accounts (changed_at);
CREATE TABLE accounts_removed (
    removed_at INTEGER PRIMARY KEY,  -- meta.version of that moment
    id TEXT NOT NULL
) STRICT;
ALTER TABLE meta ADD COLUMN keys_version INTEGER NOT NULL DEFAULT 1;  -- +1 whenever keys change

DROP TRIGGER accounts_added;
DROP TRIGGER accounts_removed;
DROP TRIGGER accounts_changed;
CREATE TRIGGER accounts_added AFTER INSERT ON accounts
BEGIN
    UPDATE meta SET version = version + 1 WHERE id = 1;
    UPDATE accounts SET changed_at = (SELECT version FROM meta WHERE id = 1) WHERE id = NEW.id;
END;
CREATE TRIGGER accounts_changed AFTER UPDATE OF name, enabled, state, token_generation ON accounts
BEGIN
    UPDATE meta SET version = version + 1 WHERE id = 1;
    UPDATE accounts SET changed_at = (SELECT version FROM meta WHERE id = 1) WHERE id = NEW.id;
END;
CREATE TRIGGER accounts_removed AFTER DELETE ON accounts
BEGIN
    UPDATE meta SET version = version + 1 WHERE id = 1;
    INSERT INTO accounts_removed (removed_at, id) SELECT version, OLD.id FROM meta WHERE id = 1;
    DELETE FROM accounts_removed WHERE removed_at <=
        (SELECT removed_at FROM accounts_removed ORDER BY removed_at DESC LIMIT 1 OFFSET 10000);
END;

DROP TRIGGER keys_added;
DROP TRIGGER keys_removed;
DROP TRIGGER keys_changed;
CREATE TRIGGER keys_added AFTER INSERT ON keys
BEGIN UPDATE meta SET version = version + 1, keys_version = keys_version + 1 WHERE id = 1; END;
CREATE TRIGGER keys_removed AFTER DELETE ON keys
BEGIN UPDATE meta SET version = version + 1, keys_version = keys_version + 1 WHERE id = 1; END;
CREATE TRIGGER keys_changed AFTER UPDATE OF name, enabled ON keys
BEGIN UPDATE meta SET version = version + 1, keys_version = keys_version + 1 WHERE id = 1; END;
