/** Writes a new order, if the catalogue still is what it was priced by. */

import { and, eq, sql } from 'drizzle-orm';
import type { CatalogItem, CatalogRef } from '../core/catalog/catalog.ts';
import { asPlaced, type Order } from '../core/order/order.ts';
import type { IdempotencyKey, NewOrder, Placed } from '../core/order/order-store.ts';
import { nextPlace } from './next-place.ts';
import type { Database } from './open-database.ts';
import { orderColumns, orderOf } from './order-rows.ts';
import { keepSealed } from './personal-store.ts';
import { absorptions, idempotencyKeys, orderEvents, orders } from './schema.ts';
import { isGuardRefusal, isUnanswered, storageText } from './storage-error.ts';

/**
 * One batch: the order, its key, and its first event. Where a catalogue row has changed the order is not inserted, its
 * event has nothing to follow, and the whole batch falls.
 */
export async function placeOrderRow(db: Database, order: NewOrder): Promise<Placed> {
  try {
    const beside = [
      ...insertKey(db, order),
      insertFirstEvent(db, order),
      ...promiseAbsorbed(db, order),
      ...keepPersonal(db, order),
    ];
    const [inserted] = await db.batch([insertOrder(db, order), ...beside]);
    const [row] = inserted;
    if (row) return { status: 'placed', order: newlyPlaced(order, row.id) };
    throw new Error('the order was written without an id');
  } catch (error) {
    if (isUnanswered(error)) return findOwnWrite(db, order, error);
    if (!isGuardRefusal(error)) throw error;
    const text = storageText(error);
    if (order.idempotency && text.includes('idempotency_keys')) return keyUsed(db, order.idempotency);
    return { status: text.includes('orders.order_no') ? 'order_no_taken' : 'stale_catalog' };
  }
}

/** The order and the body hash that a key stands for, or `null`. */
export async function findByKey(
  db: Database,
  { userId, route, key }: IdempotencyKey,
): Promise<{ order: Order; bodyHash: string } | null> {
  const [found] = await db
    .select({ ...orderColumns, bodyHash: idempotencyKeys.bodyHash })
    .from(idempotencyKeys)
    .innerJoin(orders, eq(orders.orderNo, idempotencyKeys.orderNo))
    .where(and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key)));
  if (!found) return null;
  const { bodyHash, ...order } = found;
  return { order: orderOf(order), bodyHash };
}

/** Column by column in the schema's order; no row at all where one of the catalogue's rows is not what it was. */
function insertOrder(db: Database, order: NewOrder) {
  const { account, commission } = order;
  const priced = JSON.stringify(order.items.map(({ kind, id, version }) => ({ kind, id, version })));
  return db
    .insert(orders)
    .select(
      sql`SELECT NULL, ${order.orderNo}, ${order.dialect}, ${order.userId}, 'pending_payment', 'unfulfilled',
          ${order.amountFen}, ${order.subject}, ${JSON.stringify(order.details)},
          ${JSON.stringify(order.items.map(refOf))}, ${order.saleOf === null ? null : JSON.stringify(order.saleOf)},
          ${order.payWith}, ${order.createdAtMs}, ${order.createdAtMs}, ${order.expiresAtMs}, NULL, NULL, NULL, 0, '',
          ${account?.place ?? nextPlace(order.userId, order.dialect)}, ${commission?.to ?? null}, 0, NULL, 0,
          ${account?.balanceFen ?? 0}, ${account?.couponId ?? null},
          ${account === null ? null : JSON.stringify(account.subscription)},
          ${commission?.amountFen ?? null}, ${commission?.payoutAfterMs ?? null}, NULL
        WHERE ${order.items.length} = (
          SELECT count(*) FROM catalog_items c
            JOIN json_each(${priced}) AS item
              ON c.kind = json_extract(item.value, '$.kind') AND c.id = json_extract(item.value, '$.id')
             AND c.version = json_extract(item.value, '$.version') AND c.removed_at_ms IS NULL)`,
    )
    .returning({ id: orders.id });
}

/** The orders that it takes over, each as it was valued: one that has moved on since lets the whole batch fall. */
function promiseAbsorbed(db: Database, { orderNo, account }: NewOrder) {
  const absorbs = account?.absorbs ?? [];
  if (absorbs.length === 0) return [];
  const rows = absorbs.map(({ orderNo: absorbedNo, version }) => ({ orderNo, absorbedNo, version }));
  return [
    db.insert(absorptions).select(
      sql`SELECT ${orderNo}, json_extract(one.value, '$.absorbedNo'), json_extract(one.value, '$.version')
        FROM json_each(${JSON.stringify(rows)}) AS one`,
    ),
  ];
}

function keepPersonal(db: Database, { personal }: NewOrder) {
  return personal ? [keepSealed(db, personal)] : [];
}

function insertKey(db: Database, { idempotency, orderNo, createdAtMs }: NewOrder) {
  return idempotency ? [db.insert(idempotencyKeys).values({ ...idempotency, orderNo, createdAtMs })] : [];
}

function insertFirstEvent(db: Database, order: NewOrder) {
  return db.insert(orderEvents).values({
    orderNo: order.orderNo,
    seq: 1,
    atMs: order.createdAtMs,
    actor: order.actor,
    type: 'order_placed',
    from: null,
    to: 'pending_payment',
    reason: null,
    orderStatus: 'pending_payment',
    orderFulfilment: 'unfulfilled',
    commitId: order.commitId,
  });
}

/** The row as the batch wrote it, without reading it back. */
function newlyPlaced(order: NewOrder, id: number): Order {
  const { actor: _actor, commitId: _commitId, idempotency: _idempotency, personal: _personal, ...rest } = order;
  const { items, account, ...terms } = rest;
  const { balanceFen = 0, couponId = null, subscription = null } = account ?? {};
  return asPlaced({ ...terms, id, items: items.map(refOf), balanceFen, couponId, subscription });
}

/** When the database did not answer, the order's own number tells whether it was written. */
async function findOwnWrite(db: Database, order: NewOrder, unanswered: unknown): Promise<Placed> {
  const [row] = await db.select(orderColumns).from(orders).where(eq(orders.orderNo, order.orderNo));
  if (row?.lastCommitId === order.commitId) return { status: 'placed', order: orderOf(row) };
  throw unanswered;
}

async function keyUsed(db: Database, key: IdempotencyKey): Promise<Placed> {
  const found = await findByKey(db, key);
  return found ? { status: 'key_used', ...found } : { status: 'stale_catalog' };
}

function refOf({ kind, id }: CatalogItem): CatalogRef {
  return { kind, id };
}
