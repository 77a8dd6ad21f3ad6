/** One order's rows: the four queries that read it whole, and how their rows become its state. */

import { asc, between, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Order, OrderState } from '../core/order/order.ts';
import type { Database } from './open-database.ts';
import { captures, orders, paymentAttempts, refunds } from './schema.ts';

/** The columns of an order, with what was paid for it and what of that went back: derived, so never out of step. */
export const orderColumns = {
  ...getTableColumns(orders),
  // A part of an order is paid by its share of the whole order's payment.
  paidFen: sql<number>`CASE WHEN orders.parent_no IS NOT NULL THEN orders.amount_fen ELSE coalesce((
    SELECT sum(c.amount_fen) FROM captures c WHERE c.order_no = orders.order_no AND c.role = 'pays'), 0) END`.as(
    'paid_fen',
  ),
  // The plus: else the database walks through all refunds that succeeded, of whichever order.
  refundedFen: sql<number>`coalesce((
    SELECT sum(r.amount_fen) FROM refunds r
     WHERE r.refund_no BETWEEN coalesce(orders.parent_no, orders.order_no) || '000000'
                           AND coalesce(orders.parent_no, orders.order_no) || '999999'
       AND r.order_no = orders.order_no AND r.purpose = 'order' AND +r.status = 'succeeded'), 0)`.as('refunded_fen'),
  transactionId: sql<string | null>`(
    SELECT c.transaction_id FROM captures c
     WHERE c.order_no = coalesce(orders.parent_no, orders.order_no) AND c.role = 'pays')`.as('transaction_id'),
  // By an index of those payments alone for which something was chosen: of all other orders nothing is read for it.
  choice: sql<string | null>`(
    SELECT a.choice FROM payment_attempts a INDEXED BY attempts_by_choice
     WHERE a.order_no = orders.order_no AND a.choice IS NOT NULL
     ORDER BY a.out_trade_no IS (
       SELECT c.out_trade_no FROM captures c WHERE c.order_no = a.order_no AND c.role = 'pays') DESC,
       a.out_trade_no DESC LIMIT 1)`.as('choice'),
  isPromised: sql<number>`orders.subscription IS NOT NULL AND EXISTS (
    SELECT 1 FROM absorptions promised JOIN orders taker ON taker.order_no = promised.order_no
     WHERE promised.absorbed_no = orders.order_no AND taker.status NOT IN ('cancelled', 'expired'))`.as('is_promised'),
};

/** An order's row with {@link orderColumns}. */
export type OrderRow = typeof orders.$inferSelect &
  Pick<Order, 'paidFen' | 'refundedFen' | 'transactionId' | 'choice'> & { isPromised: number };

/** The order without what only the store needs of it. */
export function orderOf(row: OrderRow): Order {
  const {
    lastCommitId: _lastCommitId,
    place: _place,
    refunding: _refunding,
    parentNo: _parentNo,
    commissionTo,
    shareFen,
    shareWaitMs,
    sharePaidAtMs,
    isPromised,
    ...order
  } = row;
  const isShared = commissionTo !== null && shareFen !== null;
  return {
    ...order,
    isPromised: isPromised === 1,
    commission: isShared ? { to: commissionTo, amountFen: shareFen, payoutAfterMs: shareWaitMs } : null,
    commissionPaidAtMs: sharePaidAtMs,
  };
}

const { nextLookAtMs: _next, lastLookAtMs: _last, looks: _looks, ...ownColumns } = getTableColumns(paymentAttempts);

/** An attempt's columns, with what is kept sealed of it. */
const attemptColumns = {
  ...ownColumns,
  sealed: sql<string | null>`(
    SELECT kept.sealed FROM personal_data kept WHERE kept.row_name = 'attempt/' || payment_attempts.out_trade_no)`.as(
    'sealed',
  ),
};
const { recordedAtMs: _recorded, ...captureColumns } = getTableColumns(captures);
const {
  nextLookAtMs: _nextRefund,
  lastLookAtMs: _lastRefund,
  looks: _looksRefund,
  ...refundColumns
} = getTableColumns(refunds);

export { attemptColumns, captureColumns, refundColumns };

/**
 * The queries that read an order whole. The attempts' key begins with the order's number, and is read as a range. What
 * was split off an order has its money there.
 */
export function stateQueries(db: Database, orderNo: string) {
  const payingNo = sql`(SELECT coalesce(parent_no, order_no) FROM orders WHERE order_no = ${orderNo})`;
  return [
    db.select(orderColumns).from(orders).where(eq(orders.orderNo, orderNo)),
    db
      .select(attemptColumns)
      .from(paymentAttempts)
      .where(between(paymentAttempts.outTradeNo, sql`${payingNo} || '0000'`, sql`${payingNo} || '9999'`))
      .orderBy(asc(paymentAttempts.outTradeNo)),
    db.select(captureColumns).from(captures).where(eq(captures.orderNo, payingNo)),
    db
      .select(refundColumns)
      .from(refunds)
      .where(between(refunds.refundNo, sql`${payingNo} || '000000'`, sql`${payingNo} || '999999'`))
      .orderBy(asc(refunds.refundNo)),
  ] as const;
}

type Queries = ReturnType<typeof stateQueries>;

/** What {@link stateQueries} give, one after the other. */
export type StateRows = readonly [Awaited<Queries[0]>, Awaited<Queries[1]>, Awaited<Queries[2]>, Awaited<Queries[3]>];

/** The order's state, or `null` where there is no such order. */
export function stateOf([[order], attempts, captured, refunded]: StateRows): OrderState | null {
  if (!order) return null;
  return {
    order: orderOf(order),
    attempts,
    captures: captured,
    refunds: refunded,
    lastCommitId: order.lastCommitId,
  };
}
