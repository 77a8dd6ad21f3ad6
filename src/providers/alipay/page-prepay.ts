/** What a browser takes to Alipay's gateway: a URL that holds everything, or a form that submits itself. */

import type { Prepay } from '../../core/payment/provider.ts';
import type { SignedPage } from './client.ts';

/**
 * A signed order as a page can use it. The form posts its content in UTF-8 whatever the page around it is written in,
 * and goes by the payment's number, so that its script finds no other form of that page. The number must hold nothing
 * but letters, digits, `_` and `-`.
 */
export function toPagePrepay(
  kind: 'html_form' | 'redirect_url',
  { address, content }: SignedPage,
  outTradeNo: string,
): Prepay {
  if (kind === 'redirect_url') return { kind, url: `${address}&biz_content=${encodeURIComponent(content)}` };
  const id = `alipay-${outTradeNo}`;
  const attributes = `id="${id}" action="${escapeHtml(address)}" method="post" accept-charset="utf-8"`;
  const field = `<input type="hidden" name="biz_content" value="${escapeHtml(content)}">`;
  const script = `<script>document.forms["${id}"].submit();</script>`;
  return { kind, form: `<form ${attributes}>${field}</form>${script}` };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '');
}
