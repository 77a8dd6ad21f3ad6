/** The page after a button of the cashier: what WeChat Pay now holds true, and what the merchant answered. */
import { html } from 'hono/html';
import type { Delivery } from '../notification-courier.ts';
import { page, type Markup } from '../pages/page.ts';
import type { Trade } from '../trade.ts';
import { readableBeijingTime } from './beijing-time.ts';
import type { TradeState } from './trade-state.ts';
import { formatYuan } from './yuan.ts';

const OUTCOMES: Record<TradeState, { sign: string; tone: string; words: string }> = {
  NOTPAY: { sign: '…', tone: '', words: '未支付' },
  SUCCESS: { sign: '✓', tone: 'good', words: '支付成功' },
  REFUND: { sign: '↩', tone: '', words: '已转入退款' },
  CLOSED: { sign: '×', tone: 'bad', words: '订单已关闭' },
};

/** What the page shows. `dropped`: delivery is switched off, so that the notification got lost. */
export type Result = {
  trade: Trade & { state: TradeState };
  deliveries: Delivery[];
  dropped: boolean;
  /** When the courier tries again, UTC ms. */
  nextTryAtMs: number | null;
  ticket: string;
};

/** The outcome, the numbers, and every delivery with the merchant's own words. */
export function resultPage({ trade, deliveries, dropped, nextTryAtMs, ticket }: Result): Markup {
  const { sign, tone, words } = OUTCOMES[trade.state];
  return page({
    title: words,
    bar: '微信支付',
    colour: 'green',
    content: html`
      <section class="card hero">
        <div class="sign ${tone}">${sign}</div>
        <h1>${words}</h1>
        <p class="amount"><small>¥</small>${formatYuan(trade.amountFen)}</p>
        <p class="subject">${trade.subject}</p>
      </section>
      <section class="card">
        <dl>
          <dt>商户订单号</dt>
          <dd>${trade.outTradeNo}</dd>
          ${
            trade.capturedAtMs === null
              ? ''
              : html`<dt>微信支付订单号</dt>
                  <dd>${trade.transactionId}</dd>
                  <dt>付款时间</dt>
                  <dd>${readableBeijingTime(trade.capturedAtMs)}</dd>`
          }
          <dt>交易状态</dt>
          <dd>${trade.state}</dd>
        </dl>
      </section>
      <section class="card">
        <h2>商户对通知的应答</h2>
        ${
          dropped
            ? html`<p>通知投递已关闭，这条通知丢失了。</p>`
            : deliveries.length === 0
              ? html`<p>没有发送通知。</p>`
              : deliveries.map(delivery)
        }
        ${
          deliveries.length > 0 && nextTryAtMs !== null
            ? html`<p class="note">下一次投递：${readableBeijingTime(nextTryAtMs)}</p>`
            : ''
        }
      </section>
      <nav class="links">
        ${ticket.includes('=') ? html`<a href="/wechat-pay/cashier?${ticket}">返回收银台</a>` : ''}
        <a href="/wechat-pay/ledger/${trade.outTradeNo}">账本</a>
        <a href="/">沙箱首页</a>
      </nav>
    `,
  });
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
