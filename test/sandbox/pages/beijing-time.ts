/** Times as a payer reads them: Beijing time, which is UTC+8 all year round. */

const EIGHT_HOURS_MS = 8 * 3_600_000;

/** UTC ms as `2026-09-01 12:00:00`. */
export function readableBeijingTime(ms: number): string {
  return new Date(ms + EIGHT_HOURS_MS).toISOString().slice(0, 19).replace('T', ' ');
}
