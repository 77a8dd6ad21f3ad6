-- Each order's place among its user's, how many there are in each state, and who gets a share of it.
--
-- Why: a list that names its total and can be opened at any page must not walk through what it does not show. An order's
-- place is counted from 1 when it is placed, so that places say where a page begins. Its listed state says what lists ask for, in one word: of a paid order also how far
-- the work is, and whether money was asked back. The tallies of these states are kept by triggers, in the write that
-- changes them: for each user, and under the empty name for all of a dialect. The share is one of the order's terms;
-- what of it is due follows from the order's state, so nothing is kept beside it.
--
-- Check:
--   SELECT user_id, dialect, listed_state, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3
--   EXCEPT SELECT user_id, dialect, listed_state, orders FROM order_tallies;
--   -- no rows

ALTER TABLE orders ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN commission_to TEXT;
ALTER TABLE orders ADD COLUMN commission_fen INTEGER CHECK (commission_fen BETWEEN 1 AND amount_fen);
ALTER TABLE orders ADD COLUMN refunding INTEGER NOT NULL DEFAULT 0 CHECK (refunding IN (0, 1));
ALTER TABLE orders ADD COLUMN listed_state TEXT GENERATED ALWAYS AS (
  CASE status WHEN 'paid' THEN 'paid/' || fulfilment || iif(refunding, '/refunding', '') ELSE status END
) VIRTUAL;
ALTER TABLE order_events ADD COLUMN refunding INTEGER;                           -- NULL: as before

-- Orders move only by their log; this once they are given what they lack.
DROP TRIGGER orders_move_only_by_the_log;
UPDATE orders SET place = counted.place FROM (
  SELECT id, row_number() OVER (PARTITION BY user_id, dialect ORDER BY id) AS place FROM orders
) AS counted WHERE counted.id = orders.id;
UPDATE orders SET refunding = 1 WHERE order_no IN (
  SELECT order_no FROM refunds WHERE purpose = 'order' AND status IN ('requested', 'processing'));
CREATE TRIGGER orders_move_only_by_the_log BEFORE UPDATE ON orders
WHEN NOT EXISTS (
  SELECT 1 FROM order_events
   WHERE order_no = OLD.order_no AND seq = OLD.version + 1 AND seq = NEW.version
     AND order_status = NEW.status AND order_fulfilment = NEW.fulfilment
)
BEGIN
  SELECT RAISE(ABORT, 'an order moves only by its log');
END;

DROP TRIGGER order_events_move_the_order;
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
    deleted_at_ms   = CASE NEW.type WHEN 'order_deleted' THEN NEW.at_ms ELSE deleted_at_ms END,
    refunding       = coalesce(NEW.refunding, refunding)
  WHERE order_no = NEW.order_no;
END;

-- The first is also what a user's orders are read by; the last two are for lists of all users' orders.
DROP INDEX orders_of_user;
CREATE UNIQUE INDEX orders_by_place ON orders (user_id, dialect, place);
CREATE INDEX orders_by_time ON orders (user_id, dialect, created_at_ms, place);
CREATE INDEX orders_by_state ON orders (user_id, dialect, listed_state, created_at_ms, place);
CREATE INDEX orders_of_dialect ON orders (dialect, created_at_ms, id);
CREATE INDEX orders_of_dialect_by_state ON orders (dialect, listed_state, created_at_ms, id);

CREATE TRIGGER orders_keep_their_place BEFORE UPDATE OF place, commission_to, commission_fen ON orders
BEGIN
  SELECT RAISE(ABORT, 'the terms of an order are fixed');
END;

CREATE TABLE order_tallies (
  user_id      TEXT    NOT NULL,
  dialect      TEXT    NOT NULL,
  listed_state TEXT    NOT NULL,
  orders       INTEGER NOT NULL CHECK (orders >= 0),
  PRIMARY KEY (user_id, dialect, listed_state)
) STRICT, WITHOUT ROWID;

INSERT INTO order_tallies (user_id, dialect, listed_state, orders)
SELECT user_id, dialect, listed_state, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3;
INSERT INTO order_tallies (user_id, dialect, listed_state, orders)
SELECT '', dialect, listed_state, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3;

CREATE TRIGGER orders_are_counted AFTER INSERT ON orders
BEGIN
  INSERT INTO order_tallies (user_id, dialect, listed_state, orders)
  VALUES (NEW.user_id, NEW.dialect, NEW.listed_state, 1), ('', NEW.dialect, NEW.listed_state, 1)
  ON CONFLICT DO UPDATE SET orders = orders + 1;
END;

CREATE TRIGGER orders_are_counted_anew AFTER UPDATE ON orders
WHEN NEW.listed_state <> OLD.listed_state OR NEW.deleted_at_ms IS NOT OLD.deleted_at_ms
BEGIN
  UPDATE order_tallies SET orders = orders - 1
   WHERE OLD.deleted_at_ms IS NULL AND user_id IN (OLD.user_id, '') AND dialect = OLD.dialect
     AND listed_state = OLD.listed_state;
  INSERT INTO order_tallies (user_id, dialect, listed_state, orders)
  SELECT counted.user_id, NEW.dialect, NEW.listed_state, 1
    FROM (SELECT NEW.user_id AS user_id UNION ALL SELECT '') AS counted WHERE NEW.deleted_at_ms IS NULL
  ON CONFLICT DO UPDATE SET orders = orders + 1;
END;
