-- Orders and their log.
--
-- Why: an order moves only by a row in order_events. The row's number is the order's version plus one, so the log is
-- also the lock: of two writers who saw the same version one loses, with its whole batch. Triggers carry the row over
-- to the order, so that no state can change without a line in the log.
--
-- Check:
--   SELECT o.order_no FROM orders o
--    WHERE o.version <> (SELECT max(seq) FROM order_events e WHERE e.order_no = o.order_no)
--       OR o.status <> (SELECT order_status FROM order_events e WHERE e.order_no = o.order_no AND e.seq = o.version);
--   -- no rows

-- The four small machines of src/core/order/lifecycle.ts, as the database holds them. A test compares the two.
CREATE TABLE lifecycle_moves (
  machine     TEXT NOT NULL CHECK (machine IN ('order', 'fulfilment', 'attempt', 'refund')),
  from_status TEXT NOT NULL,
  to_status   TEXT NOT NULL,
  PRIMARY KEY (machine, from_status, to_status)
) STRICT, WITHOUT ROWID;

INSERT INTO lifecycle_moves (machine, from_status, to_status) VALUES
  ('order', 'pending_payment', 'paid'),
  ('order', 'pending_payment', 'cancelled'),
  ('order', 'pending_payment', 'expired'),
  ('order', 'paid', 'completed'),
  ('order', 'paid', 'refunded'),
  ('order', 'paid', 'split'),
  ('order', 'paid', 'absorbed'),
  ('order', 'completed', 'refunded'),
  ('order', 'completed', 'absorbed'),
  ('fulfilment', 'unfulfilled', 'in_progress'),
  ('fulfilment', 'unfulfilled', 'fulfilled'),
  ('fulfilment', 'unfulfilled', 'failed'),
  ('fulfilment', 'in_progress', 'partially_fulfilled'),
  ('fulfilment', 'in_progress', 'fulfilled'),
  ('fulfilment', 'in_progress', 'failed'),
  ('fulfilment', 'partially_fulfilled', 'in_progress'),
  ('fulfilment', 'partially_fulfilled', 'fulfilled'),
  ('fulfilment', 'partially_fulfilled', 'failed'),
  ('fulfilment', 'failed', 'unfulfilled'),
  ('attempt', 'opening', 'pending'),
  ('attempt', 'opening', 'paid'),
  ('attempt', 'opening', 'closed'),
  ('attempt', 'opening', 'failed'),
  ('attempt', 'pending', 'paid'),
  ('attempt', 'pending', 'closed'),
  ('attempt', 'closed', 'paid'),
  ('attempt', 'failed', 'paid'),
  ('refund', 'requested', 'processing'),
  ('refund', 'requested', 'rejected'),
  ('refund', 'processing', 'succeeded'),
  ('refund', 'processing', 'failed');

CREATE TABLE orders (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  order_no        TEXT    NOT NULL UNIQUE CHECK (length(order_no) BETWEEN 22 AND 28),
  dialect         TEXT    NOT NULL,
  user_id         TEXT    NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
  status          TEXT    NOT NULL DEFAULT 'pending_payment' CHECK (status IN
                    ('pending_payment', 'paid', 'completed', 'cancelled', 'expired', 'refunded', 'split', 'absorbed')),
  fulfilment      TEXT    NOT NULL DEFAULT 'unfulfilled' CHECK (fulfilment IN
                    ('unfulfilled', 'in_progress', 'partially_fulfilled', 'fulfilled', 'failed')),
  amount_fen      INTEGER NOT NULL CHECK (amount_fen BETWEEN 0 AND 10000000000),
  subject         TEXT    NOT NULL CHECK (length(subject) BETWEEN 1 AND 256),
  details         TEXT    NOT NULL CHECK (json_type(details) = 'object'),   -- the dialect's own facts
  items           TEXT    NOT NULL CHECK (json_type(items) = 'array'),      -- [{"kind":…,"id":…}] of the catalogue
  sale_of         TEXT    CHECK (json_type(sale_of) = 'object'),            -- the row whose sales it counts in
  pay_with        TEXT,                                                     -- the provider it was placed for
  created_at_ms   INTEGER NOT NULL,
  updated_at_ms   INTEGER NOT NULL,
  expires_at_ms   INTEGER NOT NULL CHECK (expires_at_ms > created_at_ms),
  paid_at_ms      INTEGER,
  completed_at_ms INTEGER,
  deleted_at_ms   INTEGER,
  version         INTEGER NOT NULL DEFAULT 0,
  last_commit_id  TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX orders_of_user ON orders (user_id, dialect, id);
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_by_creation ON orders (created_at_ms);
CREATE INDEX orders_due ON orders (expires_at_ms, order_no) WHERE status = 'pending_payment';

-- RESTRICT, because INSERT OR REPLACE takes an order away without asking its delete trigger.
CREATE TABLE order_events (
  order_no         TEXT    NOT NULL REFERENCES orders (order_no) ON DELETE RESTRICT,
  seq              INTEGER NOT NULL CHECK (seq > 0),
  at_ms            INTEGER NOT NULL,
  actor            TEXT    NOT NULL,
  type             TEXT    NOT NULL,
  from_status      TEXT,
  to_status        TEXT    NOT NULL,
  reason           TEXT,
  order_status     TEXT    NOT NULL,
  order_fulfilment TEXT    NOT NULL,
  commit_id        TEXT    NOT NULL,
  PRIMARY KEY (order_no, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER order_events_follow_the_version BEFORE INSERT ON order_events
WHEN (SELECT version FROM orders WHERE order_no = NEW.order_no) IS NOT NEW.seq - 1
BEGIN
  SELECT RAISE(ABORT, 'order has moved on');
END;

CREATE TRIGGER order_events_move_the_order AFTER INSERT ON order_events
BEGIN
  UPDATE orders SET
    status          = NEW.order_status,
    fulfilment      = NEW.order_fulfilment,
    version         = NEW.seq,
    last_commit_id  = NEW.commit_id,
    updated_at_ms   = NEW.at_ms,
    paid_at_ms      = CASE NEW.type WHEN 'order_paid' THEN NEW.at_ms ELSE paid_at_ms END,
    completed_at_ms = CASE NEW.type WHEN 'order_completed' THEN NEW.at_ms ELSE completed_at_ms END,
    deleted_at_ms   = CASE NEW.type WHEN 'order_deleted' THEN NEW.at_ms ELSE deleted_at_ms END
  WHERE order_no = NEW.order_no;
END;

CREATE TRIGGER order_events_never_change BEFORE UPDATE ON order_events
BEGIN
  SELECT RAISE(ABORT, 'the log only grows');
END;

CREATE TRIGGER order_events_never_leave BEFORE DELETE ON order_events
BEGIN
  SELECT RAISE(ABORT, 'the log only grows');
END;

CREATE TRIGGER orders_start_at_the_beginning BEFORE INSERT ON orders
WHEN NEW.status <> 'pending_payment' OR NEW.fulfilment <> 'unfulfilled' OR NEW.version <> 0
BEGIN
  SELECT RAISE(ABORT, 'an order starts unpaid');
END;

CREATE TRIGGER orders_move_only_by_the_log BEFORE UPDATE ON orders
WHEN NOT EXISTS (
  SELECT 1 FROM order_events
   WHERE order_no = OLD.order_no AND seq = OLD.version + 1 AND seq = NEW.version
     AND order_status = NEW.status AND order_fulfilment = NEW.fulfilment
)
BEGIN
  SELECT RAISE(ABORT, 'an order moves only by its log');
END;

CREATE TRIGGER orders_move_along_the_graph BEFORE UPDATE OF status ON orders
WHEN NEW.status <> OLD.status AND NOT EXISTS (
  SELECT 1 FROM lifecycle_moves WHERE machine = 'order' AND from_status = OLD.status AND to_status = NEW.status
)
BEGIN
  SELECT RAISE(ABORT, 'no such move of an order');
END;

CREATE TRIGGER orders_fulfil_along_the_graph BEFORE UPDATE OF fulfilment ON orders
WHEN NEW.fulfilment <> OLD.fulfilment AND NOT EXISTS (
  SELECT 1 FROM lifecycle_moves
   WHERE machine = 'fulfilment' AND from_status = OLD.fulfilment AND to_status = NEW.fulfilment
)
BEGIN
  SELECT RAISE(ABORT, 'no such move of a fulfilment');
END;

CREATE TRIGGER orders_keep_their_terms BEFORE UPDATE ON orders
WHEN NEW.id <> OLD.id OR NEW.order_no <> OLD.order_no OR NEW.dialect <> OLD.dialect OR NEW.user_id <> OLD.user_id
  OR NEW.amount_fen <> OLD.amount_fen OR NEW.created_at_ms <> OLD.created_at_ms
  OR NEW.expires_at_ms <> OLD.expires_at_ms
BEGIN
  SELECT RAISE(ABORT, 'the terms of an order are fixed');
END;

CREATE TRIGGER orders_never_leave BEFORE DELETE ON orders
BEGIN
  SELECT RAISE(ABORT, 'orders are kept');
END;
