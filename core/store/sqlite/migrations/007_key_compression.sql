-- "off", "on", or a percentage of the model's window; '' as the gateway is set.
ALTER TABLE keys ADD COLUMN compression TEXT NOT NULL DEFAULT '';
