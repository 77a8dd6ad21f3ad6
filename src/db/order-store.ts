/** Orders in D1: placing them, reading them, and expiring those that nobody can be paying. */

import { and, asc, eq, getTableColumns, gt, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import type { Scope } from '../core/order/command.ts';
import type { OrderFilter, OrderStore } from '../core/order/order-store.ts';
import type { Database } from './open-database.ts';
import { findNumber, type OrderNumbers, rememberNumber } from './order-numbers.ts';
import { stateOf, stateQueries } from './order-rows.ts';
import { findByKey, placeOrderRow } from './place-order-row.ts';
import { orderEvents, orders, orderTallies } from './schema.ts';
import { searchOrders } from './search-orders.ts';
import { pageOrders } from './page-orders.ts';
import { detailOf, textsOfOrder, viewOrders } from './view-orders.ts';

const {
  commitId: _commitId,
  heldBackFen: _heldBackFen,
  refunding: _refunding,
  ...eventColumns
} = getTableColumns(orderEvents);

/** The store over one session. */
export function createOrderStore(db: Database, numbers: OrderNumbers): OrderStore {
  return {
    place: async (order) => {
      const placed = await placeOrderRow(db, order);
      if (placed.status === 'placed') rememberNumber(numbers, placed.order);
      return placed;
    },
    findByKey: (key) => findByKey(db, key),
    view: async (orderNo, scope) => {
      const [view] = await viewOrders(db, and(eq(orders.orderNo, orderNo), inScope(scope)), sql`id`, {
        offset: 0,
        limit: 1,
      });
      return view ?? null;
    },
    list: async (scope, filter, { offset, limit, nowMs }) => {
      // A user's orders stand by their place; all users' by their id.
      const newestFirst = scope.userId === null ? sql`id DESC` : sql`place DESC`;
      const where = and(inScope(scope), passes(filter, nowMs));
      const views = await viewOrders(db, where, newestFirst, { offset, limit: limit + 1 });
      return { views: views.slice(0, limit), hasMore: views.length > limit };
    },
    numberOf: (id) => findNumber(db, numbers, id),
    idsOf: async (orderNos) => {
      const rows = await db
        .select({ id: orders.id, orderNo: orders.orderNo })
        .from(orders)
        .where(inArray(orders.orderNo, [...orderNos]));
      return orderNos.flatMap((orderNo) => rows.find((row) => row.orderNo === orderNo)?.id ?? []);
    },
    detail: (key, scope) => {
      const isIt = typeof key === 'number' ? eq(orders.id, key) : eq(orders.orderNo, key);
      return detailOf(db, and(isIt, inScope(scope)));
    },
    tally: async ({ userId, dialect }) => {
      const isTheirs = and(
        eq(orderTallies.userId, userId),
        eq(orderTallies.dialect, dialect),
        gt(orderTallies.orders, 0),
      );
      const rows = await db.select().from(orderTallies).where(isTheirs);
      return new Map(rows.map((row) => [row.listedState, row.orders]));
    },
    page: (query, range) => pageOrders(db, query, range),
    search: (search) => searchOrders(db, search),
    history: async (orderNo) => {
      const events = db
        .select(eventColumns)
        .from(orderEvents)
        .where(eq(orderEvents.orderNo, orderNo))
        .orderBy(asc(orderEvents.seq));
      const queries = [...stateQueries(db, orderNo), events, textsOfOrder(db, sql`${orderNo}`)] as const;
      const [order, attempts, captured, refunded, log, texts] = await db.batch(queries);
      const state = stateOf([order, attempts, captured, refunded]);
      return state === null ? null : { state, events: log, texts };
    },
    expireIdle: (nowMs, limit) => expireIdle(db, nowMs, limit),
    listDueWithLiveAttempt: (nowMs, after, limit) =>
      db.all(sql`
        SELECT order_no AS orderNo, expires_at_ms AS expiresAtMs FROM ${DUE_ORDERS}
         WHERE status = 'pending_payment' AND expires_at_ms <= ${nowMs} AND ${HAS_LIVE_ATTEMPT}
           AND (expires_at_ms, order_no) > (${after?.expiresAtMs ?? 0}, ${after?.orderNo ?? ''})
         ORDER BY expires_at_ms, order_no LIMIT ${limit}`),
    forgetKeysBefore: async (createdBeforeMs, limit) => {
      const { meta } = await db.run(sql`
        DELETE FROM idempotency_keys WHERE (user_id, route, key) IN
          (SELECT user_id, route, key FROM idempotency_keys WHERE created_at_ms < ${createdBeforeMs} LIMIT ${limit})`);
      return meta.changes;
    },
  };
}

/** Told, because the database would rather walk through all unpaid orders than through those whose time has run out. */
const DUE_ORDERS = sql`orders INDEXED BY orders_due`;

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
      FROM ${DUE_ORDERS}
     WHERE status = 'pending_payment' AND expires_at_ms <= ${nowMs} AND NOT ${HAS_LIVE_ATTEMPT}
     ORDER BY expires_at_ms LIMIT ${limit}
    RETURNING order_no`);
  return results.length;
}
