/** What a shop is told: the event, and enough of the order to look the rest up. Never anything about a person. */

import type { OutboxMessage } from './outbox.ts';

/** The message's id: the same over all its deliveries, so that a receiver can tell a repeat. */
export function notificationId(message: OutboxMessage): string {
  return `msg_${message.event.orderNo}_${message.event.seq}`;
}

/**
 * The body, made from what never changes, so that every delivery is the same to the byte.
 * @see https://www.standardwebhooks.com — `type`, `timestamp`, `data`
 */
export function notificationBody(message: OutboxMessage): string {
  const { event } = message;
  return JSON.stringify({
    type: event.type.replace('_', '.'),
    timestamp: new Date(event.atMs).toISOString(),
    data: {
      orderNo: event.orderNo,
      dialect: message.dialect,
      userId: message.userId,
      amountFen: message.amountFen,
      seq: event.seq,
      from: event.from,
      to: event.to,
      status: event.orderStatus,
      fulfilment: event.orderFulfilment,
    },
  });
}
