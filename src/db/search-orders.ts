/** Finds orders for operators. */

import { and, desc, eq, gte, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Order } from '../core/order/order.ts';
import type { OrderSearch } from '../core/order/order-store.ts';
import type { Database } from './open-database.ts';
import { orderColumns, orderOf } from './order-rows.ts';
import { orders } from './schema.ts';

/** The orders that fit, newest first. */
export async function searchOrders(db: Database, search: OrderSearch): Promise<Order[]> {
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
}

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
