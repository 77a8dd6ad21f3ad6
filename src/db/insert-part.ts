/** Writes a part of an order that is split: on its parent's terms, but for its share and its details. */

import { sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Change } from '../core/order/decision.ts';
import type { CommitHead } from '../core/order/order-log.ts';
import { nextPlace } from './next-place.ts';
import type { Database } from './open-database.ts';
import { orderEvents } from './schema.ts';

/** The part and its first event, which says that it is paid. */
export function insertPart(
  db: Database,
  { part, parentNo, event }: Extract<Change, { type: 'insert_part' }>,
  { nowMs, commitId }: CommitHead,
): BatchItem<'sqlite'>[] {
  const { orderNo, amountFen, details } = part;
  const place = nextPlace(sql`parent.user_id`, sql`parent.dialect`);
  return [
    db.run(sql`
      INSERT INTO orders (order_no, parent_no, dialect, user_id, amount_fen, subject, details, items, pay_with,
        created_at_ms, updated_at_ms, expires_at_ms, place)
      SELECT ${orderNo}, parent.order_no, parent.dialect, parent.user_id, ${amountFen}, parent.subject,
        ${JSON.stringify(details)}, parent.items, parent.pay_with, ${nowMs}, ${nowMs}, ${nowMs + 1}, ${place}
        FROM orders parent WHERE parent.order_no = ${parentNo}`),
    db.insert(orderEvents).values({ ...event, orderNo, seq: 1, atMs: nowMs, commitId }),
  ];
}
