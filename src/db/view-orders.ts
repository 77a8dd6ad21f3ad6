/** Reads orders for people: with the catalogue rows they name and the attempt that may be paying them, in one go. */

import { desc, inArray, type SQL, sql } from 'drizzle-orm';
import type { CatalogItem } from '../core/catalog/catalog.ts';
import { refKey } from '../core/catalog/catalog.ts';
import type { OrderView } from '../core/order/order-store.ts';
import type { Database } from './open-database.ts';
import { attemptColumns, orderColumns, orderOf } from './order-rows.ts';
import { catalogItems, orders, paymentAttempts } from './schema.ts';

/** The columns of a catalogue row as the core knows it. */
export const itemColumns = {
  kind: catalogItems.kind,
  id: catalogItems.id,
  body: catalogItems.body,
  version: catalogItems.version,
  createdAtMs: catalogItems.createdAtMs,
  updatedAtMs: catalogItems.updatedAtMs,
};

/** A page of orders, newest first. Rows that were taken out of the catalogue are still shown with their orders. */
export async function viewOrders(
  db: Database,
  where: SQL | undefined,
  { offset, limit }: { offset: number; limit: number },
): Promise<OrderView[]> {
  const page = () =>
    db.select(orderColumns).from(orders).where(where).orderBy(desc(orders.id)).limit(limit).offset(offset);
  const numbers = db
    .select({ orderNo: orders.orderNo })
    .from(orders)
    .where(where)
    .orderBy(desc(orders.id))
    .limit(limit)
    .offset(offset);
  const [rows, items, open] = await db.batch([
    page(),
    db
      .selectDistinct(itemColumns)
      .from(catalogItems)
      .where(
        sql`(${catalogItems.kind}, ${catalogItems.id}) IN (
          SELECT json_extract(item.value, '$.kind'), json_extract(item.value, '$.id')
            FROM (SELECT items FROM orders WHERE order_no IN ${numbers}) AS placed, json_each(placed.items) AS item)`,
      ),
    db
      .select({ ...attemptColumns, lastLookAtMs: paymentAttempts.lastLookAtMs })
      .from(paymentAttempts)
      .where(sql`${inArray(paymentAttempts.orderNo, numbers)} AND ${paymentAttempts.status} IN ('opening', 'pending')`),
  ]);
  const byKey = new Map<string, CatalogItem>(items.map((item) => [refKey(item), item]));
  return rows.map((row) => ({
    order: orderOf(row),
    items: row.items.flatMap((ref) => byKey.get(refKey(ref)) ?? []),
    open: open.find((attempt) => attempt.orderNo === row.orderNo) ?? null,
  }));
}
