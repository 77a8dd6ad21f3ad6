/** The page where a person plays the payer. */
import { html } from 'hono/html';
import { readableBeijingTime } from '../pages/beijing-time.ts';
import { cashierForm } from '../pages/cashier-form.ts';
import { clock } from '../pages/clock.ts';
import { countdown } from '../pages/countdown.ts';
import { detailsCard } from '../pages/details.ts';
import { links } from '../pages/links.ts';
import { page, type Markup } from '../pages/page.ts';
import { formatYuan } from '../pages/yuan.ts';
import type { OpenedCashier } from './cashier.ts';
import { LOOKS } from './looks.ts';

const ENDINGS = { expired: '已过支付截止时间', paid: '已支付', closed: '交易已关闭' } as const;

const BUTTONS = {
  pay: '立即付款',
  notifyTwice: '付款（若尚未付款），同一条通知连发两次',
  openOnly: '停在输入密码：交易已创建，等待付款',
  fail: ['支付失败 / 关闭', '交易关闭，不扣款，也不通知商户'],
} as const;

/** What an order string asks for, and a button for each way in which it can end. */
export function cashierPage(opened: OpenedCashier, orderString: string, nowMs: number): Markup {
  const { terms, trade, standing } = opened;
  const words = standing === 'payable' ? waitingFor(trade) : ENDINGS[standing];
  return page({
    ...LOOKS,
    title: `收银台 · ${terms.subject}`,
    content: html`
      <section class="card hero">
        <p class="subject">${terms.subject}</p>
        <p class="amount"><small>¥</small>${formatYuan(terms.amountFen)}</p>
        ${clock(standing, words, terms.payableUntilMs - nowMs)}
      </section>
      ${detailsCard([
        ['商户订单号', terms.outTradeNo],
        ['支付宝交易号', trade?.transactionId ?? null],
        ['支付截止', readableBeijingTime(terms.payableUntilMs)],
        ['状态', html`<span id="standing">${words}</span>`],
      ])}
      ${cashierForm(LOOKS, { field: ['order_string', orderString], standing, words: BUTTONS })}
      ${links(LOOKS, { outTradeNo: terms.outTradeNo })}
      <p class="note">这里演的是支付宝和付款人。每个按钮都会真的签名、记账并通知商户。</p>
      ${standing === 'payable' ? countdown() : ''}
    `,
  });
}

function waitingFor(trade: OpenedCashier['trade']): string {
  return trade === null ? '等待打开（支付宝尚无此交易）' : '交易已创建，等待付款';
}
