/** The chip below the amount: how long an order can still be paid, or why it cannot. */
import { html } from 'hono/html';
import type { Standing } from '../standing.ts';
import type { Markup } from './page.ts';

const TONES: Record<Standing, string> = { payable: '', expired: 'warn', paid: 'good', closed: 'bad' };

/** `words` say how the order stands; while it can be paid, `countdown` writes the time that is left over them. */
export function clock(standing: Standing, words: string, leftMs: number): Markup {
  return html`<span class="chip ${TONES[standing]}" id="clock" data-left-ms="${leftMs}">
    ${standing === 'payable' ? '请尽快付款' : words}
  </span>`;
}
