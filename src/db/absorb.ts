/** Ends the orders whose place another one takes. */

import { sql } from 'drizzle-orm';
import type { CommitHead } from '../core/order/order-log.ts';
import type { Database } from './open-database.ts';
import { orderEvents } from './schema.ts';

/**
 * The statement: a line in the log of each order that was promised and still stands, column by column in the schema's
 * order. Nothing else moves such an order in between, for it is one write.
 */
export function absorb(db: Database, actor: string, { orderNo, commitId, nowMs }: CommitHead) {
  return db.insert(orderEvents).select(
    sql`SELECT o.order_no, o.version + 1, ${nowMs}, ${actor}, 'order_absorbed', o.status, 'absorbed', ${orderNo},
        'absorbed', o.fulfilment, ${commitId}, NULL, NULL, NULL
      FROM absorptions a JOIN orders o ON o.order_no = a.absorbed_no
     WHERE a.order_no = ${orderNo} AND o.status = 'completed'`,
  );
}
