/** Writes a part of an order that is split: on its parent's terms, but for its share and its details. */

import { sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Change } from '../core/order/decision.ts';
import type { CommitHead } from '../core/order/order-log.ts';
import { nextPlace } from './next-place.ts';
import type { Database } from './open-database.ts';
import { orderEvents, orders } from './schema.ts';

/**
 * The part, column by column in the schema's order, and its first event, which says that it is paid. A part
 * of a part shares the payment of the whole.
 */
export function insertPart(
  db: Database,
  { part, parentNo, event }: Extract<Change, { type: 'insert_part' }>,
  { nowMs, commitId }: CommitHead,
): BatchItem<'sqlite'>[] {
  const { orderNo, amountFen, details } = part;
  const place = nextPlace(sql`parent.user_id`, sql`parent.dialect`);
  return [
    db.insert(orders).select(
      sql`SELECT NULL, ${orderNo}, parent.dialect, parent.user_id, 'pending_payment', 'unfulfilled', ${amountFen},
          parent.subject, ${JSON.stringify(details)}, parent.items, NULL, parent.pay_with,
          ${nowMs}, ${nowMs}, ${nowMs + 1}, NULL, NULL, NULL, 0, '', ${place}, NULL, 0,
          coalesce(parent.parent_no, parent.order_no), 0, 0, NULL, NULL, NULL, NULL, NULL
        FROM orders parent WHERE parent.order_no = ${parentNo}`,
    ),
    db.insert(orderEvents).values({ ...event, orderNo, seq: 1, atMs: nowMs, commitId }),
  ];
}
