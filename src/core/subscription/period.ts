/** When a subscription begins and ends: calendar months, in Shanghai's time. */

import { runningPlan, type StandingOrder, type SubscriptionPeriod, type SubscriptionTerms } from './subscription.ts';

const SECOND_MS = 1000;

/** Shanghai is eight hours ahead of UTC, all year round. */
const SHANGHAI_AHEAD_MS = 8 * 60 * 60 * SECOND_MS;

/** The same day of a later month at the same time, or that month's last day where it has no such day. */
export function addMonths(ms: number, months: number): number {
  const local = new Date(ms + SHANGHAI_AHEAD_MS);
  const firstOfMonth = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + months, 1);
  const target = new Date(firstOfMonth);
  const lastDay = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  const day = Math.min(local.getUTCDate(), lastDay);
  const timeOfDayMs = (ms + SHANGHAI_AHEAD_MS) % (24 * 60 * 60 * SECOND_MS);
  return Date.UTC(target.getUTCFullYear(), target.getUTCMonth(), day) + timeOfDayMs - SHANGHAI_AHEAD_MS;
}

/** The period of an order that is opened now; `null` for a reset. Whole seconds, rounded down. */
export function periodOf(
  { planId, effect, months }: SubscriptionTerms,
  standing: readonly StandingOrder[],
  nowMs: number,
): SubscriptionPeriod | null {
  if (effect === 'reset') return null;
  const nowSecondMs = Math.floor(nowMs / SECOND_MS) * SECOND_MS;
  const runsUntilMs = effect === 'extend' ? (runningPlan(standing, nowMs)?.endsAtMs ?? nowSecondMs) : nowSecondMs;
  const startsAtMs = Math.max(nowSecondMs, runsUntilMs);
  return { planId, startsAtMs, endsAtMs: months === null ? null : addMonths(startsAtMs, months) };
}
