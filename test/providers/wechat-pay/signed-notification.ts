/** Notifications as WeChat Pay posts them: encrypted under the APIv3 key, wrapped, and signed with its key. */
import { createCipheriv } from 'node:crypto';
import type { Notification } from '../../../src/core/payment/provider.ts';
import { CONFIG, OUT_TRADE_NO, PAID, providerWith, REFUND, type Signing, signedHeaders } from './signed-gateway.ts';

/** A message ready to be read: what the callback route hands over. */
export type Message = { headers: Headers; body: string };

export const EVENT_ID = 'EV-2022112216380100001';

/** What the notification about a refund holds: no app, and other names than the answers have. */
export const REFUND_NOTICE = {
  mchid: CONFIG.mchId,
  out_trade_no: OUT_TRADE_NO,
  transaction_id: PAID.transaction_id,
  out_refund_no: REFUND.refundNo,
  refund_id: '50302104092022112210600020001',
  refund_status: 'SUCCESS',
  success_time: '2022-11-22T17:00:05+08:00',
  amount: { total: 29_900, refund: 5_000, payer_total: 28_900, payer_refund: 4_900 },
};

/** How something is encrypted; each part of it can be wrong. */
export type Sealing = { key?: string; nonce?: string; associatedData?: string };

/** What stands under `resource`. */
export function sealed(content: object | string, { key, nonce, associatedData }: Sealing = {}) {
  const iv = nonce ?? 'fdasflkja484';
  const aad = associatedData ?? 'transaction';
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key ?? CONFIG.apiV3Key), Buffer.from(iv));
  // workerd's cipher takes no empty associated data; leaving it out seals the same.
  if (aad !== '') cipher.setAAD(Buffer.from(aad));
  const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return {
    original_type: 'transaction',
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: bytes.toString('base64'),
    associated_data: aad,
    nonce: iv,
  };
}

/** The whole of a notification before it is signed. */
export function envelope(content: object | string, eventType = 'TRANSACTION.SUCCESS', sealing: Sealing = {}) {
  return {
    id: EVENT_ID,
    create_time: '2022-11-22T16:38:02+08:00',
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary: '支付成功',
    resource: sealed(content, sealing),
  };
}

/** The notification, signed; it may be given as text, to the byte. */
export function signed(whole: object | string, change: Partial<Signing> = {}): Message {
  const body = typeof whole === 'string' ? whole : JSON.stringify(whole);
  return { headers: signedHeaders(body, change), body };
}

/** A payment as it comes. */
export function paidMessage(change: object = {}): Message {
  return signed(envelope({ ...PAID, ...change }));
}

/** Reads a message as the callback route would hand it over. */
export async function read(message: Message, config = CONFIG): Promise<Notification> {
  return providerWith({}, config).provider.readNotification(message);
}
