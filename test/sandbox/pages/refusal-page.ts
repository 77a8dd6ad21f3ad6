/** The page that says why a provider does not go on. */
import { html } from 'hono/html';
import { detailsCard } from './details.ts';
import { links } from './links.ts';
import { page, type Looks, type Markup } from './page.ts';

/** The provider's code and words; with a way back when `query` leads to a cashier to go back to. */
export function refusalPage(looks: Looks, refusal: { code: string; message: string }, query?: string): Markup {
  return page({
    ...looks,
    title: '无法继续',
    content: html`
      <section class="card hero">
        <div class="sign bad">!</div>
        <h1>无法继续</h1>
        <p class="subject">${refusal.message}</p>
      </section>
      ${detailsCard([['错误码', refusal.code]])} ${links(looks, query === undefined ? {} : { query })}
    `,
  });
}
