/** When a provider is asked again about a payment or a refund that has not ended. */

const MINUTE_MS = 60_000;

/** Minutes after the start at which the first looks are due; later ones follow at {@link LATER_LOOKS_MS}. */
const FIRST_LOOKS_MIN = [1, 3, 5, 10, 30] as const;
const LATER_LOOKS_MS = 30 * MINUTE_MS;

/** The first look at something that was started now, UTC ms. */
export function firstLookAtMs(nowMs: number): number {
  return nowMs + FIRST_LOOKS_MIN[0] * MINUTE_MS;
}

/** The look after the nth one (counted from 1), for something started at `startedAtMs`; never in the past. */
export function nextLookAtMs(startedAtMs: number, looks: number, nowMs: number): number {
  const minutes = FIRST_LOOKS_MIN[looks];
  const dueAtMs = minutes === undefined ? nowMs + LATER_LOOKS_MS : startedAtMs + minutes * MINUTE_MS;
  // A run that comes late does not make up for the looks it missed: one a minute is enough.
  return Math.max(dueAtMs, nowMs + MINUTE_MS);
}

/** The last look at an attempt that was given up while it could still be paid: when it no longer can. */
export function lastLookAtMs(payableUntilMs: number): number {
  return payableUntilMs + MINUTE_MS;
}
