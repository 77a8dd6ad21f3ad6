/** The shapes that cross the border: our configuration, Alipay's answers, and its notifications. */

import * as z from 'zod';

/** What the service must know to speak to Alipay. The messages name the setting, never its value. */
export const alipayConfigSchema = z.object({
  appId: z.string().regex(/^\d{1,32}$/, 'ALIPAY_APP_ID must be the digits that the open platform shows as APPID'),
  sellerId: z.string().regex(/^2088\d{12}$/, 'ALIPAY_SELLER_ID must be the 16 digits, from 2088, that are the PID'),
  gatewayUrl: z.url({
    protocol: /^https?$/,
    error: 'ALIPAY_GATEWAY_URL must be a URL, such as https://openapi.alipay.com/gateway.do',
  }),
  /** Ours. PKCS#8 or PKCS#1, PEM or bare base64. */
  privateKey: z.string().min(1, 'ALIPAY_PRIVATE_KEY is missing'),
  /** Alipay's, not our own app's. PEM or bare base64. */
  publicKey: z.string().min(1, 'ALIPAY_PUBLIC_KEY is missing'),
  notifyUrl: z.url({ protocol: /^https?$/, error: 'PUBLIC_URL must be a URL that Alipay can reach' }),
});

/** The configuration of one app at Alipay. */
export type AlipayConfig = z.infer<typeof alipayConfigSchema>;

/** A code is repeated in logs, so nothing but a code gets through. It may be empty, as where all went well. */
const code = z.string().regex(/^[\w.-]{0,64}$/);

/** What stands in an answer's inner object; each call fills some of it. Everything is text, amounts and times too. */
export const answerSchema = z.object({
  code,
  sub_code: code.optional(),
  out_trade_no: z.string().optional(),
  trade_no: z.string().optional(),
  trade_status: z.string().optional(),
  total_amount: z.string().optional(),
  send_pay_date: z.string().optional(),
  fund_change: z.string().optional(),
  out_request_no: z.string().optional(),
  refund_status: z.string().optional(),
  refund_amount: z.string().optional(),
  qr_code: z.string().optional(),
});

/** An answer whose signature held. */
export type Answer = z.infer<typeof answerSchema>;

/** An answer's outer object: the member named for the call is read from the raw text, because that text is signed. */
export const envelopeSchema = z.looseObject({ sign: z.string().optional(), error_response: z.unknown().optional() });

/** What a payer scans. Alipay allows 1024 characters; what is longer, or no such address, is not for a screen. */
export const codeUrlSchema = z
  .string()
  .max(1024)
  .regex(/^https:\/\/[\x21-\x7e]+$/)
  .refine((text) => URL.canParse(text));

/** What an unsigned error may still tell: its codes, for the log. */
export const gatewayErrorSchema = z.object({ code, sub_code: code.optional() });

/** Our own payment numbers, and what both sides of a wire may call one. */
export const outTradeNoSchema = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/);

/** What an authentic notification has to hold before anything can be stored under its number. */
export const notificationSchema = z.object({
  out_trade_no: outTradeNoSchema,
  app_id: z.string().optional(),
  auth_app_id: z.string().optional(),
  seller_id: z.string().optional(),
  notify_id: z.string().optional(),
  notify_time: z.string().optional(),
  trade_no: z.string().optional(),
  trade_status: z.string().optional(),
  total_amount: z.string().optional(),
  gmt_payment: z.string().optional(),
  gmt_refund: z.string().optional(),
  refund_fee: z.string().optional(),
  out_biz_no: z.string().optional(),
});

/** A notification whose signature held. */
export type NotificationMessage = z.infer<typeof notificationSchema>;

/**
 * A posted form, decoded once and only once: a second decoding turns the `+` and `%` of a subject into something that
 * was never signed. `null` when a name comes twice, since nobody can say which of the two values was meant, or when a
 * name is not a plain one: the signature covers the joined text, and a name with `=` or `&` in it would move the
 * borders between the values.
 */
export function readForm(body: string): Map<string, string> | null {
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (form.has(name) || !/^\w+$/.test(name)) return null;
    form.set(name, value);
  }
  return form;
}
