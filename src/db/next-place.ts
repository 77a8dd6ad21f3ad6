/** Where an order stands that is about to be written, among its user's orders of a dialect. */

import { type SQL, sql } from 'drizzle-orm';

/** One more than the last one's. */
export function nextPlace(userId: SQL | string, dialect: SQL | string): SQL {
  return sql`(SELECT coalesce(max(placed.place), 0) + 1 FROM orders placed
    WHERE placed.user_id = ${userId} AND placed.dialect = ${dialect})`;
}

/** Now, or when the last one was created where its clock was ahead: places are in the order of time. */
export function createdAt(userId: SQL | string, dialect: SQL | string, nowMs: number): SQL {
  return sql`max(${nowMs}, coalesce((SELECT placed.created_at_ms FROM orders placed
    WHERE placed.user_id = ${userId} AND placed.dialect = ${dialect} ORDER BY placed.place DESC LIMIT 1), 0))`;
}
