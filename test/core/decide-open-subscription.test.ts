/** Opening what a subscription order was for: which order, once, and all that happens with it. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/order/decide.ts';
import type { FulfilmentStatus, OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { Order, OrderState } from '../../src/core/order/order.ts';
import type { SubscriptionPeriod, SubscriptionTerms } from '../../src/core/subscription/subscription.ts';
import { aCapture, aPaidState, aRefund, aState, aSubmission, MONTH, OWNER, PLACED_AT_MS } from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const PERIOD: SubscriptionPeriod = { planId: '1', startsAtMs: PLACED_AT_MS, endsAtMs: PLACED_AT_MS + 1000 };
const OPENED = 'fulfilment_advanced + order_completed';

const paid = (changes: Partial<Order> = {}): OrderState => aPaidState({ subscription: MONTH, ...changes });
const on = (state: OrderState, period: SubscriptionPeriod | null = PERIOD) =>
  decide(state, aSubmission({ type: 'open_subscription', period }));

describe('which order is opened', () => {
  test.each<[OrderStatus, string]>([
    ['pending_payment', 'refused move_not_allowed'],
    ['paid', OPENED],
    ['cancelled', 'refused move_not_allowed'],
    ['expired', 'refused move_not_allowed'],
    ['refunded', 'refused move_not_allowed'],
    ['split', 'refused move_not_allowed'],
    ['absorbed', 'refused move_not_allowed'],
  ])('one that is %s, and was not before: %s', (status, expected) => {
    expect(verdictOf(on(paid({ status })))).toBe(expected);
  });

  test.each<OrderStatus>(['completed', 'refunded', 'absorbed'])('once opened, never again: %s', (status) => {
    expect(verdictOf(on(paid({ status, fulfilment: 'fulfilled', completedAtMs: PLACED_AT_MS })))).toBe('already');
  });

  test('none that opens nothing, in whatever state', () => {
    for (const completedAtMs of [null, PLACED_AT_MS]) {
      const state = paid({ subscription: null, completedAtMs });
      expect(verdictOf(on(state))).toBe('refused move_not_allowed');
    }
  });

  test.each<[FulfilmentStatus, string]>([
    ['unfulfilled', OPENED],
    ['in_progress', OPENED],
    ['partially_fulfilled', OPENED],
    ['fulfilled', 'refused move_not_allowed'],
    ['failed', 'refused move_not_allowed'],
  ])('one whose work is %s: %s', (fulfilment, expected) => {
    expect(verdictOf(on(paid({ fulfilment })))).toBe(expected);
  });

  test('one that cost nothing, like any other', () => {
    expect(verdictOf(on(aState({ subscription: MONTH, status: 'paid', amountFen: 0 })))).toBe(OPENED);
  });

  test('money that is on its way back holds nothing up', () => {
    const refunds = [aRefund(aCapture(), 1, { amountFen: 1 })];
    expect(verdictOf(on(aPaidState({ subscription: MONTH }, refunds)))).toBe(OPENED);
  });
});

const factsOf = (opened: SubscriptionPeriod | null) =>
  decisionOf(on(paid(), opened)).events.map(({ facts }) => [facts?.['startsAtMs'], facts?.['endsAtMs']]);

describe('what is written', () => {
  test('that the work is done and the order with it, from when to when, and the period', () => {
    const done = {
      actor: 'system',
      reason: null,
      orderFulfilment: 'fulfilled',
      facts: { planId: '1', effect: 'begin', startsAtMs: PLACED_AT_MS, endsAtMs: PLACED_AT_MS + 1000 },
    };
    expect(decisionOf(on(paid()))).toEqual({
      events: [
        { type: 'fulfilment_advanced', from: 'unfulfilled', to: 'fulfilled', orderStatus: 'paid', ...done },
        { type: 'order_completed', from: 'paid', to: 'completed', orderStatus: 'completed', ...done },
      ],
      changes: [{ type: 'insert_period', period: PERIOD }],
      subject: null,
    });
  });

  const period = { type: 'insert_period', period: PERIOD };
  const absorb = { type: 'absorb', actor: 'system' };
  const credit = { type: 'add_to_balance', userId: OWNER, kind: 'credited', amountFen: 700, actor: 'system' };
  test.each<[string, Partial<SubscriptionTerms>, SubscriptionPeriod | null, object[]]>([
    ['begins', { effect: 'begin' }, PERIOD, [period]],
    ['goes on', { effect: 'extend' }, PERIOD, [period]],
    ['begins anew', { effect: 'reset' }, null, []],
    ['takes the place of what runs', { effect: 'replace' }, PERIOD, [period, absorb]],
    ['uses all of what that was worth', { effect: 'replace', surplusFen: 700 }, PERIOD, [period, absorb]],
    [
      'has no use for a part of it',
      { effect: 'replace', surplusFen: 900, creditFen: 700 },
      PERIOD,
      [period, absorb, credit],
    ],
  ])('for what %s', (_name, terms, opened, changes) => {
    expect(decisionOf(on(paid({ subscription: { ...MONTH, ...terms } }), opened)).changes).toEqual(changes);
  });

  test('of what never ends, that it does not; of what begins anew, no time at all', () => {
    expect(factsOf({ ...PERIOD, endsAtMs: null })).toEqual([
      [PLACED_AT_MS, null],
      [PLACED_AT_MS, null],
    ]);
    expect(factsOf(null)).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});
