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
            search.fromMs === null ? undefined : createdFrom(search.fromMs),
            search.toMs === null ? undefined : createdUntil(search.toMs),
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

/** Orders are numbered as they are placed, give or take how far two clocks are apart, ms. */
const CLOCKS_APART_MS = 10 * 60_000;

/** Created at or after a moment: the index of creation says from which row on, so that no others are walked through. */
function createdFrom(ms: number): SQL | undefined {
  const first = sql`(SELECT early.id FROM orders early WHERE early.created_at_ms >= ${ms - CLOCKS_APART_MS}
    ORDER BY early.created_at_ms, early.id LIMIT 1)`;
  return and(gte(orders.createdAtMs, ms), sql`${orders.id} >= ${first}`);
}

/** Created at or before a moment, likewise. */
function createdUntil(ms: number): SQL | undefined {
  const last = sql`(SELECT late.id FROM orders late WHERE late.created_at_ms <= ${ms + CLOCKS_APART_MS}
    ORDER BY late.created_at_ms DESC, late.id DESC LIMIT 1)`;
  return and(lte(orders.createdAtMs, ms), sql`${orders.id} <= ${last}`);
}

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
