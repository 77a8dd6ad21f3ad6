/** The page where a person plays the payer: a sheet in WeChat or over the app, or a code to scan. */
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
import type { Standing } from '../standing.ts';
import type { OpenedCashier } from './cashier.ts';
import { LOOKS } from './looks.ts';
import { maskOpenid } from './mask-openid.ts';
import type { TradeType } from './order-book.ts';

const WORDS: Record<Standing, string> = {
  payable: '订单未支付',
  expired: '已过支付截止时间',
  paid: '已支付',
  closed: '订单已关闭',
};

const PLACES: Record<TradeType, string> = {
  JSAPI: '微信内网页 / 小程序',
  APP: '商户的 App',
  NATIVE: '扫码支付',
};

const BUTTONS = {
  notifyTwice: '付款（若尚未付款），最近一条通知连发两次',
  openOnly: '停在输入密码：订单仍是未支付，不通知商户',
  fail: ['支付失败', '银行拒绝：不扣款，订单仍可再付，不通知商户'],
} as const;

/** What a ticket asks for, and a button for each way in which it can end. */
export function cashierPage(opened: OpenedCashier, ticket: string, nowMs: number): Markup {
  const { trade, tradeType, standing, payableUntilMs } = opened;
  const isScanned = tradeType === 'NATIVE';
  const words = WORDS[standing];
  const bill = html`
    <p class="payee">付款给商户 ${opened.mchId}</p>
    <p class="subject">${trade.subject}</p>
    <p class="amount"><small>¥</small>${formatYuan(trade.amountFen)}</p>
    ${clock(standing, words, payableUntilMs - nowMs)}
  `;
  return page({
    ...LOOKS,
    title: `微信支付 · ${trade.subject}`,
    content: html`
      ${isScanned ? codeToScan(opened, bill) : sheet(opened, bill)}
      ${cashierForm(LOOKS, {
        field: ['ticket', ticket],
        standing,
        words: { ...BUTTONS, pay: isScanned ? '扫码并付款' : '立即支付' },
      })}
      ${detailsCard([
        ['商户订单号', trade.outTradeNo],
        ['支付方式', PLACES[tradeType]],
        ['支付截止', readableBeijingTime(payableUntilMs)],
        ['状态', html`<span id="standing">${words}</span>`],
      ])}
      ${links(LOOKS, { outTradeNo: trade.outTradeNo })}
      <p class="note">这里演的是微信支付和付款人。每个按钮都会真的签名、加密、记账并通知商户。</p>
      ${standing === 'payable' ? countdown() : ''}
    `,
  });
}

/** What WeChat lays over a mini program, a page or an app. Only an order of the first two names its payer. */
function sheet({ tradeType, openid }: OpenedCashier, bill: Markup): Markup {
  return html`<section class="card sheet">
    <div class="top"><i>×</i>${tradeType === 'JSAPI' ? '请输入支付密码' : '微信支付 · 来自 App'}</div>
    <div class="hero">${bill}</div>
    ${
      openid === null
        ? ''
        : html`<div class="method"><span>付款人 openid</span><span>${maskOpenid(openid)}</span></div>`
    }
    <div class="method"><span>付款方式</span><span>零钱 ›</span></div>
    <div class="dots"><span></span><span></span><span></span><span></span><span></span><span></span></div>
  </section>`;
}

/** What hangs at the till. An order that was opened by its number alone has no code to show. */
function codeToScan({ codeUrl }: OpenedCashier, bill: Markup): Markup {
  return html`<section class="card hero">
    ${bill}
    ${
      codeUrl === null
        ? html`<p class="payee">按商户订单号打开，没有二维码。</p>`
        : html`<figure class="code">
              <figcaption>使用微信扫码支付</figcaption>
              ${qrPicture(codeUrl, '付款二维码')}
              <code>${codeUrl}</code>
            </figure>
            <p class="payee">二维码里写的就是这行字，只有沙箱认得它。按下面的按钮，当作已经用微信扫过。</p>`
    }
  </section>`;
}
