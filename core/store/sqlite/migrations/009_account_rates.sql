-- Limits of an account itself; NULL: as the gateway is set, 0: none.
ALTER TABLE accounts ADD COLUMN requests_per_minute INTEGER;
ALTER TABLE accounts ADD COLUMN request_burst INTEGER;
ALTER TABLE accounts ADD COLUMN tokens_per_minute INTEGER;
