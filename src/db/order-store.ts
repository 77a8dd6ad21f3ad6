/** Orders in D1: placing them, and reading them. */

import { and, asc, eq, getTableColumns, gt, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import type { Scope } from '../core/order/command.ts';
import type { OrderFilter, OrderStore } from '../core/order/order-store.ts';
import { dueOrders } from './due-orders.ts';
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
    ...dueOrders(db),
    forgetKeysBefore: async (createdBeforeMs, limit) => {
      const { meta } = await db.run(sql`
        DELETE FROM idempotency_keys WHERE (user_id, route, key) IN
          (SELECT user_id, route, key FROM idempotency_keys WHERE created_at_ms < ${createdBeforeMs} LIMIT ${limit})`);
      return meta.changes;
    },
  };
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
