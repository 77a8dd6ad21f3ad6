/** Orders for which a time has come: to expire, to be opened, to have their share paid. */

import { sql } from 'drizzle-orm';
import type { OrderStore } from '../core/order/order-store.ts';
import type { Database } from './open-database.ts';

type DueOrders = Pick<OrderStore, 'expireIdle' | 'listDueWithLiveAttempt' | 'listToOpen' | 'listDueShares'>;

/** This part of the store. Each list walks along an index of its own, from where the page before ended. */
export function dueOrders(db: Database): DueOrders {
  return {
    expireIdle: (nowMs, limit) => expireIdle(db, nowMs, limit),
    listDueWithLiveAttempt: (nowMs, after, limit) =>
      db.all(sql`
        SELECT order_no AS orderNo, expires_at_ms AS expiresAtMs FROM ${UNPAID_BY_EXPIRY}
         WHERE status = 'pending_payment' AND expires_at_ms <= ${nowMs} AND ${HAS_LIVE_ATTEMPT}
           AND (expires_at_ms, order_no) > (${after?.expiresAtMs ?? 0}, ${after?.orderNo ?? ''})
         ORDER BY expires_at_ms, order_no LIMIT ${limit}`),
    listToOpen: (after, limit) =>
      db.all(sql`
        SELECT order_no AS orderNo, paid_at_ms AS paidAtMs FROM orders INDEXED BY subscriptions_to_open
         WHERE subscription IS NOT NULL AND status = 'paid'
           AND (paid_at_ms, order_no) > (${after?.paidAtMs ?? 0}, ${after?.orderNo ?? ''})
         ORDER BY paid_at_ms, order_no LIMIT ${limit}`),
    listDueShares: (nowMs, after, limit) =>
      db.all(sql`
        SELECT order_no AS orderNo, share_due_at_ms AS dueAtMs FROM orders INDEXED BY shares_due
         WHERE share_due_at_ms IS NOT NULL AND share_paid_at_ms IS NULL AND status IN ('completed', 'absorbed')
           AND share_due_at_ms <= ${nowMs}
           AND (share_due_at_ms, order_no) > (${after?.dueAtMs ?? 0}, ${after?.orderNo ?? ''})
         ORDER BY share_due_at_ms, order_no LIMIT ${limit}`),
  };
}

/** Told, because the database would rather walk through all unpaid orders than through those whose time has run out. */
const UNPAID_BY_EXPIRY = sql`orders INDEXED BY orders_due`;

const HAS_LIVE_ATTEMPT = sql`EXISTS (
  SELECT 1 FROM payment_attempts a WHERE a.order_no = orders.order_no AND a.status IN ('opening', 'pending'))`;

/**
 * One statement for a whole page: a row in the log for each due order, which moves it. Two runs at once cannot expire
 * an order twice, because the second one's rows would have numbers that are taken.
 */
async function expireIdle(db: Database, nowMs: number, limit: number): Promise<number> {
  const { results } = await db.run(sql`
    INSERT INTO order_events (order_no, seq, at_ms, actor, type, from_status, to_status, reason, order_status,
      order_fulfilment, commit_id)
    SELECT order_no, version + 1, ${nowMs}, 'system', 'order_expired', status, 'expired', NULL, 'expired',
      fulfilment, ''
      FROM ${UNPAID_BY_EXPIRY}
     WHERE status = 'pending_payment' AND expires_at_ms <= ${nowMs} AND NOT ${HAS_LIVE_ATTEMPT}
     ORDER BY expires_at_ms LIMIT ${limit}
    RETURNING order_no`);
  return results.length;
}
