/** The place of an order that is about to be written, among its user's orders of a dialect. */

import { type SQL, sql } from 'drizzle-orm';

/** One more than the last one's. */
export function nextPlace(userId: SQL | string, dialect: SQL | string): SQL {
  return sql`(SELECT coalesce(max(placed.place), 0) + 1 FROM orders placed
    WHERE placed.user_id = ${userId} AND placed.dialect = ${dialect})`;
}
