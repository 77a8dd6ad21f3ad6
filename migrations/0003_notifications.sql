-- The outbox (what shops are told) and the inbox (what providers told us).
--
-- Why: a shop's notification is written by the same insert that moves the order, so none can be missing. A provider's
-- notification is kept with its effect, or, where it had none, so that an operator can follow it up.
--
-- Check:
--   SELECT count(*) FROM order_events;   -- the same number as:
--   SELECT count(*) FROM outbox;

CREATE TABLE outbox (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  order_no        TEXT    NOT NULL,
  seq             INTEGER NOT NULL,
  status          TEXT    NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'parked')),
  tries           INTEGER NOT NULL DEFAULT 0,
  next_at_ms      INTEGER NOT NULL,
  delivered_at_ms INTEGER,
  last_error      TEXT,
  FOREIGN KEY (order_no, seq) REFERENCES order_events (order_no, seq)
) STRICT;

CREATE INDEX outbox_due ON outbox (next_at_ms) WHERE status = 'pending';
CREATE INDEX outbox_parked ON outbox (id) WHERE status = 'parked';

CREATE TRIGGER order_events_are_told AFTER INSERT ON order_events
BEGIN
  INSERT INTO outbox (order_no, seq, next_at_ms) VALUES (NEW.order_no, NEW.seq, NEW.at_ms);
END;

CREATE TABLE provider_notifications (
  provider        TEXT    NOT NULL,
  notification_id TEXT    NOT NULL,
  out_trade_no    TEXT    NOT NULL,
  transaction_id  TEXT,
  amount_fen      INTEGER,
  outcome         TEXT    NOT NULL CHECK (outcome IN ('pays', 'surplus', 'unknown_number', 'foreign', 'amount_differs')),
  times           INTEGER NOT NULL DEFAULT 1,
  first_at_ms     INTEGER NOT NULL,
  last_at_ms      INTEGER NOT NULL,
  PRIMARY KEY (provider, notification_id)
) STRICT, WITHOUT ROWID;
