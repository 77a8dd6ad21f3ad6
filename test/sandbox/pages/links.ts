/** The links at the foot of a provider's page. */
import { html } from 'hono/html';
import type { Looks, Markup } from './page.ts';

/** Where they lead beside the start page: to the cashier of a query, to the books of an order. */
export type LinkTargets = { query?: string; outTradeNo?: string };

/** The links. Only a query with parameters in it has a cashier to go back to: an order's bare number has none. */
export function links({ path }: Looks, { query, outTradeNo }: LinkTargets): Markup {
  return html`<nav class="links">
    ${query?.includes('=') ? html`<a href="${path}/cashier?${query}">返回收银台</a>` : ''}
    ${outTradeNo === undefined ? '' : html`<a href="${path}/ledger/${outTradeNo}">账本</a>`}
    <a href="/">沙箱首页</a>
  </nav>`;
}
