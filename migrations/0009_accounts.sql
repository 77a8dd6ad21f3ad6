-- Balances, coupons that can be used up, and subscriptions.
--
-- Why: a balance is the last row of a ledger that only grows, so that its sum cannot differ from it. What an order takes
-- from its user's account, a balance or the use of a coupon, it takes with its first event, and gives back with the event
-- that ends it unpaid, by trigger: no write can do the one without the other, and the index of the ledger allows each
-- order each of them once. A subscription order is alone: its user has no second one that is not opened yet. Orders that
-- another one absorbs were valued at their version, and may not be refunded once they are promised to it.
-- The share of an order can exceed what was left to pay after the balance, so its column is made anew.
--
-- Check:
--   SELECT user_id FROM balance_entries e GROUP BY user_id
--    HAVING sum(amount_fen) <> (SELECT balance_fen FROM balance_entries l WHERE l.user_id = e.user_id ORDER BY seq DESC LIMIT 1);
--   SELECT o.order_no FROM orders o WHERE o.balance_fen > 0 AND (o.status IN ('cancelled', 'expired')) <> EXISTS (
--     SELECT 1 FROM balance_entries e WHERE e.order_no = o.order_no AND e.kind = 'returned');
--   -- no rows

ALTER TABLE orders ADD COLUMN balance_fen INTEGER NOT NULL DEFAULT 0 CHECK (balance_fen BETWEEN 0 AND 10000000000);
ALTER TABLE orders ADD COLUMN coupon_id TEXT;
ALTER TABLE orders ADD COLUMN subscription TEXT CHECK (json_type(subscription) = 'object');
ALTER TABLE orders ADD COLUMN share_fen INTEGER CHECK (share_fen BETWEEN 1 AND 10000000000);
ALTER TABLE orders ADD COLUMN share_wait_ms INTEGER CHECK (share_wait_ms >= 0);  -- NULL: the share is paid out elsewhere
ALTER TABLE orders ADD COLUMN share_paid_at_ms INTEGER;
ALTER TABLE orders ADD COLUMN share_due_at_ms INTEGER GENERATED ALWAYS AS (completed_at_ms + share_wait_ms) VIRTUAL;
ALTER TABLE payment_attempts ADD COLUMN choice TEXT;                              -- what the customer chose, as the dialect names it

-- Orders move only by their log; this once they are given what they lack.
DROP TRIGGER orders_move_only_by_the_log;
DROP TRIGGER orders_keep_their_place;
UPDATE orders SET share_fen = commission_fen WHERE commission_fen IS NOT NULL;
ALTER TABLE orders DROP COLUMN commission_fen;
CREATE TRIGGER orders_move_only_by_the_log BEFORE UPDATE ON orders
WHEN NOT EXISTS (
  SELECT 1 FROM order_events
   WHERE order_no = OLD.order_no AND seq = OLD.version + 1 AND seq = NEW.version
     AND order_status = NEW.status AND order_fulfilment = NEW.fulfilment
)
BEGIN
  SELECT RAISE(ABORT, 'an order moves only by its log');
END;

CREATE TRIGGER orders_keep_their_place
BEFORE UPDATE OF place, commission_to, share_fen, share_wait_ms, balance_fen, coupon_id, subscription ON orders
BEGIN
  SELECT RAISE(ABORT, 'the terms of an order are fixed');
END;

CREATE INDEX attempts_by_choice ON payment_attempts (order_no) WHERE choice IS NOT NULL;

CREATE TRIGGER attempts_keep_their_choice BEFORE UPDATE OF choice ON payment_attempts
BEGIN
  SELECT RAISE(ABORT, 'the terms of an attempt are fixed');
END;

DROP TRIGGER order_events_move_the_order;
CREATE TRIGGER order_events_move_the_order AFTER INSERT ON order_events
BEGIN
  UPDATE orders SET
    status           = NEW.order_status,
    fulfilment       = NEW.order_fulfilment,
    version          = NEW.seq,
    last_commit_id   = NEW.commit_id,
    updated_at_ms    = NEW.at_ms,
    paid_at_ms       = CASE WHEN NEW.type IN ('order_paid', 'order_split_off') THEN NEW.at_ms ELSE paid_at_ms END,
    completed_at_ms  = CASE NEW.type WHEN 'order_completed' THEN NEW.at_ms ELSE completed_at_ms END,
    deleted_at_ms    = CASE NEW.type WHEN 'order_deleted' THEN NEW.at_ms ELSE deleted_at_ms END,
    share_paid_at_ms = CASE NEW.type WHEN 'commission_paid' THEN NEW.at_ms ELSE share_paid_at_ms END,
    refunding        = coalesce(NEW.refunding, refunding),
    held_back_fen    = coalesce(NEW.held_back_fen, held_back_fen)
  WHERE order_no = NEW.order_no;
END;

CREATE UNIQUE INDEX one_unfinished_subscription_per_user ON orders (user_id, dialect)
  WHERE subscription IS NOT NULL AND status IN ('pending_payment', 'paid');
CREATE INDEX subscriptions_to_open ON orders (paid_at_ms, order_no) WHERE subscription IS NOT NULL AND status = 'paid';
CREATE INDEX shares_due ON orders (share_due_at_ms, order_no)
  WHERE share_due_at_ms IS NOT NULL AND share_paid_at_ms IS NULL AND status IN ('completed', 'absorbed');

CREATE TABLE balance_entries (
  user_id     TEXT    NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
  seq         INTEGER NOT NULL CHECK (seq > 0),
  at_ms       INTEGER NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('spent', 'returned', 'credited', 'commission', 'set')),
  amount_fen  INTEGER NOT NULL CHECK (amount_fen <> 0 AND (kind = 'set' OR (kind = 'spent') = (amount_fen < 0))),
  balance_fen INTEGER NOT NULL CHECK (balance_fen BETWEEN 0 AND 1000000000000),
  order_no    TEXT    REFERENCES orders (order_no) CHECK ((order_no IS NULL) = (kind = 'set')),
  actor       TEXT    NOT NULL,
  reason      TEXT,                                                               -- the name of words that are kept sealed
  PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_entry_of_a_kind_per_order ON balance_entries (order_no, kind) WHERE order_no IS NOT NULL;

CREATE TRIGGER balance_entries_add_up BEFORE INSERT ON balance_entries
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM balance_entries WHERE user_id = NEW.user_id), 0)
  OR NEW.balance_fen <> NEW.amount_fen + coalesce((
       SELECT balance_fen FROM balance_entries WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1), 0)
  OR EXISTS (SELECT 1 FROM balance_entries WHERE order_no = NEW.order_no AND kind = NEW.kind)
BEGIN
  SELECT RAISE(ABORT, 'the balance has moved on');
END;

CREATE TRIGGER balance_entries_never_change BEFORE UPDATE ON balance_entries
BEGIN
  SELECT RAISE(ABORT, 'the ledger only grows');
END;

CREATE TRIGGER balance_entries_never_leave BEFORE DELETE ON balance_entries
BEGIN
  SELECT RAISE(ABORT, 'the ledger only grows');
END;

CREATE UNIQUE INDEX coupons_by_code ON catalog_items (json_extract(body, '$.code'))
  WHERE kind = 'coupons' AND removed_at_ms IS NULL;

-- How often each coupon is used, by each user, and under the empty name by all. What was given back is not used.
CREATE TABLE coupon_uses (
  coupon_id TEXT    NOT NULL,
  user_id   TEXT    NOT NULL,
  uses      INTEGER NOT NULL CHECK (uses >= 0),
  PRIMARY KEY (coupon_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER order_events_take_from_the_account AFTER INSERT ON order_events WHEN NEW.seq = 1
BEGIN
  INSERT INTO balance_entries (user_id, seq, at_ms, kind, amount_fen, balance_fen, order_no, actor)
  SELECT o.user_id, 1 + coalesce((SELECT max(seq) FROM balance_entries WHERE user_id = o.user_id), 0), NEW.at_ms, 'spent',
      -o.balance_fen,
      coalesce((SELECT balance_fen FROM balance_entries WHERE user_id = o.user_id ORDER BY seq DESC LIMIT 1), 0)
        - o.balance_fen,
      o.order_no, NEW.actor
    FROM orders o WHERE o.order_no = NEW.order_no AND o.balance_fen > 0;
  INSERT INTO coupon_uses (coupon_id, user_id, uses)
  SELECT o.coupon_id, counted.user_id, 1
    FROM orders o JOIN (SELECT '' AS user_id UNION ALL SELECT user_id FROM orders WHERE order_no = NEW.order_no) AS counted
   WHERE o.order_no = NEW.order_no AND o.coupon_id IS NOT NULL
  ON CONFLICT DO UPDATE SET uses = uses + 1;
  SELECT RAISE(ABORT, 'the coupon is used up')
    FROM orders o
    JOIN catalog_items c ON c.kind = 'coupons' AND c.id = o.coupon_id
    JOIN coupon_uses u ON u.coupon_id = o.coupon_id AND u.user_id IN ('', o.user_id)
   WHERE o.order_no = NEW.order_no
     AND u.uses > json_extract(c.body, iif(u.user_id = '', '$.limitUse', '$.limitUsePerUser'));
END;

CREATE TRIGGER orders_give_back_to_the_account AFTER UPDATE OF status ON orders
WHEN OLD.status = 'pending_payment' AND NEW.status IN ('cancelled', 'expired')
BEGIN
  INSERT INTO balance_entries (user_id, seq, at_ms, kind, amount_fen, balance_fen, order_no, actor)
  SELECT NEW.user_id, 1 + (SELECT max(seq) FROM balance_entries WHERE user_id = NEW.user_id), e.at_ms, 'returned',
      NEW.balance_fen,
      (SELECT balance_fen FROM balance_entries WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1) + NEW.balance_fen,
      NEW.order_no, e.actor
    FROM order_events e WHERE e.order_no = NEW.order_no AND e.seq = NEW.version AND NEW.balance_fen > 0;
  UPDATE coupon_uses SET uses = uses - 1 WHERE coupon_id = NEW.coupon_id AND user_id IN ('', NEW.user_id);
END;

-- Which orders an order takes over, at the version at which they were valued.
CREATE TABLE absorptions (
  order_no    TEXT    NOT NULL REFERENCES orders (order_no),
  absorbed_no TEXT    NOT NULL REFERENCES orders (order_no),
  version     INTEGER NOT NULL,
  PRIMARY KEY (order_no, absorbed_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX absorptions_by_absorbed ON absorptions (absorbed_no);

CREATE TRIGGER absorptions_are_of_what_stands BEFORE INSERT ON absorptions
WHEN NOT EXISTS (
  SELECT 1 FROM orders o JOIN orders a ON a.user_id = o.user_id AND a.dialect = o.dialect
   WHERE o.order_no = NEW.order_no AND o.version = 1 AND a.order_no = NEW.absorbed_no
     AND a.status = 'completed' AND a.version = NEW.version AND a.subscription IS NOT NULL)
  OR EXISTS (SELECT 1 FROM absorptions WHERE order_no = NEW.order_no AND absorbed_no = NEW.absorbed_no)
BEGIN
  SELECT RAISE(ABORT, 'order has moved on');
END;

CREATE TRIGGER absorptions_never_change BEFORE UPDATE ON absorptions
BEGIN
  SELECT RAISE(ABORT, 'what was agreed on is fixed');
END;

CREATE TRIGGER absorptions_never_leave BEFORE DELETE ON absorptions
BEGIN
  SELECT RAISE(ABORT, 'what was agreed on is fixed');
END;

CREATE TRIGGER refunds_leave_what_is_absorbed BEFORE INSERT ON refunds
WHEN NEW.purpose = 'order' AND EXISTS (
  SELECT 1 FROM absorptions a JOIN orders o ON o.order_no = a.order_no
   WHERE a.absorbed_no = NEW.order_no AND o.status NOT IN ('cancelled', 'expired'))
BEGIN
  SELECT RAISE(ABORT, 'its value counts for another order');
END;

-- The time that each order was opened for.
CREATE TABLE subscription_periods (
  order_no     TEXT    NOT NULL PRIMARY KEY REFERENCES orders (order_no),
  user_id      TEXT    NOT NULL,
  dialect      TEXT    NOT NULL,
  plan_id      TEXT    NOT NULL,
  starts_at_ms INTEGER NOT NULL,
  ends_at_ms   INTEGER CHECK (ends_at_ms > starts_at_ms)                          -- NULL: it never ends
) STRICT, WITHOUT ROWID;

CREATE INDEX subscription_periods_of_user ON subscription_periods (user_id, dialect, ends_at_ms);

CREATE TRIGGER subscription_periods_are_of_what_is_opened BEFORE INSERT ON subscription_periods
WHEN NOT EXISTS (
  SELECT 1 FROM orders
   WHERE order_no = NEW.order_no AND user_id = NEW.user_id AND dialect = NEW.dialect
     AND status = 'completed' AND subscription IS NOT NULL)
  OR EXISTS (SELECT 1 FROM subscription_periods WHERE order_no = NEW.order_no)
BEGIN
  SELECT RAISE(ABORT, 'a period is opened once');
END;

CREATE TRIGGER subscription_periods_never_change BEFORE UPDATE ON subscription_periods
BEGIN
  SELECT RAISE(ABORT, 'a period is opened once');
END;

CREATE TRIGGER subscription_periods_never_leave BEFORE DELETE ON subscription_periods
BEGIN
  SELECT RAISE(ABORT, 'a period is opened once');
END;
