/** The shop's own system that receives our notifications: a Standard Webhooks receiver that keeps the last 200. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { nextNumber, sortableKey, type SandboxStorage } from './storage.ts';

const KEPT = 200;
const TOLERANCE_SECONDS = 300;

const RECEIVED_WEBHOOK = z.object({
  position: z.int(),
  id: z.string(),
  /** UTC ms of the first arrival. */
  receivedAtMs: z.int(),
  /** How many times it arrived; more than once is normal. */
  arrivals: z.int(),
  body: z.string(),
});

/** A message that arrived. */
export type ReceivedWebhook = z.infer<typeof RECEIVED_WEBHOOK>;

/** The receiver. */
export type WebhookReceiver = {
  /** The HTTP status to answer: 204 taken, 401 not authentic, 500 because a failure was asked for. */
  receive(headers: Headers, body: string): 204 | 401 | 500;
  /** What arrived, newest first. */
  received(): ReceivedWebhook[];
  /** Answers 500 to the next so many authentic messages and keeps none of them. */
  failNext(times: number): void;
};

/** Creates the receiver. `secret` is `whsec_` and the key in base64. */
export function createWebhookReceiver(storage: SandboxStorage, secret: string, now: () => number): WebhookReceiver {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const received = (): ReceivedWebhook[] =>
    storage
      .list('webhooks')
      .map((stored) => RECEIVED_WEBHOOK.parse(stored))
      .toReversed();
  const save = (webhook: ReceivedWebhook): void => storage.put('webhooks', sortableKey(webhook.position), webhook);

  function keep(id: string, body: string): void {
    const known = received();
    const before = known.find((webhook) => webhook.id === id);
    if (before !== undefined) return save({ ...before, arrivals: before.arrivals + 1 });
    save({ position: nextNumber(storage, 'webhooks'), id, receivedAtMs: now(), arrivals: 1, body });
    for (const { position } of known.slice(KEPT - 1)) storage.delete('webhooks', sortableKey(position));
  }

  function mustFail(): boolean {
    const left = storage.get('settings', 'webhook-failures');
    if (typeof left !== 'number' || left === 0) return false;
    storage.put('settings', 'webhook-failures', left - 1);
    return true;
  }

  return {
    receive(headers, body) {
      const id = authenticId(headers, body, key, now());
      if (id === null) return 401;
      if (mustFail()) return 500;
      keep(id, body);
      return 204;
    },
    received,
    failNext: (times) => storage.put('settings', 'webhook-failures', times),
  };
}

/**
 * The message's id when one of its signatures is ours and it is not older or newer than five minutes, else `null`.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function authenticId(headers: Headers, body: string, key: Buffer, nowMs: number): string | null {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  const signatures = headers.get('webhook-signature');
  if (id === null || timestamp === null || signatures === null || !/^\d{1,12}$/.test(timestamp)) return null;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return null;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const matches = signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return signature.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches ? id : null;
}
