/** The page where a person plays the payer. */
import { html } from 'hono/html';
import { countdown } from '../pages/countdown.ts';
import { page, type Markup } from '../pages/page.ts';
import { formatBeijingTime } from './beijing-time.ts';
import type { OpenedCashier } from './cashier.ts';
import { formatYuan } from './yuan.ts';

const STANDINGS = {
  payable: { chip: '', words: '' },
  expired: { chip: 'warn', words: '已过支付截止时间' },
  paid: { chip: 'good', words: '已支付' },
  closed: { chip: 'bad', words: '交易已关闭' },
} as const;

/** What an order string asks for, and a button for each way in which it can end. */
export function cashierPage(opened: OpenedCashier, orderString: string, nowMs: number): Markup {
  const { terms, trade, standing } = opened;
  const { chip, words } = STANDINGS[standing];
  const waits = trade === null ? '等待打开（支付宝尚无此交易）' : '交易已创建，等待付款';
  return page({
    title: `收银台 · ${terms.subject}`,
    bar: '支付宝收银台',
    content: html`
      <section class="card hero">
        <p class="subject">${terms.subject}</p>
        <p class="amount"><small>¥</small>${formatYuan(terms.amountFen)}</p>
        <span class="chip ${chip}" id="clock" data-left-ms="${terms.payableUntilMs - nowMs}">
          ${standing === 'payable' ? '请尽快付款' : words}
        </span>
      </section>
      <section class="card">
        <dl>
          <dt>商户订单号</dt>
          <dd>${terms.outTradeNo}</dd>
          ${
            trade === null
              ? ''
              : html`<dt>支付宝交易号</dt>
                  <dd>${trade.transactionId}</dd>`
          }
          <dt>支付截止</dt>
          <dd>${formatBeijingTime(terms.payableUntilMs)}</dd>
          <dt>状态</dt>
          <dd id="standing">${standing === 'payable' ? waits : words}</dd>
        </dl>
      </section>
      ${buttons(standing, orderString)}
      <nav class="links">
        <a href="/alipay/ledger/${terms.outTradeNo}">这笔交易的账本</a>
        <a href="/">沙箱首页</a>
      </nav>
      <p class="note">这里演的是支付宝和付款人。每个按钮都会真的签名、记账并通知商户。</p>
      ${standing === 'payable' ? countdown() : ''}
    `,
  });
}

function buttons(standing: OpenedCashier['standing'], orderString: string): Markup {
  const unlessPayable = standing === 'payable' ? '' : 'disabled';
  const unlessExpired = standing === 'expired' ? '' : 'disabled';
  const unlessNotifiable = standing === 'payable' || standing === 'paid' ? '' : 'disabled';
  return html`
    <form method="post">
      <input type="hidden" name="order_string" value="${orderString}" />
      <div class="action">
        <button class="primary" formaction="/alipay/cashier/pay" data-payable ${unlessPayable}>立即付款</button>
      </div>
      <section class="card rows">
        <h2>换一种结局</h2>
        <button class="row" formaction="/alipay/cashier/pay-late" data-expired ${unlessExpired}>
          过期后付款<small>截止时间过后才到的钱：商户应当退款</small>
        </button>
        <button class="row" formaction="/alipay/cashier/notify-twice" data-payable ${unlessNotifiable}>
          重复通知<small>付款（若尚未付款），同一条通知连发两次</small>
        </button>
        <button class="row" formaction="/alipay/cashier/open-only" data-payable ${unlessPayable}>
          打开但不付款<small>停在输入密码：交易已创建，等待付款</small>
        </button>
        <button class="row" formaction="/alipay/cashier/fail" data-payable ${unlessPayable}>
          支付失败 / 关闭<small>交易关闭，不扣款，也不通知商户</small>
        </button>
      </section>
    </form>
  `;
}
