-- "off" or "on"; '' as the gateway is set.
ALTER TABLE keys ADD COLUMN web_search TEXT NOT NULL DEFAULT '';
