/** Alipay's clock on the wire: `yyyy-MM-dd HH:mm:ss`, Beijing time, which is UTC+8 all year round. */

const EIGHT_HOURS_MS = 8 * 3_600_000;

/** UTC ms as Alipay writes it. */
export function formatBeijingTime(ms: number): string {
  return new Date(ms + EIGHT_HOURS_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** UTC ms of what Alipay writes; `null` for any other form and for a day or an hour that does not exist. */
export function parseBeijingTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const ms = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return !Number.isNaN(ms) && formatBeijingTime(ms) === text ? ms : null;
}
