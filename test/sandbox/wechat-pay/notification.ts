/** The messages that tell the merchant of payments and refunds: an envelope in the clear, and its content encrypted. */
import { createCipheriv } from 'node:crypto';
import { formatBeijingTime } from './beijing-time.ts';
import { jsonText } from './answer.ts';
import { randomText } from './random-text.ts';

const MINUTE_MS = 60_000;
const RETRY_DELAYS_MINUTES = [0.25, 0.25, 0.5, 3, 10, 20, 30, 30, 30, 60, 180, 180, 180, 360, 360];

/**
 * The pauses between tries. WeChat Pay waits 15 s, 15 s, 30 s, 3 m, 10 m … 6 h; here a second stands for a minute.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791861
 */
export const RETRY_DELAYS_MS = RETRY_DELAYS_MINUTES.map((minutes) => (minutes * MINUTE_MS) / 60);

/** Status 200 or 204 ends the tries. WeChat Pay does not read the body of either; here it has to be empty. */
export function isAcknowledgement(status: number, body: string): boolean {
  return (status === 200 || status === 204) && body === '';
}

/** What a message says. `associatedData` is `transaction` or `refund` at WeChat Pay, and may be any text here. */
export type NotificationEvent = { eventType: string; summary: string; associatedData: string; resource: object };

/**
 * The body of a message. The content is AES-256-GCM under the APIv3 key, its tag at the end.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791861
 */
export function notificationBody(event: NotificationEvent, { id, apiV3Key, nowMs }: BodyParts): string {
  const { eventType, summary, associatedData, resource } = event;
  const nonce = randomText(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key), Buffer.from(nonce));
  // No associated data and empty associated data are the same to GCM, but not to every runtime.
  if (associatedData !== '') cipher.setAAD(Buffer.from(associatedData));
  const encrypted = [cipher.update(Buffer.from(JSON.stringify(resource))), cipher.final(), cipher.getAuthTag()];
  return jsonText({
    id,
    create_time: formatBeijingTime(nowMs),
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary,
    resource: {
      original_type: associatedData,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Buffer.concat(encrypted).toString('base64'),
      associated_data: associatedData,
      nonce,
    },
  });
}

/** What a body is made with: the message's own id, the same over all repeats, the merchant's APIv3 key, and the time. */
export type BodyParts = { id: string; apiV3Key: string; nowMs: number };
