/** The page where a person plays the payer: a sheet in Alipay, or a code to scan. */
import { html } from 'hono/html';
import { readableBeijingTime } from '../pages/beijing-time.ts';
import { cashierForm } from '../pages/cashier-form.ts';
import { clock } from '../pages/clock.ts';
import { countdown } from '../pages/countdown.ts';
import { detailsCard } from '../pages/details.ts';
import { links } from '../pages/links.ts';
import { page, type Markup } from '../pages/page.ts';
import { qrPicture } from '../pages/qr-picture.ts';
import { formatYuan } from '../pages/yuan.ts';
import type { OpenedCashier } from './cashier.ts';
import { LOOKS } from './looks.ts';
import type { PaymentTicket } from './payment-ticket.ts';

const ENDINGS = { expired: '已过支付截止时间', paid: '已支付', closed: '交易已关闭' } as const;

const BUTTONS = {
  notifyTwice: '付款（若尚未付款），同一条通知连发两次',
  openOnly: '停在输入密码：交易已创建，等待付款',
  fail: ['支付失败 / 关闭', '交易关闭，不扣款，也不通知商户'],
} as const;

/** What a ticket asks for, and a button for each way in which it can end. */
export function cashierPage(opened: OpenedCashier, ticket: PaymentTicket, nowMs: number): Markup {
  const { terms, trade, standing, payableUntilMs, codeUrl } = opened;
  const words = standing === 'payable' ? waitingFor(opened) : ENDINGS[standing];
  return page({
    ...LOOKS,
    title: `收银台 · ${terms.subject}`,
    content: html`
      <section class="card hero">
        <p class="subject">${terms.subject}</p>
        <p class="amount"><small>¥</small>${formatYuan(terms.amountFen)}</p>
        ${clock(standing, words, payableUntilMs - nowMs)} ${codeUrl === null ? '' : codeToScan(codeUrl)}
      </section>
      ${detailsCard([
        ['商户订单号', terms.outTradeNo],
        ['支付宝交易号', trade?.transactionId ?? null],
        ['支付方式', codeUrl === null ? null : '扫码支付'],
        ['支付截止', readableBeijingTime(payableUntilMs)],
        ['状态', html`<span id="standing">${words}</span>`],
      ])}
      ${cashierForm(LOOKS, {
        field: ['order_string', ticket],
        standing,
        words: { ...BUTTONS, pay: codeUrl === null ? '立即付款' : '扫码并付款' },
      })}
      ${links(LOOKS, { outTradeNo: terms.outTradeNo })}
      <p class="note">这里演的是支付宝和付款人。每个按钮都会真的签名、记账并通知商户。</p>
      ${standing === 'payable' ? countdown() : ''}
    `,
  });
}

function waitingFor({ trade, codeUrl }: OpenedCashier): string {
  if (trade !== null) return '交易已创建，等待付款';
  return codeUrl === null ? '等待打开（支付宝尚无此交易）' : '等待扫码（支付宝尚无此交易）';
}

/** What stands on the merchant's screen. */
function codeToScan(codeUrl: string): Markup {
  return html`<figure class="code">
      <figcaption>使用支付宝扫码支付</figcaption>
      ${qrPicture(codeUrl, '付款二维码')}
      <code>${codeUrl}</code>
    </figure>
    <p class="payee">二维码里写的就是这行字，只有沙箱认得它。按下面的按钮，当作已经用支付宝扫过。</p>`;
}
