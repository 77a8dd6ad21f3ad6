-- What can be ordered, the keys that make double clicks harmless, and when the jobs last ran.
--
-- Why one catalogue table for all kinds: what a row holds is its dialect's business (the schema of its kind, checked
-- before it is written), so that a new dialect needs no migration. An order is written only if every row that priced
-- it is still at the version it was priced by.
--
-- Check:
--   SELECT kind, count(*) FROM catalog_items WHERE removed_at_ms IS NULL GROUP BY kind;

CREATE TABLE catalog_items (
  kind          TEXT    NOT NULL,
  id            TEXT    NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  body          TEXT    NOT NULL CHECK (json_type(body) = 'object'),
  version       INTEGER NOT NULL DEFAULT 1,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  removed_at_ms INTEGER,                                                    -- out of sale; old orders still show it
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  user_id       TEXT    NOT NULL,
  route         TEXT    NOT NULL,
  key           TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  body_hash     TEXT    NOT NULL,
  order_no      TEXT    NOT NULL REFERENCES orders (order_no),
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, route, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);

CREATE TABLE job_runs (
  job       TEXT    PRIMARY KEY,
  ran_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
