/** Sends one notification to the shop, signed as Standard Webhooks wants it. */

import type { NotificationSender } from '../core/outbox/outbox.ts';

/** Where to, and the `whsec_…` key. */
export type WebhookTarget = { url: string; secret: string };

/** How long a shop may take to answer, ms. */
const TIMEOUT_MS = 10_000;

/**
 * A sender for one address. Whatever is not a 2xx in time is an error, named without anything of the body.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createNotificationSender(target: WebhookTarget, send: typeof fetch): NotificationSender {
  const key = importKey(target.secret);
  return {
    send: async ({ id, timestampMs, body }) => {
      const timestamp = String(Math.floor(timestampMs / 1000));
      try {
        const headers = {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': await sign(await key, `${id}.${timestamp}.${body}`),
        };
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const response = await send(target.url, { method: 'POST', headers, body, signal, redirect: 'manual' });
        await response.body?.cancel();
        return response.ok ? { ok: true } : { ok: false, error: `HTTP ${response.status}` };
      } catch (error) {
        return { ok: false, error: error instanceof Error ? error.name : 'no answer' };
      }
    },
  };
}

function importKey(secret: string): Promise<CryptoKey> {
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (char) => char.charCodeAt(0));
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

async function sign(key: CryptoKey, content: string): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(content));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
}
