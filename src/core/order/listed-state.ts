/** The states that lists ask for, in one word each. */

import type { FulfilmentStatus, OrderStatus } from './lifecycle.ts';

/**
 * An order's state as lists see it: of a paid one also how far the work is, and whether money was asked back and nobody
 * has ended that yet. The database makes the same word of each order (`listed_state`).
 */
export type ListedState =
  Exclude<OrderStatus, 'paid'> | `paid/${FulfilmentStatus}` | `paid/${FulfilmentStatus}/refunding`;

/** A paid order whose work is at one of these points, whether or not money was asked back. */
export function paidAt(...points: readonly FulfilmentStatus[]): ListedState[] {
  return points.flatMap((point): ListedState[] => [`paid/${point}`, `paid/${point}/refunding`]);
}

/** A paid order, wherever its work is. */
export const PAID: readonly ListedState[] = paidAt(
  'unfulfilled',
  'in_progress',
  'partially_fulfilled',
  'fulfilled',
  'failed',
);
