-- The table of sanspay's durable calls: `due` is in microseconds since 1970; to read it,
-- `to_timestamp(due / 1e6)`.
CREATE TABLE IF NOT EXISTS sanspay (
  key text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  value text NOT NULL,
  due bigint
);
CREATE INDEX IF NOT EXISTS sanspay_due ON sanspay (due, key) WHERE due IS NOT NULL;
