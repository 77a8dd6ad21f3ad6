/** Reads orders for people: with the catalogue rows they name and the attempt that may be paying them, in one go. */

import { asc, inArray, type SQL, sql } from 'drizzle-orm';
import type { CatalogItem } from '../core/catalog/catalog.ts';
import { refKey } from '../core/catalog/catalog.ts';
import type { ListedState } from '../core/order/listed-state.ts';
import type { OrderView, SealedDetail } from '../core/order/order-store.ts';
import type { Database } from './open-database.ts';
import { attemptColumns, captureColumns, orderColumns, orderOf, refundColumns } from './order-rows.ts';
import { sealedColumns } from './personal-store.ts';
import { captures, catalogItems, orderEvents, orders, paymentAttempts, personalData, refunds } from './schema.ts';

/** The columns of a catalogue row as the core knows it. */
export const itemColumns = {
  kind: catalogItems.kind,
  id: catalogItems.id,
  body: catalogItems.body,
  version: catalogItems.version,
  createdAtMs: catalogItems.createdAtMs,
  updatedAtMs: catalogItems.updatedAtMs,
};

/** The columns of an order, with its state as lists see it. */
const viewColumns = { ...orderColumns, listedState: sql<ListedState>`orders.listed_state`.as('listed_state') };

/** Which rows of those that fit to read. */
export type Range = { offset: number; limit: number };

/** A page of orders, newest first. Rows that were taken out of the catalogue are still shown with their orders. */
export async function viewOrders(
  db: Database,
  where: SQL | undefined,
  newestFirst: SQL,
  range: Range,
): Promise<OrderView[]> {
  return viewsOf(await db.batch(viewQueries(db, where, newestFirst, range)));
}

/** One order with its money and everything personal that belongs to it: all rows that begin with its name. */
export async function detailOf(db: Database, where: SQL | undefined): Promise<SealedDetail | null> {
  const orderNo = sql`(SELECT order_no FROM orders WHERE ${where})`;
  const payingNo = sql`(SELECT coalesce(parent_no, order_no) FROM orders WHERE ${where})`;
  const [rows, items, open, captured, refunded, texts, done] = await db.batch([
    ...viewQueries(db, where, sql`id`, { offset: 0, limit: 1 }),
    db
      .select(captureColumns)
      .from(captures)
      .where(sql`${captures.orderNo} = ${payingNo}`),
    db
      .select(refundColumns)
      .from(refunds)
      .where(
        sql`${refunds.refundNo} BETWEEN ${payingNo} || '000000' AND ${payingNo} || '999999'
          AND ${refunds.orderNo} = ${orderNo}`,
      )
      .orderBy(asc(refunds.id)),
    textsOfOrder(db, orderNo),
    db
      .select({ atMs: orderEvents.atMs })
      .from(orderEvents)
      .where(
        sql`${orderEvents.orderNo} = ${orderNo} AND ${orderEvents.type} = 'fulfilment_advanced'
          AND ${orderEvents.to} = 'fulfilled'`,
      ),
  ]);
  const [view] = viewsOf([rows, items, open]);
  const fulfilledAtMs = done.at(-1)?.atMs ?? null;
  return view ? { ...view, captures: captured, refunds: refunded, texts, fulfilledAtMs } : null;
}

/** Everything sealed that belongs to an order: its personal details, and what people wrote about it. */
export function textsOfOrder(db: Database, orderNo: SQL) {
  return db
    .select(sealedColumns)
    .from(personalData)
    .where(sql`${personalData.row} BETWEEN 'order/' || ${orderNo} AND 'order/' || ${orderNo} || '/~'`);
}

/** The statements that read the orders that fit, in the order that is given. */
export function viewQueries(db: Database, where: SQL | undefined, newestFirst: SQL, { offset, limit }: Range) {
  const numbers = db
    .select({ orderNo: orders.orderNo })
    .from(orders)
    .where(where)
    .orderBy(newestFirst)
    .limit(limit)
    .offset(offset);
  return [
    db.select(viewColumns).from(orders).where(where).orderBy(newestFirst).limit(limit).offset(offset),
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
  ] as const;
}

type ViewQueries = ReturnType<typeof viewQueries>;
type ViewRows = readonly [Awaited<ViewQueries[0]>, Awaited<ViewQueries[1]>, Awaited<ViewQueries[2]>];

/** The orders of {@link viewQueries}, each with its rows. */
export function viewsOf([rows, items, open]: ViewRows): OrderView[] {
  const byKey = new Map<string, CatalogItem>(items.map((item) => [refKey(item), item]));
  return rows.map(({ listedState, ...row }) => ({
    order: orderOf(row),
    listedState,
    items: row.items.flatMap((ref) => byKey.get(refKey(ref)) ?? []),
    open: open.find((attempt) => attempt.orderNo === row.orderNo) ?? null,
  }));
}
