/** The modules that a payment method can be of: which provider, in which form, and what the client is to do with it. */

import type { PrepayOf } from '../../core/payment/provider.ts';

/** The modules, by the names that operators and customers know them by. */
export const PAYMENT_MODULES = ['AlipayF2F', 'WechatPayNative', 'AlipayPage'] as const;
export type PaymentModule = (typeof PAYMENT_MODULES)[number];

/** What this dialect's payments are prepared as. */
export type Kind = 'qr_code' | 'redirect_url';

/** How each module is paid: by a code to scan, or on the provider's own page. */
export const MODULES: Readonly<Record<PaymentModule, { provider: string; kind: Kind }>> = {
  AlipayF2F: { provider: 'alipay', kind: 'qr_code' },
  WechatPayNative: { provider: 'wechat-pay', kind: 'qr_code' },
  AlipayPage: { provider: 'alipay', kind: 'redirect_url' },
};

/** `type` and `data` of a checkout: 0, a text to show as a code; 1, an address to go to. */
export function renderPrepay(prepay: PrepayOf<Kind>): { type: 0 | 1; data: string } {
  return prepay.kind === 'qr_code' ? { type: 0, data: prepay.codeUrl } : { type: 1, data: prepay.url };
}
