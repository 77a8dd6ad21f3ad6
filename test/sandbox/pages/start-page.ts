/** The first page: what this is, and where to go from here. */
import { html } from 'hono/html';
import { formatBeijingTime } from '../alipay/beijing-time.ts';
import { tradeStatus } from '../alipay/trade-status.ts';
import { formatYuan } from '../alipay/yuan.ts';
import type { World } from '../world.ts';
import { page, type Markup } from './page.ts';

const SHOWN_TRADES = 10;

/** The way into the cashier, the links, and the newest trades. */
export function startPage({ alipay, courier, now }: World): Markup {
  const newest = alipay.ledger.trades().slice(-SHOWN_TRADES).toReversed();
  return page({
    title: '订单服务沙箱',
    bar: '订单服务沙箱',
    content: html`
      <section class="card">
        <p>
          这里假装是外面的世界：支付宝的网关和收银台，以及接收订单通知的商家系统。签名、规则和错误码都照真的来，只是没有真的钱。
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
      ${
        newest.length === 0
          ? ''
          : html`<section class="card rows">
              <h2>最近的交易</h2>
              ${newest.map(
                (trade) =>
                  html`<a class="button row" href="/alipay/ledger/${trade.outTradeNo}"
                    >¥${formatYuan(trade.amountFen)} ${trade.subject}<small
                      >${formatBeijingTime(trade.openedAtMs)} · ${tradeStatus(trade, now())} ·
                      ${trade.outTradeNo}</small
                    ></a
                  >`,
              )}
            </section>`
      }
      <nav class="links">
        <a href="/alipay/ledger">支付宝账本</a>
        <a href="/webhooks">收到的订单通知</a>
      </nav>
      <p class="note">故障与开关用 POST /control/faults、/control/notifications、/control/webhooks 控制，见 README。</p>
    `,
  });
}
