/** What of the orders that stand has not been used. */

import type { Fen } from '../money.ts';
import type { StandingOrder } from './subscription.ts';

const SECOND_MS = 1000;

/**
 * The value of the seconds that an order has left, of what was really paid for it, rounded down once. A period that has
 * not begun is unused; of one that never ends there is no share that could be called unused.
 */
export function unusedValue({ startsAtMs, endsAtMs, worthFen }: StandingOrder, nowMs: number): Fen {
  if (endsAtMs === null || worthFen <= 0) return 0;
  const secondsLeft = Math.floor((endsAtMs - Math.max(nowMs, startsAtMs)) / SECOND_MS);
  const seconds = Math.floor((endsAtMs - startsAtMs) / SECOND_MS);
  if (secondsLeft <= 0 || seconds <= 0) return 0;
  return Number((BigInt(worthFen) * BigInt(secondsLeft)) / BigInt(seconds));
}

/** The unused value of all of them: each order is worth its own period. */
export function unusedValueOf(standing: readonly StandingOrder[], nowMs: number): Fen {
  return standing.reduce((sum, one) => sum + unusedValue(one, nowMs), 0);
}
