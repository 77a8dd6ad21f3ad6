/** Beijing's clock, which is UTC+8 all year round: both providers write its time, whatever the machine's zone is. */

const BEIJING_AHEAD_MS = 8 * 60 * 60 * 1000;

/** A moment as `yyyy-MM-dd HH:mm:ss` in Beijing; a fraction of a second is cut off. */
export function formatBeijingTime(atMs: number): string {
  return new Date(atMs + BEIJING_AHEAD_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** That form as UTC ms, `null` for anything that is not a real moment in it. */
export function parseBeijingTime(text: string | undefined): number | null {
  if (!text || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const atMs = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  // The engine reads 30 February as 2 March; only a moment that reads back the same is one.
  return Number.isNaN(atMs) || formatBeijingTime(atMs) !== text ? null : atMs;
}
