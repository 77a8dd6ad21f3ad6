/** An openid as a page shows it: enough to tell payers apart, and no more. */

const SHOWN_AT_EACH_END = 4;

/** Both ends, with stars between them. At least half of a short one is hidden. */
export function maskOpenid(openid: string): string {
  const shown = Math.min(SHOWN_AT_EACH_END, Math.floor(openid.length / 4));
  return `${openid.slice(0, shown)}****${openid.slice(openid.length - shown)}`;
}
