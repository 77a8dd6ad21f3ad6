-- Payment attempts, captured money, refunds.
--
-- Why: these are the guards that hold even if every line of code in front of them is wrong. One live attempt per
-- order. One capture per transaction of a provider, and one of them at most pays the order. Refunds of a capture
-- never add up to more than was captured. Nothing here is ever deleted, nor replaced: INSERT OR REPLACE takes the row in
-- its way without asking a delete trigger, so a trigger asks before.
--
-- Check:
--   SELECT c.transaction_id FROM captures c
--    WHERE c.amount_fen < (SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
--                           WHERE r.provider = c.provider AND r.transaction_id = c.transaction_id
--                             AND r.status NOT IN ('failed', 'rejected'));
--   -- no rows

-- An attempt's number begins with its order's, so the primary key finds an order's attempts.
CREATE TABLE payment_attempts (
  out_trade_no       TEXT    PRIMARY KEY CHECK (out_trade_no = order_no || substr(out_trade_no, -4)),
  order_no           TEXT    NOT NULL REFERENCES orders (order_no),
  provider           TEXT    NOT NULL,
  kind               TEXT    NOT NULL,
  status             TEXT    NOT NULL CHECK (status IN ('opening', 'pending', 'paid', 'closed', 'failed')),
  amount_fen         INTEGER NOT NULL CHECK (amount_fen BETWEEN 1 AND 10000000000),
  created_at_ms      INTEGER NOT NULL,
  expires_at_ms      INTEGER NOT NULL,
  payable_until_ms   INTEGER NOT NULL,
  paid_at_ms         INTEGER CHECK ((paid_at_ms IS NOT NULL) = (status = 'paid')),
  looks              INTEGER NOT NULL DEFAULT 0,
  last_look_at_ms    INTEGER,
  next_look_at_ms    INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_live_attempt_per_order ON payment_attempts (order_no) WHERE status IN ('opening', 'pending');
CREATE INDEX attempts_due ON payment_attempts (next_look_at_ms) WHERE next_look_at_ms IS NOT NULL;

CREATE TRIGGER attempts_move_along_the_graph BEFORE UPDATE OF status ON payment_attempts
WHEN NEW.status <> OLD.status AND NOT EXISTS (
  SELECT 1 FROM lifecycle_moves WHERE machine = 'attempt' AND from_status = OLD.status AND to_status = NEW.status
)
BEGIN
  SELECT RAISE(ABORT, 'no such move of an attempt');
END;

CREATE TRIGGER attempts_keep_their_terms
BEFORE UPDATE OF out_trade_no, order_no, provider, kind, amount_fen, created_at_ms, expires_at_ms, payable_until_ms
ON payment_attempts
BEGIN
  SELECT RAISE(ABORT, 'the terms of an attempt are fixed');
END;

CREATE TRIGGER attempts_never_leave BEFORE DELETE ON payment_attempts
BEGIN
  SELECT RAISE(ABORT, 'attempts are kept');
END;

CREATE TRIGGER attempts_never_give_way BEFORE INSERT ON payment_attempts
WHEN EXISTS (SELECT 1 FROM payment_attempts WHERE out_trade_no = NEW.out_trade_no)
  OR NEW.status IN ('opening', 'pending') AND EXISTS (
       SELECT 1 FROM payment_attempts WHERE order_no = NEW.order_no AND status IN ('opening', 'pending'))
BEGIN
  SELECT RAISE(ABORT, 'attempts are kept');
END;

CREATE TABLE captures (
  provider       TEXT    NOT NULL,
  transaction_id TEXT    NOT NULL,
  out_trade_no   TEXT    NOT NULL REFERENCES payment_attempts (out_trade_no),
  order_no       TEXT    NOT NULL REFERENCES orders (order_no),
  role           TEXT    NOT NULL CHECK (role IN ('pays', 'surplus')),
  amount_fen     INTEGER NOT NULL CHECK (amount_fen BETWEEN 1 AND 10000000000),
  captured_at_ms INTEGER NOT NULL,
  recorded_at_ms INTEGER NOT NULL,
  PRIMARY KEY (provider, transaction_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX captures_of_order ON captures (order_no);
CREATE UNIQUE INDEX one_capture_pays_an_order ON captures (order_no) WHERE role = 'pays';

CREATE TRIGGER captures_pay_exactly BEFORE INSERT ON captures
WHEN NEW.role = 'pays' AND NEW.amount_fen <> (SELECT amount_fen FROM orders WHERE order_no = NEW.order_no)
BEGIN
  SELECT RAISE(ABORT, 'what pays an order is its amount');
END;

CREATE TRIGGER captures_never_change BEFORE UPDATE ON captures
BEGIN
  SELECT RAISE(ABORT, 'captured money is a fact');
END;

CREATE TRIGGER captures_never_leave BEFORE DELETE ON captures
BEGIN
  SELECT RAISE(ABORT, 'captured money is a fact');
END;

CREATE TRIGGER captures_never_give_way BEFORE INSERT ON captures
WHEN EXISTS (SELECT 1 FROM captures WHERE provider = NEW.provider AND transaction_id = NEW.transaction_id)
  OR NEW.role = 'pays' AND EXISTS (SELECT 1 FROM captures WHERE order_no = NEW.order_no AND role = 'pays')
BEGIN
  SELECT RAISE(ABORT, 'captured money is a fact');
END;

CREATE TABLE refunds (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  refund_no       TEXT    NOT NULL UNIQUE CHECK (refund_no = out_trade_no || substr(refund_no, -2)),
  order_no        TEXT    NOT NULL REFERENCES orders (order_no),
  out_trade_no    TEXT    NOT NULL REFERENCES payment_attempts (out_trade_no),
  provider        TEXT    NOT NULL,
  transaction_id  TEXT    NOT NULL,
  purpose         TEXT    NOT NULL CHECK (purpose IN ('order', 'surplus')),
  status          TEXT    NOT NULL CHECK (status IN ('requested', 'processing', 'succeeded', 'failed', 'rejected')),
  amount_fen      INTEGER NOT NULL CHECK (amount_fen BETWEEN 1 AND 10000000000),
  reason          TEXT,
  requested_by    TEXT    NOT NULL,
  decided_by      TEXT,
  created_at_ms   INTEGER NOT NULL,
  updated_at_ms   INTEGER NOT NULL,
  finished_at_ms  INTEGER,
  looks           INTEGER NOT NULL DEFAULT 0,
  last_look_at_ms INTEGER,
  next_look_at_ms INTEGER,
  FOREIGN KEY (provider, transaction_id) REFERENCES captures (provider, transaction_id)
) STRICT;

CREATE INDEX refunds_of_capture ON refunds (provider, transaction_id);
CREATE INDEX refunds_by_status ON refunds (status, id);
CREATE INDEX refunds_due ON refunds (next_look_at_ms) WHERE next_look_at_ms IS NOT NULL;
CREATE UNIQUE INDEX one_open_refund_per_order ON refunds (order_no)
  WHERE purpose = 'order' AND status IN ('requested', 'processing');
CREATE UNIQUE INDEX one_refund_per_surplus ON refunds (provider, transaction_id)
  WHERE purpose = 'surplus' AND status <> 'failed';

CREATE TRIGGER refunds_never_exceed_the_capture BEFORE INSERT ON refunds
WHEN NEW.amount_fen + (
  SELECT coalesce(sum(amount_fen), 0) FROM refunds
   WHERE provider = NEW.provider AND transaction_id = NEW.transaction_id AND status NOT IN ('failed', 'rejected')
) > (SELECT amount_fen FROM captures WHERE provider = NEW.provider AND transaction_id = NEW.transaction_id)
BEGIN
  SELECT RAISE(ABORT, 'more than was captured');
END;

CREATE TRIGGER refunds_start_open BEFORE INSERT ON refunds
WHEN NEW.status NOT IN ('requested', 'processing')
BEGIN
  SELECT RAISE(ABORT, 'a refund starts open');
END;

CREATE TRIGGER refunds_move_along_the_graph BEFORE UPDATE OF status ON refunds
WHEN NEW.status <> OLD.status AND NOT EXISTS (
  SELECT 1 FROM lifecycle_moves WHERE machine = 'refund' AND from_status = OLD.status AND to_status = NEW.status
)
BEGIN
  SELECT RAISE(ABORT, 'no such move of a refund');
END;

CREATE TRIGGER refunds_keep_their_terms
BEFORE UPDATE OF refund_no, order_no, out_trade_no, provider, transaction_id, purpose, amount_fen, created_at_ms
ON refunds
BEGIN
  SELECT RAISE(ABORT, 'the terms of a refund are fixed');
END;

CREATE TRIGGER refunds_never_leave BEFORE DELETE ON refunds
BEGIN
  SELECT RAISE(ABORT, 'refunds are kept');
END;

CREATE TRIGGER refunds_never_give_way BEFORE INSERT ON refunds
WHEN EXISTS (SELECT 1 FROM refunds WHERE id = NEW.id OR refund_no = NEW.refund_no)
  OR NEW.purpose = 'order' AND EXISTS (
       SELECT 1 FROM refunds
        WHERE order_no = NEW.order_no AND purpose = 'order' AND status IN ('requested', 'processing'))
  OR NEW.purpose = 'surplus' AND EXISTS (
       SELECT 1 FROM refunds
        WHERE provider = NEW.provider AND transaction_id = NEW.transaction_id
          AND purpose = 'surplus' AND status <> 'failed')
BEGIN
  SELECT RAISE(ABORT, 'refunds are kept');
END;
