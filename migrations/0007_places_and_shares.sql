-- Each order's place among its user's, how many there are in each state, and who gets a share of it.
--
-- Why: a list that names its total and can be opened at any page must not walk through what it does not show. An order's
-- place is counted from 1 when it is placed, and no order was created before the one that stands before it, so that a
-- span of time is a span of places. The tallies are kept by triggers, in the write that changes them: for each user, and
-- under the empty name for all of a dialect. The share is one of the order's terms; what of it is due follows from the
-- order's state, so nothing is kept beside it.
--
-- Check:
--   SELECT user_id, dialect, status, fulfilment, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3, 4
--   EXCEPT SELECT user_id, dialect, status, fulfilment, orders FROM order_tallies;
--   -- no rows

ALTER TABLE orders ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN commission_to TEXT;
ALTER TABLE orders ADD COLUMN commission_fen INTEGER CHECK (commission_fen BETWEEN 1 AND amount_fen);

-- Orders move only by their log; this once they are given what they lack.
DROP TRIGGER orders_move_only_by_the_log;
UPDATE orders SET place = counted.place FROM (
  SELECT id, row_number() OVER (PARTITION BY user_id, dialect ORDER BY created_at_ms, id) AS place FROM orders
) AS counted WHERE counted.id = orders.id;
CREATE TRIGGER orders_move_only_by_the_log BEFORE UPDATE ON orders
WHEN NOT EXISTS (
  SELECT 1 FROM order_events
   WHERE order_no = OLD.order_no AND seq = OLD.version + 1 AND seq = NEW.version
     AND order_status = NEW.status AND order_fulfilment = NEW.fulfilment
)
BEGIN
  SELECT RAISE(ABORT, 'an order moves only by its log');
END;

-- The first is also what a user's orders are read by; the last two are for lists of all users' orders.
DROP INDEX orders_of_user;
CREATE UNIQUE INDEX orders_by_place ON orders (user_id, dialect, place);
CREATE INDEX orders_by_time ON orders (user_id, dialect, created_at_ms, place);
CREATE INDEX orders_by_state ON orders (user_id, dialect, status, fulfilment, place);
CREATE INDEX orders_of_dialect ON orders (dialect, created_at_ms, id);
CREATE INDEX orders_of_dialect_by_state ON orders (dialect, status, fulfilment, created_at_ms, id);

CREATE TRIGGER orders_keep_their_place BEFORE UPDATE OF place, commission_to, commission_fen ON orders
BEGIN
  SELECT RAISE(ABORT, 'the terms of an order are fixed');
END;

CREATE TABLE order_tallies (
  user_id    TEXT    NOT NULL,
  dialect    TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  fulfilment TEXT    NOT NULL,
  orders     INTEGER NOT NULL CHECK (orders >= 0),
  PRIMARY KEY (user_id, dialect, status, fulfilment)
) STRICT, WITHOUT ROWID;

INSERT INTO order_tallies (user_id, dialect, status, fulfilment, orders)
SELECT user_id, dialect, status, fulfilment, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3, 4;
INSERT INTO order_tallies (user_id, dialect, status, fulfilment, orders)
SELECT '', dialect, status, fulfilment, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3, 4;

CREATE TRIGGER orders_are_counted AFTER INSERT ON orders
BEGIN
  INSERT INTO order_tallies (user_id, dialect, status, fulfilment, orders)
  VALUES (NEW.user_id, NEW.dialect, NEW.status, NEW.fulfilment, 1), ('', NEW.dialect, NEW.status, NEW.fulfilment, 1)
  ON CONFLICT DO UPDATE SET orders = orders + 1;
END;

CREATE TRIGGER orders_are_counted_anew AFTER UPDATE OF status, fulfilment, deleted_at_ms ON orders
WHEN NEW.status <> OLD.status OR NEW.fulfilment <> OLD.fulfilment OR NEW.deleted_at_ms IS NOT OLD.deleted_at_ms
BEGIN
  UPDATE order_tallies SET orders = orders - 1
   WHERE OLD.deleted_at_ms IS NULL AND user_id IN (OLD.user_id, '') AND dialect = OLD.dialect
     AND status = OLD.status AND fulfilment = OLD.fulfilment;
  INSERT INTO order_tallies (user_id, dialect, status, fulfilment, orders)
  SELECT counted.user_id, NEW.dialect, NEW.status, NEW.fulfilment, 1
    FROM (SELECT NEW.user_id AS user_id UNION ALL SELECT '') AS counted WHERE NEW.deleted_at_ms IS NULL
  ON CONFLICT DO UPDATE SET orders = orders + 1;
END;
