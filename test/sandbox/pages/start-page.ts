/** The first page: what this is, and where to go from here. */
import { html } from 'hono/html';
import type { AlipayGateway } from '../alipay/gateway.ts';
import { tradeStatus } from '../alipay/trade-status.ts';
import type { Trade } from '../trade.ts';
import type { WechatPayGateway } from '../wechat-pay/gateway.ts';
import { tradeState } from '../wechat-pay/trade-state.ts';
import type { World } from '../world.ts';
import { readableBeijingTime } from './beijing-time.ts';
import { page, type Markup } from './page.ts';
import { formatYuan } from './yuan.ts';

const SHOWN_TRADES = 10;

/** The ways into the cashiers, the links, and the newest trades. */
export function startPage({ alipay, wechatPay, courier, now }: World): Markup {
  const newest = [...alipayRows(alipay, now()), ...(wechatPay === null ? [] : wechatPayRows(wechatPay.gateway, now))]
    .toSorted((a, b) => b.trade.openedAtMs - a.trade.openedAtMs)
    .slice(0, SHOWN_TRADES);
  return page({
    title: '订单服务沙箱',
    bar: '订单服务沙箱',
    content: html`
      <section class="card">
        <p>
          这里假装是外面的世界：支付宝和微信支付的网关与收银台，以及接收订单通知的商家系统。签名、规则和错误码都照真的来，只是没有真的钱。
        </p>
        <p>
          通知投递：<span class="chip ${courier.isDelivering() ? 'good' : 'bad'}"
            >${courier.isDelivering() ? '开启' : '关闭（通知会丢失）'}</span
          >
        </p>
      </section>
      <form class="card" method="post" action="/alipay/cashier">
        <h2>粘贴支付接口返回的 order_str，像支付宝 App 一样打开它</h2>
        <textarea name="order_string" required placeholder="app_id=…&amp;biz_content=…&amp;sign=…"></textarea>
        <button class="primary">打开收银台</button>
      </form>
      ${wechatPay === null ? '' : WECHAT_PAY_FORM}
      ${
        newest.length === 0
          ? ''
          : html`<section class="card rows">
              <h2>最近的交易</h2>
              ${newest.map(shownTrade)}
            </section>`
      }
      <nav class="links">
        <a href="/alipay/ledger">支付宝账本</a>
        ${wechatPay === null ? '' : html`<a href="/wechat-pay/ledger">微信支付账本</a>`}
        <a href="/webhooks">收到的订单通知</a>
      </nav>
      <p class="note">故障与开关用 POST /control/… 控制，见 README。</p>
    `,
  });
}

const WECHAT_PAY_FORM = html`<form class="card green" method="post" action="/wechat-pay/cashier">
  <h2>粘贴调起参数（JSON）或 code_url，像微信一样打开它</h2>
  <textarea name="ticket" required placeholder='{"appId":…,"paySign":…} / weixin://wxpay/…'></textarea>
  <button class="primary">打开微信支付</button>
</form>`;

type Row = { trade: Trade; provider: 'alipay' | 'wechat-pay'; state: string };

function alipayRows({ ledger }: AlipayGateway, nowMs: number): Row[] {
  return ledger.trades().map((trade) => ({ trade, provider: 'alipay', state: tradeStatus(trade, nowMs) }));
}

function wechatPayRows({ ledger, refunds }: WechatPayGateway, now: () => number): Row[] {
  return ledger
    .trades()
    .map((trade) => ({ trade, provider: 'wechat-pay', state: tradeState({ refunds, now }, trade) }));
}

function shownTrade({ trade, provider, state }: Row): Markup {
  return html`<a class="button row" href="/${provider}/ledger/${trade.outTradeNo}"
    >¥${formatYuan(trade.amountFen)} ${trade.subject}<small
      >${readableBeijingTime(trade.openedAtMs)} · ${state} · ${trade.outTradeNo}</small
    ></a
  >`;
}
