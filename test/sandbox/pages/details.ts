/** What a page tells line by line: names on the left, values on the right. */
import { html } from 'hono/html';
import type { Markup } from './page.ts';

/** A line. `null`: there is nothing to tell, and no line. */
export type Detail = readonly [name: string, value: string | Markup | null];

/** A card of lines. */
export function detailsCard(details: readonly Detail[]): Markup {
  return html`<section class="card">
    <dl>
      ${details.map(([name, value]) =>
        value === null
          ? ''
          : html`<dt>${name}</dt>
              <dd>${value}</dd>`,
      )}
    </dl>
  </section>`;
}
