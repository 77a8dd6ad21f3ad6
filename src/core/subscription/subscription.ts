/** A subscription: what an order for a plan does when it is opened, and what of earlier orders is still running. */

import type { Fen } from '../money.ts';

/**
 * What opening an order does. `begin` starts a period at that moment; `extend` one at the end of what is running;
 * `replace` one at that moment in place of what is running, whose orders it absorbs; `reset` starts none: what is
 * running begins anew in its dialect's own sense.
 */
export type SubscriptionEffect = 'begin' | 'extend' | 'replace' | 'reset';

/** What was agreed on about a subscription when its order was placed. */
export type SubscriptionTerms = {
  planId: string;
  effect: SubscriptionEffect;
  /** The length of the period in calendar months; `null`: it never ends. Of no meaning to a `reset`. */
  months: number | null;
  /** The unused value of what is replaced, as far as it counts for this order and beyond it. */
  surplusFen: Fen;
  /** What of that value this order had no use for: it goes to the balance when the order is opened. */
  creditFen: Fen;
};

/** The time that an order was opened for, UTC ms in whole seconds; `endsAtMs` is `null` where it never ends. */
export type SubscriptionPeriod = { planId: string; startsAtMs: number; endsAtMs: number | null };

/** An order that is opened, whose period has not ended, and which nothing has taken the place of. */
export type StandingOrder = SubscriptionPeriod & {
  id: number;
  orderNo: string;
  /** Grows with whatever happens to it: what it is worth was computed at this version. */
  version: number;
  /** What was really paid for it: money, balance and the value of what it replaced, without what came or comes back. */
  worthFen: Fen;
};

/** The plan that is running, and when it ends; `null`: nothing is. All that stands is of one plan. */
export function runningPlan(
  standing: readonly StandingOrder[],
  nowMs: number,
): { planId: string; endsAtMs: number | null } | null {
  const [last] = standing
    .filter(({ endsAtMs }) => endsAtMs === null || endsAtMs > nowMs)
    .toSorted((a, b) => (b.endsAtMs ?? Infinity) - (a.endsAtMs ?? Infinity));
  return last ? { planId: last.planId, endsAtMs: last.endsAtMs } : null;
}
