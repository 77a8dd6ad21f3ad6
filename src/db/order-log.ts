/** The order's log in D1: one round trip to read an order, one to write a decision and read what became of it. */

import type { BatchItem } from 'drizzle-orm/batch';
import type { Decision } from '../core/order/decision.ts';
import type { CommitHead, OrderLog } from '../core/order/order-log.ts';
import { applyChange } from './apply-change.ts';
import type { Database } from './open-database.ts';
import { stateOf, stateQueries, type StateRows } from './order-rows.ts';
import { orderEvents } from './schema.ts';
import { isGuardRefusal } from './storage-error.ts';

/** The log over a database session that reads from the primary. */
export function createOrderLog(db: Database): OrderLog {
  return {
    load: async (orderNo) => stateOf(await db.batch(stateQueries(db, orderNo))),
    commit: async (head, decision) => {
      const [first, ...rest] = eventInserts(db, head, decision);
      const changes = decision.changes.flatMap((change) => applyChange(db, change, head));
      const queries = stateQueries(db, head.orderNo);
      try {
        const results: unknown[] = await db.batch([first, ...rest, ...changes, ...queries]);
        const state = stateOf(lastFour(results));
        return state === null ? { status: 'conflict' } : { status: 'committed', state };
      } catch (error) {
        if (isGuardRefusal(error)) return { status: 'conflict' };
        throw error;
      }
    },
  };
}

type Inserts = [BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]];

/** The events come first: where the order has moved on, they fail, and nothing else of the batch happens. */
function eventInserts(db: Database, head: CommitHead, decision: Decision): Inserts {
  const { orderNo, commitId, nowMs, version } = head;
  const [first, ...rest] = decision.events;
  const insert = (event: (typeof decision.events)[number], nth: number) =>
    db.insert(orderEvents).values({ ...event, orderNo, commitId, atMs: nowMs, seq: version + nth });
  return [insert(first, 1), ...rest.map((event, index) => insert(event, index + 2))];
}

/** The results of the state queries, which every commit ends with. Batch results are typed by position from the front. */
function lastFour(results: readonly unknown[]): StateRows {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the last four statements are stateQueries()
  return results.slice(-4) as unknown as StateRows;
}
