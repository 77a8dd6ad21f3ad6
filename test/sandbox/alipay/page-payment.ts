/** A payment that a browser takes to the gateway: what it brings, from an address and a form. */

const METHOD = 'alipay.trade.page.pay';

/**
 * The order string of a page payment, from the query and the body that a browser sends, both undecoded; `null` when the
 * method is another one. The gateway reads the charset from the address only, because the form is read by it: one that
 * stands in the form is none.
 */
export function pageOrderString(query: string, body: string): string | null {
  const form = new URLSearchParams(body);
  if (!new URLSearchParams(query).has('charset')) form.delete('charset');
  const orderString = [query, form.toString()].filter((part) => part !== '').join('&');
  return new URLSearchParams(orderString).get('method') === METHOD ? orderString : null;
}

/**
 * The order string of what a merchant's page was given: a link to the gateway, or HTML with one form that posts there,
 * whose values stand in double quotes. `null` for anything else.
 */
export function readPage(page: string): string | null {
  if (!page.trim().startsWith('<form')) return gatewayOrder(page, '');
  const [form = '', ...others] = tagsOf(page, 'form');
  const { action = '', method } = attributesOf(form);
  if (others.length > 0 || method !== 'post') return null;
  const fields = tagsOf(page, 'input').map((input) => attributesOf(input));
  const body = new URLSearchParams(fields.map(({ name = '', value = '' }) => [name, value]));
  return gatewayOrder(action, body.toString());
}

function gatewayOrder(address: string, body: string): string | null {
  const url = URL.parse(address);
  return url?.pathname.endsWith('/gateway.do') ? pageOrderString(url.search.slice(1), body) : null;
}

/** The opening tags of a name. A `>` between quotes ends none. */
function tagsOf(html: string, name: string): string[] {
  return Array.from(html.matchAll(new RegExp(`<${name}\\s(?:[^">]|"[^"]*")*>`, 'g')), ([tag]) => tag);
}

function attributesOf(tag: string): Readonly<Record<string, string>> {
  const attributes = tag.matchAll(/\s([a-z-]+)="([^"]*)"/g);
  return Object.fromEntries(Array.from(attributes, ([, name = '', value = '']) => [name, decoded(value)]));
}

const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);

function decoded(value: string): string {
  return value.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => CHARACTERS.get(entity) ?? entity);
}
