/** The page that says why WeChat Pay does not go on. */
import { html } from 'hono/html';
import { page, type Markup } from '../pages/page.ts';
import type { CashierRefusal } from './cashier.ts';

/** WeChat Pay's code and words; with a way back when there is a cashier to go back to. */
export function refusalPage({ code, message }: CashierRefusal, ticket?: string): Markup {
  return page({
    title: '无法继续',
    bar: '微信支付',
    colour: 'green',
    content: html`
      <section class="card hero">
        <div class="sign bad">!</div>
        <h1>无法继续</h1>
        <p class="subject">${message}</p>
      </section>
      <section class="card">
        <dl>
          <dt>错误码</dt>
          <dd>${code}</dd>
        </dl>
      </section>
      <nav class="links">
        ${ticket?.includes('=') ? html`<a href="/wechat-pay/cashier?${ticket}">返回收银台</a>` : ''}
        <a href="/">沙箱首页</a>
      </nav>
    `,
  });
}
