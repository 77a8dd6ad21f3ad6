/** Delivers what is due in the outbox. */

import type { Services } from '../services.ts';
import { notificationBody, notificationId } from './notification-body.ts';
import type { NotificationSender, OutboxMessage } from './outbox.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The wait after each failed try. After the tenth there is none: the message is parked for an operator. */
const WAITS_MS = [
  10 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
  24 * HOUR_MS,
] as const;

/** How many are claimed at once, sent at once, and claimed in one run at the most. */
const PAGE = 100;
const AT_ONCE = 6;
const MAX_PAGES = 20;

/** How long a claimed page is this run's alone, ms: longer than it takes to send to a shop that hardly answers. */
const LEASE_MS = 3 * MINUTE_MS;

/** Sends what is due, page by page; a message that cannot be delivered does not hold up the others. */
export async function deliverNotifications(services: Services): Promise<void> {
  const { sender, outbox } = services;
  if (sender === null) return;
  for (let page = 0; page < MAX_PAGES; page++) {
    const due = await outbox.due(services.now(), PAGE);
    const claims = due.map(({ id, tries }) => ({
      id,
      tries,
      nextAtMs: services.now() + Math.max(waitAfter(tries), LEASE_MS),
    }));
    const claimed = await outbox.claim(claims);
    const ours = due.filter(({ id }) => claimed.has(id));
    for (let start = 0; start < ours.length; start += AT_ONCE) {
      await deliverTogether(services, sender, ours.slice(start, start + AT_ONCE));
    }
    if (due.length < PAGE) return;
  }
}

async function deliverTogether(services: Services, sender: NotificationSender, messages: OutboxMessage[]) {
  const results = await Promise.all(messages.map((message) => send(services, sender, message)));
  const delivered = messages.filter((_, nth) => results[nth]?.ok === true).map(({ id }) => id);
  if (delivered.length > 0) await services.outbox.markDelivered(delivered, services.now());
  for (const [nth, message] of messages.entries()) {
    const result = results[nth];
    if (result && !result.ok) await markFailed(services, message, result.error);
  }
}

function send(services: Services, sender: NotificationSender, message: OutboxMessage) {
  return sender.send({
    id: notificationId(message),
    timestampMs: services.now(),
    body: notificationBody(message),
  });
}

async function markFailed(services: Services, message: OutboxMessage, error: string): Promise<void> {
  const wasLast = WAITS_MS[message.tries] === undefined;
  const nextAtMs = services.now() + waitAfter(message.tries);
  await services.outbox.markFailed(message.id, { error, status: wasLast ? 'parked' : 'pending', nextAtMs });
  const { orderNo, seq } = message.event;
  if (wasLast) services.log.alert('notification_parked', { orderNo, seq });
}

function waitAfter(tries: number): number {
  return WAITS_MS[tries] ?? 24 * HOUR_MS;
}
