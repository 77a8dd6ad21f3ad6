/** The page that says why Alipay does not go on. */
import { html } from 'hono/html';
import { page, type Markup } from '../pages/page.ts';
import type { CashierRefusal } from './cashier.ts';

/** Alipay's code and words; with a way back when there is a cashier to go back to. */
export function refusalPage({ subCode, message }: CashierRefusal, orderString?: string): Markup {
  return page({
    title: '无法继续',
    bar: '支付宝收银台',
    content: html`
      <section class="card hero">
        <div class="sign bad">!</div>
        <h1>无法继续</h1>
        <p class="subject">${message}</p>
      </section>
      <section class="card">
        <dl>
          <dt>错误码</dt>
          <dd>${subCode}</dd>
        </dl>
      </section>
      <nav class="links">
        ${orderString?.includes('=') ? html`<a href="/alipay/cashier?${orderString}">返回收银台</a>` : ''}
        <a href="/">沙箱首页</a>
      </nav>
    `,
  });
}
