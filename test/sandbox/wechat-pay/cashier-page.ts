/** The page where a person plays the payer: a sheet in the app, or a code to scan. */
import { html } from 'hono/html';
import { countdown } from '../pages/countdown.ts';
import { page, type Markup } from '../pages/page.ts';
import { readableBeijingTime } from './beijing-time.ts';
import type { OpenedCashier } from './cashier.ts';
import type { TradeType } from './order-book.ts';
import { formatYuan } from './yuan.ts';

const STANDINGS = {
  payable: { chip: '', words: '订单未支付' },
  expired: { chip: 'warn', words: '已过支付截止时间' },
  paid: { chip: 'good', words: '已支付' },
  closed: { chip: 'bad', words: '订单已关闭' },
} as const;

const PLACES: Record<TradeType, string> = {
  JSAPI: '微信内网页 / 小程序',
  APP: '商户的 App',
  NATIVE: '扫码支付',
};

/** What a ticket asks for, and a button for each way in which it can end. */
export function cashierPage(opened: OpenedCashier, ticket: string, nowMs: number): Markup {
  const { trade, tradeType, standing, payableUntilMs } = opened;
  const { chip, words } = STANDINGS[standing];
  const clock = html`<span class="chip ${chip}" id="clock" data-left-ms="${payableUntilMs - nowMs}">
    ${standing === 'payable' ? '请尽快付款' : words}
  </span>`;
  return page({
    title: `微信支付 · ${trade.subject}`,
    bar: '微信支付',
    colour: 'green',
    content: html`
      ${tradeType === 'NATIVE' ? codeToScan(opened, ticket, clock) : sheet(opened, clock)}
      <form method="post">
        <input type="hidden" name="ticket" value="${ticket}" />
        ${buttons(opened)}
      </form>
      <section class="card">
        <dl>
          <dt>商户订单号</dt>
          <dd>${trade.outTradeNo}</dd>
          <dt>支付方式</dt>
          <dd>${PLACES[tradeType]}</dd>
          <dt>支付截止</dt>
          <dd>${readableBeijingTime(payableUntilMs)}</dd>
          <dt>状态</dt>
          <dd id="standing">${words}</dd>
        </dl>
      </section>
      <nav class="links">
        <a href="/wechat-pay/ledger/${trade.outTradeNo}">这笔订单的账本</a>
        <a href="/">沙箱首页</a>
      </nav>
      <p class="note">这里演的是微信支付和付款人。每个按钮都会真的签名、加密、记账并通知商户。</p>
      ${standing === 'payable' ? countdown() : ''}
    `,
  });
}

function sheet({ trade, tradeType }: OpenedCashier, clock: Markup): Markup {
  return html`<section class="card sheet">
    <div class="top"><i>×</i>${tradeType === 'JSAPI' ? '请输入支付密码' : '微信支付 · 来自 App'}</div>
    <div class="hero">
      <p class="subject">${trade.subject}</p>
      <p class="amount"><small>¥</small>${formatYuan(trade.amountFen)}</p>
      ${clock}
    </div>
    <div class="method"><span>付款方式</span><span>零钱 ›</span></div>
    <div class="dots"><span></span><span></span><span></span><span></span><span></span><span></span></div>
  </section>`;
}

function codeToScan({ trade }: OpenedCashier, ticket: string, clock: Markup): Markup {
  return html`<section class="card hero">
    <p class="subject">${trade.subject}</p>
    <p class="amount"><small>¥</small>${formatYuan(trade.amountFen)}</p>
    ${clock}
    <div class="code">${new URLSearchParams(ticket).get('code_url') ?? trade.outTradeNo}</div>
    <p class="subject">二维码里写的就是这行字，按下面的按钮当作已经扫过</p>
  </section>`;
}

function buttons({ standing, tradeType }: OpenedCashier): Markup {
  const unlessPayable = standing === 'payable' ? '' : 'disabled';
  const unlessExpired = standing === 'expired' ? '' : 'disabled';
  const unlessNotifiable = standing === 'payable' || standing === 'paid' ? '' : 'disabled';
  return html`
    <div class="action">
      <button class="primary" formaction="/wechat-pay/cashier/pay" data-payable ${unlessPayable}>
        ${tradeType === 'NATIVE' ? '扫码并付款' : '立即支付'}
      </button>
    </div>
    <section class="card rows">
      <h2>换一种结局</h2>
      <button class="row" formaction="/wechat-pay/cashier/pay-late" data-expired ${unlessExpired}>
        过期后付款<small>截止时间过后才到的钱：商户应当退款</small>
      </button>
      <button class="row" formaction="/wechat-pay/cashier/notify-twice" data-payable ${unlessNotifiable}>
        重复通知<small>付款（若尚未付款），最近一条通知连发两次</small>
      </button>
      <button class="row" formaction="/wechat-pay/cashier/open-only" data-payable ${unlessPayable}>
        打开但不付款<small>停在输入密码：订单仍是未支付，不通知商户</small>
      </button>
      <button class="row" formaction="/wechat-pay/cashier/fail" data-payable ${unlessPayable}>
        支付失败<small>银行拒绝：不扣款，订单仍可再付，不通知商户</small>
      </button>
    </section>
  `;
}
