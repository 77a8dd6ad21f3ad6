/** WeChat Pay's clock on the wire: RFC 3339 with the offset of Beijing, `2026-09-01T12:00:00+08:00`. */

const EIGHT_HOURS_MS = 8 * 3_600_000;

/** UTC ms as WeChat Pay writes it. */
export function formatBeijingTime(ms: number): string {
  return `${new Date(ms + EIGHT_HOURS_MS).toISOString().slice(0, 19)}+08:00`;
}

/** UTC ms of whole seconds with a numeric offset; `null` for any other form and for a day or an hour that is none. */
export function parseOffsetTime(text: string): number | null {
  const [, clock, sign, hours, minutes] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  if (clock === undefined || Number(hours) > 14 || Number(minutes) > 59) return null;
  const asUtcMs = Date.parse(`${clock}Z`);
  if (Number.isNaN(asUtcMs) || new Date(asUtcMs).toISOString().slice(0, 19) !== clock) return null;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '+' ? asUtcMs - offsetMs : asUtcMs + offsetMs;
}
