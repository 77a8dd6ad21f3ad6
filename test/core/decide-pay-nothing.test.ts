/** Paying what costs nothing: only that, and once. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/order/decide.ts';
import type { OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { Order, OrderState } from '../../src/core/order/order.ts';
import { aState, aSubmission, EXPIRES_AT_MS, MONTH, OWNER, PLACED_AT_MS, SALE_OF } from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const free = (changes: Partial<Order> = {}): OrderState =>
  aState({ amountFen: 0, balanceFen: 500, subscription: MONTH, ...changes });
const on = (state: OrderState, nowMs = PLACED_AT_MS) =>
  decide(state, aSubmission({ type: 'pay_nothing' }, { nowMs, actor: `user:${OWNER}` }));

test.each<[OrderStatus, string]>([
  ['pending_payment', 'order_paid'],
  ['paid', 'refused order_already_paid'],
  ['completed', 'refused order_already_paid'],
  ['refunded', 'refused order_already_paid'],
  ['split', 'refused order_already_paid'],
  ['absorbed', 'refused order_already_paid'],
  ['cancelled', 'refused order_cancelled'],
  ['expired', 'refused order_expired'],
])('an order that is %s: %s', (status, expected) => {
  expect(verdictOf(on(free({ status })))).toBe(expected);
});

test.each([
  [0, EXPIRES_AT_MS - 1, 'order_paid'],
  [0, EXPIRES_AT_MS, 'refused order_expired'],
  [1, EXPIRES_AT_MS - 1, 'refused amount_differs'],
  [1, EXPIRES_AT_MS, 'refused order_expired'],
  [10_000_000_000, PLACED_AT_MS, 'refused amount_differs'],
])('of %d fen at %d ms: %s', (amountFen, nowMs, expected) => {
  expect(verdictOf(on(free({ amountFen }), nowMs))).toBe(expected);
});

describe('what is written', () => {
  const event = {
    type: 'order_paid',
    actor: `user:${OWNER}`,
    from: 'pending_payment',
    to: 'paid',
    reason: null,
    orderStatus: 'paid',
    orderFulfilment: 'unfulfilled',
  };

  test('that it is paid, and the sale; no attempt, and no money', () => {
    const changes = [{ type: 'count_sale', item: SALE_OF, by: 1 }];
    expect(decisionOf(on(free()))).toEqual({ events: [event], changes, subject: null });
  });

  test('no sale where none is counted', () => {
    expect(decisionOf(on(free({ saleOf: null })))).toEqual({ events: [event], changes: [], subject: null });
  });
});
