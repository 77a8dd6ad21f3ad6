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

/** How many are read at once, sent at once, and read in one run at the most. */
const PAGE = 60;
const AT_ONCE = 6;
const MAX_PAGES = 20;

/** Sends what is due, page by page; a message that cannot be delivered does not hold up the others. */
export async function deliverNotifications(services: Services): Promise<void> {
  const { sender, outbox } = services;
  if (sender === null) return;
  for (let page = 0; page < MAX_PAGES; page++) {
    const due = await outbox.due(services.now(), PAGE);
    for (let start = 0; start < due.length; start += AT_ONCE) {
      await Promise.all(due.slice(start, start + AT_ONCE).map((message) => deliver(services, sender, message)));
    }
    if (due.length < PAGE) return;
  }
}

async function deliver(services: Services, sender: NotificationSender, message: OutboxMessage): Promise<void> {
  const { outbox } = services;
  const wait = WAITS_MS[message.tries];
  if (!(await outbox.claim(message, services.now() + (wait ?? 24 * HOUR_MS)))) return;
  const sent = await sender.send({
    id: notificationId(message),
    timestampMs: services.now(),
    body: notificationBody(message),
  });
  if (sent.ok) return outbox.markDelivered(message.id, services.now());
  await outbox.markFailed(message.id, sent.error, wait === undefined ? 'parked' : 'pending');
  if (wait === undefined) {
    services.log.alert('notification_parked', { orderNo: message.event.orderNo, seq: message.event.seq });
  }
}
