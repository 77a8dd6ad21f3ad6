/** Orders in D1: placing them, reading them, and expiring those that nobody can be paying. */

import { and, asc, desc, eq, getTableColumns, gte, inArray, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { Scope } from '../core/order/command.ts';
import type { OrderFilter, OrderStore } from '../core/order/order-store.ts';
import type { Database } from './open-database.ts';
import { orderColumns, orderOf, stateOf, stateQueries } from './order-rows.ts';
import { findByKey, placeOrderRow } from './place-order-row.ts';
import { orderEvents, orders } from './schema.ts';
import { viewOrders } from './view-orders.ts';

const { commitId: _commitId, ...eventColumns } = getTableColumns(orderEvents);

/** The store over one session. */
export function createOrderStore(db: Database): OrderStore {
  return {
    place: (order) => placeOrderRow(db, order),
    findByKey: (key) => findByKey(db, key),
    view: async (orderNo, scope) => {
      const [view] = await viewOrders(db, and(eq(orders.orderNo, orderNo), inScope(scope)), { offset: 0, limit: 1 });
      return view ?? null;
    },
    list: async (scope, filter, { offset, limit, nowMs }) => {
      const views = await viewOrders(db, and(inScope(scope), passes(filter, nowMs)), { offset, limit: limit + 1 });
      return { views: views.slice(0, limit), hasMore: views.length > limit };
    },
    search: async (search) => {
      const rows = await db
        .select(orderColumns)
        .from(orders)
        .where(
          and(
            search.beforeId === null ? undefined : lt(orders.id, search.beforeId),
            search.orderNo === null ? undefined : eq(orders.orderNo, search.orderNo),
            search.userId === null ? undefined : eq(orders.userId, search.userId),
            search.dialect === null ? undefined : eq(orders.dialect, search.dialect),
            search.status === null ? undefined : eq(orders.status, search.status),
            search.fromMs === null ? undefined : gte(orders.createdAtMs, search.fromMs),
            search.toMs === null ? undefined : lte(orders.createdAtMs, search.toMs),
          ),
        )
        .orderBy(desc(orders.id))
        .limit(search.limit);
      return rows.map(orderOf);
    },
    history: async (orderNo) => {
      const events = db
        .select(eventColumns)
        .from(orderEvents)
        .where(eq(orderEvents.orderNo, orderNo))
        .orderBy(asc(orderEvents.seq));
      const [order, attempts, captured, refunded, log] = await db.batch([...stateQueries(db, orderNo), events]);
      const state = stateOf([order, attempts, captured, refunded]);
      return state === null ? null : { state, events: log };
    },
    expireIdle: (nowMs, limit) => expireIdle(db, nowMs, limit),
    listDueWithLiveAttempt: (nowMs, after, limit) =>
      db
        .select({ orderNo: orders.orderNo, expiresAtMs: orders.expiresAtMs })
        .from(orders)
        .where(
          and(
            eq(orders.status, 'pending_payment'),
            lte(orders.expiresAtMs, nowMs),
            after === null
              ? undefined
              : sql`(${orders.expiresAtMs}, ${orders.orderNo}) > (${after.expiresAtMs}, ${after.orderNo})`,
            HAS_LIVE_ATTEMPT,
          ),
        )
        .orderBy(asc(orders.expiresAtMs), asc(orders.orderNo))
        .limit(limit),
    forgetKeysBefore: async (createdBeforeMs, limit) => {
      const { meta } = await db.run(sql`
        DELETE FROM idempotency_keys WHERE (user_id, route, key) IN
          (SELECT user_id, route, key FROM idempotency_keys WHERE created_at_ms < ${createdBeforeMs} LIMIT ${limit})`);
      return meta.changes;
    },
  };
}

const HAS_LIVE_ATTEMPT = sql`EXISTS (
  SELECT 1 FROM payment_attempts a WHERE a.order_no = orders.order_no AND a.status IN ('opening', 'pending'))`;

/** A scope in SQL: what is outside of it, and what was deleted, does not exist. */
function inScope(scope: Scope): SQL | undefined {
  return and(
    scope.userId === null ? undefined : eq(orders.userId, scope.userId),
    eq(orders.dialect, scope.dialect),
    isNull(orders.deletedAtMs),
  );
}

function passes(filter: OrderFilter, nowMs: number): SQL | undefined {
  const inStatus = filter.statuses === 'all' ? undefined : inArray(orders.status, [...filter.statuses]);
  if (filter.unpaid === 'all') return inStatus;
  const runsOut = filter.unpaid === 'payable' ? sql`${orders.expiresAtMs} > ${nowMs}` : lte(orders.expiresAtMs, nowMs);
  return and(inStatus, or(sql`${orders.status} <> 'pending_payment'`, runsOut));
}

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
      FROM orders
     WHERE status = 'pending_payment' AND expires_at_ms <= ${nowMs} AND NOT ${HAS_LIVE_ATTEMPT}
     ORDER BY expires_at_ms LIMIT ${limit}
    RETURNING order_no`);
  return results.length;
}
