/** The page after a button of the cashier: what Alipay now holds true, and what the merchant answered. */
import { html } from 'hono/html';
import type { Delivery } from '../notification-courier.ts';
import { page, type Markup } from '../pages/page.ts';
import type { Trade } from '../trade.ts';
import { formatBeijingTime } from './beijing-time.ts';
import type { TradeStatus } from './trade-status.ts';
import { formatYuan } from './yuan.ts';

const OUTCOMES: Record<TradeStatus, { sign: string; tone: string; words: string }> = {
  WAIT_BUYER_PAY: { sign: '…', tone: '', words: '等待付款' },
  TRADE_SUCCESS: { sign: '✓', tone: 'good', words: '支付成功' },
  TRADE_FINISHED: { sign: '✓', tone: 'good', words: '交易完成' },
  TRADE_CLOSED: { sign: '×', tone: 'bad', words: '交易关闭' },
};

/** What the page shows. `dropped`: delivery is switched off, so that the notification got lost. */
export type Result = {
  trade: Trade & { status: TradeStatus };
  deliveries: Delivery[];
  dropped: boolean;
  /** When the courier tries again, UTC ms. */
  nextTryAtMs: number | null;
  orderString: string;
};

/** The outcome, the numbers, and every delivery with the merchant's own words. */
export function resultPage({ trade, deliveries, dropped, nextTryAtMs, orderString }: Result): Markup {
  const { sign, tone, words } = OUTCOMES[trade.status];
  return page({
    title: words,
    bar: '支付结果',
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
          <dt>支付宝交易号</dt>
          <dd>${trade.transactionId}</dd>
          <dt>交易状态</dt>
          <dd>${trade.status}</dd>
          ${
            trade.capturedAtMs === null
              ? ''
              : html`<dt>付款时间</dt>
                  <dd>${formatBeijingTime(trade.capturedAtMs)}</dd>`
          }
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
            ? html`<p class="note">下一次投递：${formatBeijingTime(nextTryAtMs)}</p>`
            : ''
        }
      </section>
      <nav class="links">
        ${orderString.includes('=') ? html`<a href="/alipay/cashier?${orderString}">返回收银台</a>` : ''}
        <a href="/alipay/ledger/${trade.outTradeNo}">账本</a>
        <a href="/">沙箱首页</a>
      </nav>
    `,
  });
}

function delivery({ atMs, status, answer, accepted }: Delivery): Markup {
  return html`<div class="delivery">
    <div>
      ${formatBeijingTime(atMs)} · ${status === null ? '没有应答' : `HTTP ${status}`}
      <span class="chip ${accepted ? 'good' : 'bad'}">${accepted ? '已接受' : '未接受'}</span>
    </div>
    <code>${answer === '' ? '（空）' : answer}</code>
  </div>`;
}
