/** Reads orders for people: with the catalogue rows they name and the attempt that may be paying them, in one go. */

import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { CatalogItem } from '../core/catalog/catalog.ts';
import { refKey } from '../core/catalog/catalog.ts';
import type { OrderStatus } from '../core/order/lifecycle.ts';
import type { OrderView, SealedDetail, SealedView, UserScope } from '../core/order/order-store.ts';
import { detailsRow } from '../core/personal/personal-details.ts';
import type { Database } from './open-database.ts';
import { attemptColumns, captureColumns, orderColumns, orderOf, refundColumns } from './order-rows.ts';
import { sealedColumns } from './personal-store.ts';
import { captures, catalogItems, orders, orderTallies, paymentAttempts, personalData, refunds } from './schema.ts';

/** The columns of a catalogue row as the core knows it. */
export const itemColumns = {
  kind: catalogItems.kind,
  id: catalogItems.id,
  body: catalogItems.body,
  version: catalogItems.version,
  createdAtMs: catalogItems.createdAtMs,
  updatedAtMs: catalogItems.updatedAtMs,
};

/** Which rows of those that fit to read, newest first. */
type Range = { offset: number; limit: number };

/** A page of orders, newest first. Rows that were taken out of the catalogue are still shown with their orders. */
export async function viewOrders(db: Database, where: SQL | undefined, range: Range): Promise<OrderView[]> {
  return viewsOf(await db.batch(viewQueries(db, where, range)));
}

/** A page of one user's orders with what is personal in them, and how many there are in all. */
export async function pageOfUser(
  db: Database,
  scope: UserScope,
  statuses: readonly OrderStatus[] | 'all',
  range: Range,
): Promise<{ views: SealedView[]; total: number }> {
  const where = inPage(scope, statuses, range);
  const isTallied = and(
    eq(orderTallies.userId, scope.userId),
    eq(orderTallies.dialect, scope.dialect),
    statuses === 'all' ? undefined : inArray(orderTallies.status, [...statuses]),
  );
  const [rows, items, open, texts, tallies] = await db.batch([
    ...viewQueries(db, where, { offset: 0, limit: range.limit }),
    db
      .select(sealedColumns)
      .from(personalData)
      .where(sql`${personalData.row} IN (SELECT 'order/' || order_no FROM orders WHERE ${where})`),
    db.select({ orders: orderTallies.orders }).from(orderTallies).where(isTallied),
  ]);
  const views = viewsOf([rows, items, open]).map((view) => ({
    ...view,
    texts: texts.filter(({ row }) => row === detailsRow(view.order.orderNo)),
  }));
  return { views, total: tallies.reduce((total, tally) => total + tally.orders, 0) };
}

/** One order with its money and everything personal that belongs to it: all rows that begin with its name. */
export async function detailOf(db: Database, where: SQL | undefined): Promise<SealedDetail | null> {
  const orderNo = sql`(SELECT order_no FROM orders WHERE ${where})`;
  const [rows, items, open, captured, refunded, texts] = await db.batch([
    ...viewQueries(db, where, { offset: 0, limit: 1 }),
    db
      .select(captureColumns)
      .from(captures)
      .where(sql`${captures.orderNo} = ${orderNo}`),
    db
      .select(refundColumns)
      .from(refunds)
      .where(sql`${refunds.refundNo} BETWEEN ${orderNo} || '000000' AND ${orderNo} || '999999'`)
      .orderBy(asc(refunds.id)),
    textsOfOrder(db, orderNo),
  ]);
  const [view] = viewsOf([rows, items, open]);
  return view ? { ...view, captures: captured, refunds: refunded, texts } : null;
}

/** Everything sealed that belongs to an order: its personal details, and what people wrote about it. */
export function textsOfOrder(db: Database, orderNo: SQL) {
  return db
    .select(sealedColumns)
    .from(personalData)
    .where(sql`${personalData.row} BETWEEN 'order/' || ${orderNo} AND 'order/' || ${orderNo} || '/~'`);
}

/** How many selects the database joins in one statement: D1 refuses a sixth. */
const MAX_SELECTS = 5;

/**
 * The ids of a page. Orders are numbered without a gap, so that without a filter the last one's number says where the
 * page begins; with one, the states are walked through side by side, in an index that has only them. Of so many states
 * that this cannot be done, an order in none of them is rare: then all are walked through.
 */
function inPage({ userId, dialect }: UserScope, statuses: readonly OrderStatus[] | 'all', range: Range): SQL {
  const { offset, limit } = range;
  if (statuses === 'all') {
    const isTheirs = sql`user_id = ${userId} AND dialect = ${dialect}`;
    return sql`${orders.id} IN (SELECT id FROM orders WHERE ${isTheirs}
      AND place <= (SELECT max(place) FROM orders WHERE ${isTheirs}) - ${offset} ORDER BY place DESC LIMIT ${limit})`;
  }
  if (statuses.length > MAX_SELECTS) {
    return sql`${orders.id} IN (SELECT id FROM orders
      WHERE user_id = ${userId} AND dialect = ${dialect} AND ${inArray(sql`status`, [...statuses])}
      ORDER BY place DESC LIMIT ${limit} OFFSET ${offset})`;
  }
  const ofStatus = statuses.map(
    (status) => sql`SELECT * FROM (SELECT id, place FROM orders
      WHERE user_id = ${userId} AND dialect = ${dialect} AND status = ${status}
      ORDER BY place DESC LIMIT ${offset + limit})`,
  );
  if (ofStatus.length === 0) return sql`0`;
  return sql`${orders.id} IN (SELECT id FROM (${sql.join(ofStatus, sql` UNION ALL `)})
    ORDER BY place DESC LIMIT ${limit} OFFSET ${offset})`;
}

function viewQueries(db: Database, where: SQL | undefined, { offset, limit }: Range) {
  const numbers = db
    .select({ orderNo: orders.orderNo })
    .from(orders)
    .where(where)
    .orderBy(desc(orders.id))
    .limit(limit)
    .offset(offset);
  return [
    db.select(orderColumns).from(orders).where(where).orderBy(desc(orders.id)).limit(limit).offset(offset),
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

function viewsOf([rows, items, open]: ViewRows): OrderView[] {
  const byKey = new Map<string, CatalogItem>(items.map((item) => [refKey(item), item]));
  return rows.map((row) => ({
    order: orderOf(row),
    items: row.items.flatMap((ref) => byKey.get(refKey(ref)) ?? []),
    open: open.find((attempt) => attempt.orderNo === row.orderNo) ?? null,
  }));
}
