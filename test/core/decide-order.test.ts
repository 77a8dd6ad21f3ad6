/** How orders end that were never paid, how the work on paid ones goes on, and for whom an order exists at all. */
import { describe, expect, test } from 'vitest';
import type {
  AdvanceFulfilment,
  FulfilmentPolicy,
  FulfilmentTarget,
  OrderCommand,
  Submission,
} from '../../src/core/order/command.ts';
import { decide } from '../../src/core/order/decide.ts';
import type { AttemptStatus, FulfilmentStatus, OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { Refund } from '../../src/core/refund/refund.ts';
import {
  aCapture,
  ALIPAY,
  anAttempt,
  aPaidState,
  aRefund,
  aState,
  aSubmission,
  DIALECT,
  EXPIRES_AT_MS,
  ORDER_NO,
  OWNER,
  PLACED_AT_MS,
  SLIP_MS,
  WORDS,
  ANYTHING,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const NO_FACTS = { facts: null, heldBackFen: null } as const;
const CANCEL = { type: 'cancel', reason: WORDS } as const;
const DELETE = { type: 'delete' } as const;
const EXPIRE = { type: 'expire' } as const;
const at = (state: OrderState, command: OrderCommand, nowMs = EXPIRES_AT_MS) =>
  decide(state, aSubmission(command, { nowMs }));

describe('ending an order', () => {
  test.each<[OrderStatus, string, string, string]>([
    ['pending_payment', 'order_cancelled', 'order_deleted', 'order_expired'],
    ['expired', 'refused order_not_unpaid', 'order_deleted', 'already'],
    ['cancelled', 'refused order_not_unpaid', 'refused order_not_unpaid', 'already'],
    ['paid', 'refused order_not_unpaid', 'refused order_not_unpaid', 'already'],
    ['completed', 'refused order_not_unpaid', 'refused order_not_unpaid', 'already'],
    ['refunded', 'refused order_not_unpaid', 'refused order_not_unpaid', 'already'],
    ['split', 'refused order_not_unpaid', 'refused order_not_unpaid', 'already'],
    ['absorbed', 'refused order_not_unpaid', 'refused order_not_unpaid', 'already'],
  ])('%s: cancel → %s, delete → %s, expire → %s', (status, ...expected) => {
    const verdicts = [CANCEL, DELETE, EXPIRE].map((command) => verdictOf(at(aState({ status }), command)));
    expect(verdicts).toEqual(expected);
  });

  test.each<[AttemptStatus, string]>([
    ['opening', 'refused attempt_unsettled'],
    ['pending', 'refused attempt_unsettled'],
    ['closed', 'ends'],
    ['failed', 'ends'],
  ])('with an attempt that is %s: %s', (status, expected) => {
    const state = aState({}, { attempts: [anAttempt(1, { status })] });
    const verdicts = [CANCEL, DELETE, EXPIRE].map((command) => verdictOf(at(state, command)));
    const ends = ['order_cancelled', 'order_deleted', 'order_expired'];
    expect(verdicts).toEqual(expected === 'ends' ? ends : [expected, expected, expected]);
  });

  test.each([
    [EXPIRES_AT_MS - 1, 'already'],
    [EXPIRES_AT_MS, 'order_expired'],
  ])('at %d ms expiring is: %s', (nowMs, expected) => {
    expect(verdictOf(at(aState(), EXPIRE, nowMs))).toBe(expected);
  });

  test.each([
    [CANCEL, 'pending_payment', 'cancelled', WORDS.row],
    [DELETE, 'pending_payment', 'cancelled', null],
    [DELETE, 'expired', 'expired', null],
    [EXPIRE, 'pending_payment', 'expired', null],
  ] as const)('%o on an order that is %s makes it %s', (command, status, to, reason) => {
    const { events, changes } = decisionOf(at(aState({ status }), command));
    expect(events).toMatchObject([{ from: status, to, orderStatus: to, orderFulfilment: 'unfulfilled', reason }]);
    expect(changes).toEqual(reason === null ? [] : [{ type: 'keep_personal', ...WORDS }]);
  });
});

const advance = (to: FulfilmentTarget, policy = ANYTHING): AdvanceFulfilment => ({
  type: 'advance_fulfilment',
  to,
  policy,
  remark: WORDS,
  facts: null,
  heldBackFen: null,
});

describe('advancing the work', () => {
  const NO = 'refused move_not_allowed';
  const GOES = 'fulfilment_advanced';
  const GOES_AND_ENDS = 'fulfilment_advanced + order_completed';

  test.each<[FulfilmentStatus, string, string, string, string]>([
    // from, then to in_progress, fulfilled, completed, failed
    ['unfulfilled', GOES, GOES, GOES_AND_ENDS, GOES],
    ['in_progress', NO, GOES, GOES_AND_ENDS, GOES],
    ['partially_fulfilled', GOES, GOES, GOES_AND_ENDS, GOES],
    ['fulfilled', NO, NO, 'order_completed', NO],
    ['failed', NO, NO, NO, NO],
  ])('%s: in_progress → %s, fulfilled → %s, completed → %s, failed → %s', (fulfilment, ...expected) => {
    const targets: FulfilmentTarget[] = ['in_progress', 'fulfilled', 'completed', 'failed'];
    const verdicts = targets.map((to) => verdictOf(at(aPaidState({ fulfilment }), advance(to))));
    expect(verdicts).toEqual(expected);
  });

  test.each<OrderStatus>(['pending_payment', 'cancelled', 'expired', 'completed', 'refunded', 'split', 'absorbed'])(
    'nothing moves while the order is %s',
    (status) => {
      for (const to of ['in_progress', 'fulfilled', 'completed', 'failed'] as const) {
        expect(verdictOf(at(aState({ status }), advance(to)))).toBe(NO);
      }
      const done = aState({ status, fulfilment: 'fulfilled' });
      expect(verdictOf(at(done, advance('completed')))).toBe(NO);
    },
  );

  test.each<[string, FulfilmentPolicy['moves'], string]>([
    ['has nothing', {}, NO],
    ['has the target from another state', { completed: ['in_progress'] }, NO],
    ['has another target', { fulfilled: ['unfulfilled'] }, NO],
    ['has it', { completed: ['unfulfilled'] }, GOES_AND_ENDS],
  ])('the dialect’s policy %s', (_name, moves, expected) => {
    expect(verdictOf(at(aPaidState(), advance('completed', { ...ANYTHING, moves })))).toBe(expected);
  });

  test('completing does both moves, each with its own states', () => {
    expect(decisionOf(at(aPaidState(), advance('completed')))).toEqual({
      events: [
        {
          type: 'fulfilment_advanced',
          actor: 'system',
          from: 'unfulfilled',
          to: 'fulfilled',
          reason: WORDS.row,
          orderStatus: 'paid',
          orderFulfilment: 'fulfilled',
        },
        {
          type: 'order_completed',
          actor: 'system',
          from: 'paid',
          to: 'completed',
          reason: WORDS.row,
          orderStatus: 'completed',
          orderFulfilment: 'fulfilled',
          heldBackFen: 0,
        },
      ],
      changes: [{ type: 'keep_personal', ...WORDS }],
      subject: null,
    });
  });
});

const policyOf = (moves: FulfilmentPolicy['moves']) => ({ ...ANYTHING, moves });

describe('the work of a dialect that does some of it and can begin anew', () => {
  const NO = 'refused move_not_allowed';
  const GOES = 'fulfilment_advanced';

  test.each<[FulfilmentStatus, string, string]>([
    // from, then to partially_fulfilled, unfulfilled
    ['unfulfilled', NO, NO],
    ['in_progress', GOES, NO],
    ['partially_fulfilled', NO, NO],
    ['fulfilled', NO, NO],
    ['failed', NO, GOES],
  ])('%s: partially_fulfilled → %s, unfulfilled → %s', (fulfilment, ...expected) => {
    const targets: FulfilmentTarget[] = ['partially_fulfilled', 'unfulfilled'];
    const verdicts = targets.map((to) => verdictOf(at(aPaidState({ fulfilment }), advance(to))));
    expect(verdicts).toEqual(expected);
  });

  test.each<[FulfilmentTarget, FulfilmentStatus]>([
    ['partially_fulfilled', 'in_progress'],
    ['unfulfilled', 'failed'],
    ['in_progress', 'partially_fulfilled'],
  ])('%s from %s is the dialect’s to allow', (to, from) => {
    const state = aPaidState({ fulfilment: from });
    expect(verdictOf(at(state, advance(to, policyOf({}))))).toBe(NO);
    expect(verdictOf(at(state, advance(to, policyOf({ [to]: ['fulfilled'] }))))).toBe(NO);
    expect(verdictOf(at(state, advance(to, policyOf({ [to]: [from] }))))).toBe(GOES);
  });
});

const refundingState = (changes: Partial<Refund>) => aPaidState({}, [aRefund(aCapture(), 1, changes)]);

describe('the work while money is on its way back', () => {
  const WAITING: FulfilmentPolicy = { ...ANYTHING, whileRefunding: 'waits' };
  const SIBLING = '2022112299999999999999';

  test.each<[string, OrderState, string]>([
    ['was asked for', refundingState({ status: 'requested' }), 'refused refund_already_requested'],
    ['was sent', refundingState({ status: 'processing' }), 'refused refund_already_requested'],
    [
      'was sent as surplus',
      refundingState({ status: 'processing', purpose: 'surplus' }),
      'refused refund_already_requested',
    ],
    ['is back', refundingState({ status: 'succeeded', amountFen: 1 }), 'fulfilment_advanced'],
    ['was refused', refundingState({ status: 'rejected' }), 'fulfilment_advanced'],
    ['came to nothing', refundingState({ status: 'failed' }), 'fulfilment_advanced'],
    ['of another part was sent', refundingState({ orderNo: SIBLING }), 'fulfilment_advanced'],
    ['nobody asked for', aPaidState(), 'fulfilment_advanced'],
  ])('waits where the dialect says so; money that %s', (_name, state, expected) => {
    for (const to of ['in_progress', 'fulfilled', 'failed'] as const) {
      expect([to, verdictOf(at(state, advance(to, WAITING)))]).toEqual([to, expected]);
      expect([to, verdictOf(at(state, advance(to)))]).toEqual([to, 'fulfilment_advanced']);
    }
  });

  test('a move that is not allowed is none first of all', () => {
    const state = refundingState({ status: 'requested' });
    const nothing: FulfilmentPolicy = { ...WAITING, moves: {} };
    expect(verdictOf(at(state, advance('in_progress', nothing)))).toBe('refused move_not_allowed');
  });
});

const stepOf = (more: Partial<AdvanceFulfilment>) =>
  decisionOf(at(aPaidState({ fulfilment: 'in_progress' }), { ...advance('partially_fulfilled'), ...more }));

describe('what a step says beside its reason', () => {
  test('are facts, and what is earned; where nothing is said, nothing is', () => {
    const facts = { apiOrderNumber: 'API1', done: 1 };
    expect(stepOf({ facts, heldBackFen: 100 }).events).toMatchObject([{ facts, heldBackFen: 100 }]);
    expect(stepOf({ facts, heldBackFen: 0 }).events).toMatchObject([{ facts, heldBackFen: 0 }]);
    const [event] = stepOf({}).events;
    expect(event).not.toHaveProperty('facts');
    expect(event).not.toHaveProperty('heldBackFen');
    expect(event).not.toHaveProperty('refunding');
  });

  test('stand with the step and not with the end of the order, which holds nothing back', () => {
    const state = aPaidState({ fulfilment: 'in_progress', heldBackFen: 50 });
    const command = { ...advance('completed'), facts: { done: 2 }, heldBackFen: 100 };
    const [step1, end] = decisionOf(at(state, command)).events;
    expect(step1).toMatchObject({ type: 'fulfilment_advanced', facts: { done: 2 }, heldBackFen: 100 });
    expect(end).toMatchObject({ type: 'order_completed', heldBackFen: 0 });
    expect(end).not.toHaveProperty('facts');
    const [onlyEnd] = decisionOf(at(aPaidState({ fulfilment: 'fulfilled' }), command)).events;
    expect(onlyEnd).toMatchObject({ type: 'order_completed', heldBackFen: 0 });
  });
});

describe('for whom an order exists', () => {
  const mine = { dialect: DIALECT, userId: OWNER };
  const anyone = { dialect: DIALECT, userId: null };

  test.each<[string, Submission['scope'], boolean]>([
    ['its owner', mine, true],
    ['someone else', { dialect: DIALECT, userId: '1' }, false],
    ['its owner, in another dialect', { dialect: 'print-shop', userId: OWNER }, false],
    ['an operator of the dialect', anyone, true],
    ['an operator of another dialect', { dialect: 'print-shop', userId: null }, false],
    ['the service itself', 'everything', true],
  ])('%s: %s', (_name, scope, exists) => {
    const decided = decide(aState(), aSubmission(CANCEL, { scope }));
    expect(verdictOf(decided)).toBe(exists ? 'order_cancelled' : 'refused order_not_found');
  });

  test.each<[string, Submission['scope'], string]>([
    ['its owner', mine, 'refused order_not_found'],
    ['an operator of the dialect', anyone, 'refused order_not_found'],
    ['the service itself', 'everything', 'refused order_cancelled'],
  ])('once deleted, to %s: %s', (_name, scope, expected) => {
    const deleted = aState({ status: 'cancelled', deletedAtMs: PLACED_AT_MS });
    const command: OrderCommand = { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' };
    expect(verdictOf(decide(deleted, aSubmission(command, { scope })))).toBe(expected);
  });

  test('no command at all reaches someone else’s order', () => {
    const outTradeNo = `${ORDER_NO}0001`;
    const refundNo = `${outTradeNo}01`;
    const payment = { outTradeNo, transactionId: 't', amountFen: 1, paidAtMs: 0 };
    const commands: Record<OrderCommand['type'], OrderCommand> = {
      open_attempt: { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' },
      ready_attempt: { type: 'ready_attempt', outTradeNo, kept: null },
      release_attempt: { type: 'release_attempt', outTradeNo, kept: null },
      fail_attempt: { type: 'fail_attempt', outTradeNo, cause: '' },
      close_attempt: { type: 'close_attempt', outTradeNo, proof: 'closed' },
      settle_payment: { type: 'settle_payment', provider: 'alipay', payment, proof: 'query', receipt: null },
      cancel: CANCEL,
      delete: DELETE,
      expire: EXPIRE,
      advance_fulfilment: { type: 'advance_fulfilment', to: 'completed', policy: ANYTHING, remark: null, ...NO_FACTS },
      record_payment: { type: 'record_payment', transactionId: 't', paidAtMs: 0, remark: null },
      pay_nothing: { type: 'pay_nothing' },
      open_subscription: { type: 'open_subscription', period: null },
      pay_commission: { type: 'pay_commission' },
      split: { type: 'split', parts: [], remark: null },
      request_refund: { type: 'request_refund', amountFen: 'all', policy: ANYTHING, reason: null, approval: 'auto' },
      decide_refund: { type: 'decide_refund', refundNo, verdict: 'approve', reason: null },
      settle_refund: { type: 'settle_refund', refundNo, outcome: 'succeeded', cause: null },
      return_surplus: { type: 'return_surplus', provider: 'alipay', transactionId: 't' },
    };
    for (const command of Object.values(commands)) {
      const stranger = aSubmission(command, { scope: { dialect: DIALECT, userId: '1' } });
      expect([command.type, verdictOf(decide(aPaidState(), stranger))]).toEqual([
        command.type,
        'refused order_not_found',
      ]);
    }
  });
});
