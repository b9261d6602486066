-- The table of sanspay's durable calls: `due` is in microseconds since 1970.
CREATE TABLE IF NOT EXISTS sanspay (
  key TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  value TEXT NOT NULL,
  due INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sanspay_due ON sanspay (due, key) WHERE due IS NOT NULL;
