/** The page after a button of a cashier: what the provider now holds true, and what the merchant answered. */
import { html } from 'hono/html';
import type { Delivery } from '../notification-courier.ts';
import type { Trade } from '../trade.ts';
import { readableBeijingTime } from './beijing-time.ts';
import { detailsCard, type Detail } from './details.ts';
import { links } from './links.ts';
import { page, type Looks, type Markup } from './page.ts';
import { formatYuan } from './yuan.ts';

/** How a state is shown: a sign in a circle, the circle's colour, and words. */
export type Outcome = { sign: string; tone: '' | 'good' | 'bad'; words: string };

/** How telling the merchant went. */
export type Telling = {
  deliveries: readonly Delivery[];
  /** Delivery is switched off, so that the notification got lost. */
  dropped: boolean;
  /** When the courier tries again, UTC ms. */
  nextTryAtMs: number | null;
};

/** What the page shows. `query` is what the cashier was opened with. */
export type OutcomeParts = {
  outcome: Outcome;
  trade: Pick<Trade, 'outTradeNo' | 'amountFen' | 'subject'>;
  details: readonly Detail[];
  telling: Telling;
  query: string;
};

/** The outcome, the numbers, and every delivery with the merchant's own words. */
export function outcomePage(looks: Looks, { outcome, trade, details, telling, query }: OutcomeParts): Markup {
  return page({
    ...looks,
    title: outcome.words,
    content: html`
      <section class="card hero">
        <div class="sign ${outcome.tone}">${outcome.sign}</div>
        <h1>${outcome.words}</h1>
        <p class="amount"><small>¥</small>${formatYuan(trade.amountFen)}</p>
        <p class="subject">${trade.subject}</p>
      </section>
      ${detailsCard(details)}
      <section class="card">
        <h2>商户对通知的应答</h2>
        ${answers(telling)}
      </section>
      ${links(looks, { query, outTradeNo: trade.outTradeNo })}
    `,
  });
}

function answers({ deliveries, dropped, nextTryAtMs }: Telling): Markup {
  if (dropped) return html`<p>通知投递已关闭，这条通知丢失了。</p>`;
  if (deliveries.length === 0) return html`<p>没有发送通知。</p>`;
  return html`${deliveries.map(delivery)}
  ${nextTryAtMs === null ? '' : html`<p class="note">下一次投递：${readableBeijingTime(nextTryAtMs)}</p>`}`;
}

function delivery({ atMs, status, answer, accepted }: Delivery): Markup {
  return html`<div class="delivery">
    <div>
      ${readableBeijingTime(atMs)} · ${status === null ? '没有应答' : `HTTP ${status}`}
      <span class="chip ${accepted ? 'good' : 'bad'}">${accepted ? '已接受' : '未接受'}</span>
    </div>
    <code>${answer === '' ? '（空）' : answer}</code>
  </div>`;
}
