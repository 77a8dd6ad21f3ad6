/** The outbox in D1. */

import { and, asc, desc, eq, inArray, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { NotificationStatus, OutboxMessage, OutboxStore } from '../core/outbox/outbox.ts';
import type { Database } from './open-database.ts';
import { orderEvents, orders, outbox } from './schema.ts';

/** Written out and not bound: the database uses a partial index only for what it can read in the statement. */
const HAS_STATUS: Readonly<Record<NotificationStatus, SQL>> = {
  pending: sql`${outbox.status} = 'pending'`,
  delivered: sql`${outbox.status} = 'delivered'`,
  parked: sql`${outbox.status} = 'parked'`,
};

/** The store over one session. */
export function createOutboxStore(db: Database): OutboxStore {
  return {
    due: (nowMs, limit) =>
      readMessages(db, and(HAS_STATUS.pending, lte(outbox.nextAtMs, nowMs)), asc(outbox.nextAtMs), limit),
    claim: async (tries) => {
      const claimed = await db.all<{ id: number }>(sql`
        UPDATE outbox SET tries = outbox.tries + 1, next_at_ms = json_extract(try.value, '$.nextAtMs')
          FROM json_each(${JSON.stringify(tries)}) AS try
         WHERE outbox.id = json_extract(try.value, '$.id') AND outbox.tries = json_extract(try.value, '$.tries')
           AND outbox.status = 'pending'
        RETURNING id`);
      return new Set(claimed.map(({ id }) => id));
    },
    markDelivered: async (ids, atMs) => {
      await db
        .update(outbox)
        .set({ status: 'delivered', deliveredAtMs: atMs, lastError: null })
        .where(inArray(outbox.id, [...ids]));
    },
    markFailed: async (id, { error, status, nextAtMs }) => {
      await db.update(outbox).set({ status, lastError: error, nextAtMs }).where(eq(outbox.id, id));
    },
    list: ({ status, beforeId, limit }) =>
      readMessages(
        db,
        and(status === null ? undefined : HAS_STATUS[status], beforeId === null ? undefined : lt(outbox.id, beforeId)),
        // The plus keeps the database from walking the whole table backwards in search of the few that match.
        status === null ? desc(outbox.id) : sql`+${outbox.id} DESC`,
        limit,
      ),
    redeliver: async (id, nowMs) => {
      const { meta } = await db
        .update(outbox)
        .set({ status: 'pending', tries: 0, nextAtMs: nowMs, lastError: null })
        .where(eq(outbox.id, id));
      return meta.changes === 1;
    },
  };
}

async function readMessages(
  db: Database,
  where: SQL | undefined,
  orderBy: SQL,
  limit: number,
): Promise<OutboxMessage[]> {
  const rows = await db
    .select({
      message: outbox,
      event: orderEvents,
      dialect: orders.dialect,
      userId: orders.userId,
      amountFen: orders.amountFen,
    })
    .from(outbox)
    .innerJoin(orderEvents, and(eq(orderEvents.orderNo, outbox.orderNo), eq(orderEvents.seq, outbox.seq)))
    .innerJoin(orders, eq(orders.orderNo, outbox.orderNo))
    .where(where)
    .orderBy(orderBy)
    .limit(limit);
  return rows.map(({ message: { orderNo: _orderNo, seq: _seq, ...message }, event, ...order }) => {
    const { commitId: _commitId, heldBackFen: _heldBackFen, refunding: _refunding, ...told } = event;
    return { ...message, ...order, event: told };
  });
}
