/** The number behind an order's id, asked for once: neither ever changes. */

import { eq } from 'drizzle-orm';
import type { Database } from './open-database.ts';
import { orders } from './schema.ts';

/** The numbers of orders by id, as this isolate has learnt them. */
export type OrderNumbers = Map<number, string>;

/** How many numbers are remembered; past that the oldest are forgotten. */
const MAX_REMEMBERED = 10_000;

/** The number of the order that has this id, or `null`. */
export async function findNumber(db: Database, numbers: OrderNumbers, id: number): Promise<string | null> {
  const known = numbers.get(id);
  if (known !== undefined) return known;
  const [order] = await db.select({ id: orders.id, orderNo: orders.orderNo }).from(orders).where(eq(orders.id, id));
  if (!order) return null;
  rememberNumber(numbers, order);
  return order.orderNo;
}

/** Remembers what was just placed or found. */
export function rememberNumber(numbers: OrderNumbers, { id, orderNo }: { id: number; orderNo: string }): void {
  numbers.set(id, orderNo);
  for (const oldest of numbers.keys()) {
    if (numbers.size <= MAX_REMEMBERED) return;
    numbers.delete(oldest);
  }
}
