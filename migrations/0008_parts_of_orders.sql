-- Orders that were split into parts, work that was done in part, and what is known of a step beside its reason.
--
-- Why: a part shares the payment of the order that it was split off, so its money is looked up there, and the refunds of
-- all parts are numbered and bounded together. Of work that was done in part, what is done is not given back. A step of
-- the work can carry facts about nobody, such as the numbers under which a supplier knows it.
--
-- Check:
--   SELECT p.parent_no FROM orders p WHERE p.status <> 'split' GROUP BY p.parent_no
--    HAVING p.parent_no IS NOT NULL
--       AND sum(p.amount_fen) <> (SELECT amount_fen FROM orders w WHERE w.order_no = p.parent_no AND w.status = 'split');
--   -- no rows

ALTER TABLE orders ADD COLUMN parent_no TEXT REFERENCES orders (order_no);
ALTER TABLE orders ADD COLUMN held_back_fen INTEGER NOT NULL DEFAULT 0 CHECK (held_back_fen BETWEEN 0 AND amount_fen);
ALTER TABLE order_events ADD COLUMN held_back_fen INTEGER;                       -- NULL: as before
ALTER TABLE order_events ADD COLUMN facts TEXT CHECK (json_type(facts) = 'object');

CREATE INDEX orders_by_parent ON orders (parent_no) WHERE parent_no IS NOT NULL;

DROP TRIGGER order_events_move_the_order;
CREATE TRIGGER order_events_move_the_order AFTER INSERT ON order_events
BEGIN
  UPDATE orders SET
    status          = NEW.order_status,
    fulfilment      = NEW.order_fulfilment,
    version         = NEW.seq,
    last_commit_id  = NEW.commit_id,
    updated_at_ms   = NEW.at_ms,
    paid_at_ms      = CASE WHEN NEW.type IN ('order_paid', 'order_split_off') THEN NEW.at_ms ELSE paid_at_ms END,
    completed_at_ms = CASE NEW.type WHEN 'order_completed' THEN NEW.at_ms ELSE completed_at_ms END,
    deleted_at_ms   = CASE NEW.type WHEN 'order_deleted' THEN NEW.at_ms ELSE deleted_at_ms END,
    refunding       = coalesce(NEW.refunding, refunding),
    held_back_fen   = coalesce(NEW.held_back_fen, held_back_fen)
  WHERE order_no = NEW.order_no;
END;

CREATE TRIGGER orders_keep_their_parent BEFORE UPDATE OF parent_no ON orders
BEGIN
  SELECT RAISE(ABORT, 'the terms of an order are fixed');
END;

-- A part is paid by the payment of the whole, so it can only be split off an order that a payment has paid. A part that
-- is split again is none any more.
CREATE TRIGGER orders_are_split_off_what_is_paid BEFORE INSERT ON orders
WHEN NEW.parent_no IS NOT NULL AND (
  NOT EXISTS (SELECT 1 FROM captures WHERE order_no = NEW.parent_no AND role = 'pays')
  OR NEW.amount_fen + (
       SELECT coalesce(sum(amount_fen), 0) FROM orders WHERE parent_no = NEW.parent_no AND status <> 'split')
     > (SELECT amount_fen FROM orders WHERE order_no = NEW.parent_no)
)
BEGIN
  SELECT RAISE(ABORT, 'more than the order that it is split off');
END;
