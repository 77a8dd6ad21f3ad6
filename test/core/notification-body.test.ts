/** What a shop is told of an event: the same bytes each time, and nothing about a person. */
import { expect, test } from 'vitest';
import { notificationBody, notificationId } from '../../src/core/outbox/notification-body.ts';
import type { OutboxMessage } from '../../src/core/outbox/outbox.ts';
import { AMOUNT_FEN, DIALECT, ORDER_NO, OWNER } from './order-states.ts';

const MESSAGE: OutboxMessage = {
  id: 7,
  event: {
    orderNo: ORDER_NO,
    seq: 3,
    atMs: Date.parse('2022-11-22T08:26:08.009Z'),
    actor: 'user:50373883813',
    type: 'fulfilment_advanced',
    from: 'unfulfilled',
    to: 'in_progress',
    reason: 'ring at the door of 小丽, 13800000000',
    orderStatus: 'paid',
    orderFulfilment: 'in_progress',
    facts: { apiOrderNumber: 'A1' },
  },
  dialect: DIALECT,
  userId: OWNER,
  amountFen: AMOUNT_FEN,
  status: 'pending',
  tries: 0,
  nextAtMs: 0,
  deliveredAtMs: null,
  lastError: null,
};

test('the body, to the byte', () => {
  expect(notificationBody(MESSAGE)).toBe(
    `{"type":"fulfilment.advanced","timestamp":"2022-11-22T08:26:08.009Z","data":{"orderNo":"${ORDER_NO}",` +
      `"dialect":"technician-booking","userId":"${OWNER}","amountFen":19600,"seq":3,"from":"unfulfilled",` +
      '"to":"in_progress","status":"paid","fulfilment":"in_progress"}}',
  );
});

test('the body and the id stay what they are while the delivery goes on', () => {
  const later: OutboxMessage = { ...MESSAGE, tries: 9, nextAtMs: 5, lastError: 'HTTP 500', status: 'parked' };
  expect(notificationBody(later)).toBe(notificationBody(MESSAGE));
  expect(notificationId(later)).toBe(notificationId(MESSAGE));
  expect(notificationId(MESSAGE)).toBe(`msg_${ORDER_NO}_3`);
});

test('an event’s reason and actor, which people write and are, never leave the house', () => {
  for (const part of ['小丽', '13800000000', 'user:', 'reason', 'actor']) {
    expect(notificationBody(MESSAGE)).not.toContain(part);
  }
});
