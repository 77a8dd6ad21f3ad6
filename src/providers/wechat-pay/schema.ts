/** The shapes that cross the border: our configuration, WeChat Pay's answers, and its notifications. */

import * as z from 'zod';

/** Whether a text can be the serial number of a certificate, ours or theirs. */
export function isCertificateSerial(text: string): boolean {
  return /^[0-9A-Fa-f]{40}$/.test(text);
}

/**
 * Whether a text can be what WeChat Pay calls a key of its own: the serial number of a platform certificate, or the id
 * of a public key. Only such a text may be repeated in a log.
 */
export function isPlatformSerial(text: string): boolean {
  return isCertificateSerial(text) || /^PUB_KEY_ID_[0-9A-Za-z]{1,64}$/.test(text);
}

/** How many bytes the APIv3 key has: it is an AES-256 key, written as that many plain characters. */
export const API_V3_KEY_BYTES = 32;

const notifyUrl = z
  .url({ protocol: /^https?$/, error: 'PUBLIC_URL must be a URL that WeChat Pay can reach' })
  .max(255, 'PUBLIC_URL is too long: WeChat Pay takes addresses of 255 characters')
  .regex(/^[^?#]+$/, 'PUBLIC_URL must have no query: WeChat Pay would not call it');

/** What the service must know to speak to WeChat Pay. The messages name the setting, never its value. */
export const wechatPayConfigSchema = z.object({
  appId: z.string().regex(/^wx[0-9A-Za-z]{16}$/, 'WECHAT_APP_ID must be 18 characters that begin with wx'),
  mchId: z.string().regex(/^\d{8,12}$/, 'WECHAT_MCH_ID must be the digits of the merchant number'),
  mchSerialNo: z
    .string()
    .refine(isCertificateSerial, "WECHAT_MCH_SERIAL_NO must be the 40 hex digits of our merchant certificate's serial"),
  apiUrl: z.url({
    protocol: /^https?$/,
    error: 'WECHAT_API_URL must be a URL, such as https://api.mch.weixin.qq.com',
  }),
  /** Ours. PKCS#8 or PKCS#1, PEM or bare base64. */
  privateKey: z.string().min(1, 'WECHAT_PRIVATE_KEY is missing'),
  apiV3Key: z
    .string()
    .refine((key) => new TextEncoder().encode(key).length === API_V3_KEY_BYTES, 'WECHAT_API_V3_KEY must have 32 bytes'),
  /** WeChat Pay's, by the name that it signs under. Public key or certificate, PEM or bare base64; several at once. */
  platformKeys: z
    .record(z.string().refine(isPlatformSerial), z.string().min(1, 'WECHAT_PLATFORM_KEYS holds an empty key'), {
      error: 'WECHAT_PLATFORM_KEYS must be an object of keys, each under its serial number or its PUB_KEY_ID_',
    })
    .refine((keys) => Object.keys(keys).length > 0, 'WECHAT_PLATFORM_KEYS is empty')
    .readonly(),
  notifyUrl,
  refundNotifyUrl: notifyUrl,
});

/** The configuration of one app of one merchant at WeChat Pay. */
export type WechatPayConfig = z.infer<typeof wechatPayConfigSchema>;

/** A code is repeated in logs, so nothing but a code gets through. */
export const errorSchema = z.object({ code: z.string().regex(/^[A-Z0-9_]{1,64}$/) });

/** Our own payment numbers, and what both sides of a wire may call one. */
export const outTradeNoSchema = z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/);

/** Who pays: a user of our own app. */
export const openIdSchema = z.string().regex(/^[^\p{C}\p{Z}]{1,128}$/u);

/** What preparing a payment gives: the first for the client apps, the second to be shown as a QR code. */
export const prepaySchema = z.object({
  prepay_id: z.string().min(1).max(64).optional(),
  code_url: z.string().min(1).max(512).optional(),
});

/** A payment as WeChat Pay sees it, in the answer to a query and in a notification alike. */
export const transactionSchema = z.object({
  out_trade_no: outTradeNoSchema,
  appid: z.string().optional(),
  mchid: z.string().optional(),
  transaction_id: z.string().max(64).optional(),
  trade_state: z.string().optional(),
  success_time: z.string().optional(),
  amount: z.object({ total: z.number().optional(), currency: z.string().optional() }).optional(),
});

/** A payment that something authentic tells of. */
export type Transaction = z.infer<typeof transactionSchema>;

/** A refund as WeChat Pay sees it. */
export const refundSchema = z.object({
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  status: z.string(),
  amount: z.object({ refund: z.number(), total: z.number() }),
});

/** What is known of a refund. */
export type Refund = z.infer<typeof refundSchema>;

/** What a notification about a refund has to hold: all else is asked for. It names no app. */
export const refundNoticeSchema = z.object({ out_trade_no: outTradeNoSchema, mchid: z.string().optional() });

/** What a notification is wrapped in, once its signature held. */
export const envelopeSchema = z.object({
  id: z.string().max(128).optional(),
  event_type: z.string().max(64),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string(),
    nonce: z.string().min(1),
    associated_data: z.string().nullish(),
  }),
});

/** A notification that is authentic and not yet decrypted. */
export type Envelope = z.infer<typeof envelopeSchema>;
