/** Asking for money back, the operator's word, the provider's word, and the second try for surplus money. */
import { describe, expect, test } from 'vitest';
import type { DecideRefund, OrderCommand, RequestRefund, SettleRefund } from '../../src/core/order/command.ts';
import { decide } from '../../src/core/order/decide.ts';
import type { FulfilmentStatus, OrderStatus, RefundStatus } from '../../src/core/order/lifecycle.ts';
import type { Order, OrderState } from '../../src/core/order/order.ts';
import type { Refund } from '../../src/core/refund/refund.ts';
import {
  aCapture,
  AMOUNT_FEN,
  anAttempt,
  aPaidState,
  aRefund,
  aState,
  aSubmission,
  MINUTE_MS,
  ORDER_NO,
  PLACED_AT_MS,
  SALE_OF,
  WORDS,
  ANYTHING,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const FIRST = `${ORDER_NO}0001`;
const NOW_MS = PLACED_AT_MS + 10_000;
const OPERATOR = 'operator:9001';
const on = (state: OrderState, command: OrderCommand) =>
  decide(state, aSubmission(command, { nowMs: NOW_MS, actor: OPERATOR }));
const refund = (nth: number, changes: Partial<Refund>) => aRefund(aCapture(), nth, changes);

const ask = (amountFen: RequestRefund['amountFen'] = 'all', approval: RequestRefund['approval'] = 'manual') =>
  ({ type: 'request_refund', amountFen, policy: ANYTHING, reason: WORDS, approval }) as const;
const word = (verdict: DecideRefund['verdict'], refundNo = `${FIRST}01`): DecideRefund => ({
  type: 'decide_refund',
  refundNo,
  verdict,
  reason: null,
});
const says = (outcome: SettleRefund['outcome'], refundNo = `${FIRST}01`): SettleRefund => ({
  type: 'settle_refund',
  refundNo,
  outcome,
  cause: outcome === 'failed' ? 'TOO_LATE' : null,
});

describe('asking for money back', () => {
  test.each<[OrderStatus, string]>([
    ['pending_payment', 'refused order_not_paid'],
    ['cancelled', 'refused order_not_paid'],
    ['expired', 'refused order_not_paid'],
    ['paid', 'refund_requested'],
    ['completed', 'refund_requested'],
    ['split', 'refused order_not_paid'],
    ['absorbed', 'refund_requested'],
  ])('an order that is %s: %s', (status, expected) => {
    expect(verdictOf(on(aPaidState({ status }), ask()))).toBe(expected);
  });

  test('surplus money alone is not what somebody paid', () => {
    const attempt = anAttempt(1, { status: 'paid' });
    const surplus = aCapture(attempt, { role: 'surplus' });
    const state = aState({ status: 'paid' }, { attempts: [attempt], captures: [surplus] });
    expect(verdictOf(on(state, ask()))).toBe('refused order_not_paid');
  });

  test.each<[string, Refund[], string]>([
    ['one is waiting', [refund(1, { status: 'requested', amountFen: 100 })], 'refused refund_already_requested'],
    ['one is under way', [refund(1, { status: 'processing', amountFen: 100 })], 'refused refund_already_requested'],
    ['all has gone back', [refund(1, { status: 'succeeded' })], 'refused refund_already_requested'],
    ['part has gone back', [refund(1, { status: 'succeeded', amountFen: 100 })], 'refund_requested'],
    ['one was rejected', [refund(1, { status: 'rejected' })], 'refund_requested'],
    ['one came to nothing', [refund(1, { status: 'failed' })], 'refund_requested'],
  ])('when %s', (_name, refunds, expected) => {
    expect(verdictOf(on(aPaidState({}, refunds), ask()))).toBe(expected);
  });

  test.each<[string, Refund[], RequestRefund['amountFen'], number]>([
    ['all', [], 'all', AMOUNT_FEN],
    ['all that is left', [refund(1, { status: 'succeeded', amountFen: 100 })], 'all', AMOUNT_FEN - 100],
    ['a fen', [], 1, 1],
    ['to the fen', [refund(1, { status: 'succeeded', amountFen: 100 })], AMOUNT_FEN - 100, AMOUNT_FEN - 100],
  ])('of the amount, %s', (_name, refunds, amountFen, expectedFen) => {
    const { changes } = decisionOf(on(aPaidState({}, refunds), ask(amountFen)));
    expect(changes).toMatchObject([{ refund: { amountFen: expectedFen } }, { type: 'keep_personal', ...WORDS }]);
  });

  test.each<[string, Refund[], number]>([
    ['a fen too much', [refund(1, { status: 'succeeded', amountFen: 100 })], AMOUNT_FEN - 99],
    ['more than was paid', [], AMOUNT_FEN + 1],
    ['nothing', [], 0],
    ['less than nothing', [], -1],
    ['a fraction of a fen', [], 19.99],
    ['not a number', [], Number.NaN],
  ])('never %s', (_name, refunds, amountFen) => {
    expect(verdictOf(on(aPaidState({}, refunds), ask(amountFen)))).toBe('refused refund_exceeds_paid');
  });

  test.each([
    [49, 'refund_requested'],
    [50, 'refused refund_exceeds_paid'],
  ])('after %d refunds of one payment: %s', (count, expected) => {
    const spent = Array.from({ length: count }, (_, index) => refund(index + 1, { status: 'rejected' }));
    expect(verdictOf(on(aPaidState({}, spent), ask()))).toBe(expected);
  });

  test.each([
    ['manual', 'refund_requested', 'requested', null, null],
    ['auto', 'refund_requested + refund_approved', 'processing', OPERATOR, NOW_MS + MINUTE_MS],
  ] as const)('%s approval: %s', (approval, verdict, status, decidedBy, nextQueryAtMs) => {
    const decided = on(aPaidState(), ask('all', approval));
    expect(verdictOf(decided)).toBe(verdict);
    expect(decisionOf(decided)).toMatchObject({
      subject: `${FIRST}01`,
      changes: [
        {
          type: 'insert_refund',
          nextQueryAtMs,
          refund: {
            refundNo: `${FIRST}01`,
            outTradeNo: FIRST,
            transactionId: `t-${FIRST}`,
            purpose: 'order',
            status,
            decidedBy,
            requestedBy: OPERATOR,
            reason: WORDS.row,
            finishedAtMs: null,
          },
        },
        { type: 'keep_personal', ...WORDS },
      ],
    });
  });
});

const askFrom = (...refundFrom: FulfilmentStatus[]): RequestRefund => ({
  ...ask(),
  policy: { ...ANYTHING, refundFrom },
});

describe('what a dialect gives back at a point of the work', () => {
  test.each(ANYTHING.refundFrom)('%s is on its list, or it gives nothing', (point) => {
    const others = ANYTHING.refundFrom.filter((other) => other !== point);
    const state = aPaidState({ fulfilment: point });
    expect(verdictOf(on(state, askFrom(point)))).toBe('refund_requested');
    expect(verdictOf(on(state, askFrom(...others)))).toBe('refused move_not_allowed');
    expect(verdictOf(on(state, askFrom()))).toBe('refused move_not_allowed');
  });

  test('is only asked of what was paid, and before what is open already', () => {
    expect(verdictOf(on(aState(), askFrom()))).toBe('refused order_not_paid');
    const open = aPaidState({}, [refund(1, { status: 'requested' })]);
    expect(verdictOf(on(open, askFrom()))).toBe('refused move_not_allowed');
  });
});

const held = (heldBackFen: number, refunds: Refund[] = []) =>
  aPaidState({ fulfilment: 'partially_fulfilled', heldBackFen }, refunds);

const amountOf = (state: OrderState, command: RequestRefund) => {
  const [change] = decisionOf(on(state, command)).changes;
  return change?.type === 'insert_refund' ? change.refund.amountFen : null;
};

const back = (amountFen: number) => refund(1, { status: 'succeeded', amountFen });

const promised = (status: RefundStatus) =>
  aPaidState({ status: 'completed', isPromised: true }, [refund(1, { status })]);

describe('an order that another one counts on', () => {
  test.each<[OrderStatus, RequestRefund['amountFen']]>([
    ['completed', 'all'],
    ['completed', 1],
    ['absorbed', 'all'],
  ])('that is %s gives nothing back: %s', (status, amountFen) => {
    const asked = (isPromised: boolean) => verdictOf(on(aPaidState({ status, isPromised }), ask(amountFen)));
    expect([asked(false), asked(true)]).toEqual(['refund_requested', 'refused move_not_allowed']);
  });

  test('what was asked back before is decided on, and settled, all the same', () => {
    expect(verdictOf(on(promised('requested'), word('approve')))).toBe('refund_approved');
    expect(verdictOf(on(promised('processing'), says('succeeded')))).toBe('refund_succeeded + order_refunded');
  });
});

describe('what is held back', () => {
  test.each<[string, OrderState, RequestRefund['amountFen'], number | string]>([
    ['all is all but that', held(100), 'all', AMOUNT_FEN - 100],
    ['to the fen', held(100), AMOUNT_FEN - 100, AMOUNT_FEN - 100],
    ['a fen of it', held(100), AMOUNT_FEN - 99, 'refused refund_exceeds_paid'],
    ['all of the amount', held(100), AMOUNT_FEN, 'refused refund_exceeds_paid'],
    ['beside what is back', held(100, [back(50)]), 'all', AMOUNT_FEN - 150],
    ['a fen of it, beside what is back', held(100, [back(50)]), AMOUNT_FEN - 149, 'refused refund_exceeds_paid'],
    ['all that may go back is back', held(100, [back(AMOUNT_FEN - 100)]), 'all', 'refused refund_already_requested'],
    ['all is held back', held(AMOUNT_FEN), 'all', 'refused refund_already_requested'],
    ['all is held back', held(AMOUNT_FEN), 1, 'refused refund_already_requested'],
    ['more went back than may now', held(100, [back(AMOUNT_FEN - 50)]), 'all', 'refused refund_already_requested'],
    ['more went back than may now', held(100, [back(AMOUNT_FEN - 50)]), 1, 'refused refund_already_requested'],
  ])('is not given back: %s', (_name, state, amountFen, expected) => {
    const decided = on(state, ask(amountFen));
    expect(decided.ok ? amountOf(state, ask(amountFen)) : verdictOf(decided)).toBe(expected);
  });

  test.each<[string, number, number, string]>([
    ['all but that is back', 100, AMOUNT_FEN - 100, 'refund_succeeded + order_refunded'],
    ['a fen less is back', 100, AMOUNT_FEN - 101, 'refund_succeeded'],
    ['a fen more is back', 100, AMOUNT_FEN - 99, 'refund_succeeded + order_refunded'],
    ['nothing is, and all but a fen is back', 0, AMOUNT_FEN - 1, 'refund_succeeded'],
    ['nothing is, and all is back', 0, AMOUNT_FEN, 'refund_succeeded + order_refunded'],
  ])('counts as earned: %s', (_name, heldBackFen, amountFen, expected) => {
    expect(verdictOf(on(held(heldBackFen, [refund(1, { amountFen })]), says('succeeded')))).toBe(expected);
  });
});

describe('the refunds of an order’s parts', () => {
  const PART = '2022112200000000000001';
  const SIBLING = '2022112200000000000002';
  const PART_FEN = 9600;
  /** A part as it is read: its own order, and the money of the whole. */
  const aPart = (refunds: Refund[] = [], changes: Partial<Order> = {}): OrderState => {
    const whole = aPaidState({}, refunds);
    const own = refunds.filter((one) => one.orderNo === PART && one.status === 'succeeded');
    const refundedFen = own.reduce((sum, { amountFen }) => sum + amountFen, 0);
    const order = { ...whole.order, orderNo: PART, amountFen: PART_FEN, paidFen: PART_FEN, refundedFen, ...changes };
    return { ...whole, order };
  };
  const of = (orderNo: string, nth: number, changes: Partial<Refund> = {}) =>
    refund(nth, { orderNo, amountFen: PART_FEN, ...changes });
  const onPart = (state: OrderState, command: OrderCommand) =>
    decide(state, aSubmission(command, { orderNo: PART, nowMs: NOW_MS, actor: OPERATOR }));

  test.each<[string, Refund[], string]>([
    ['the first', [], `${FIRST}01`],
    ['after one of another part’s', [of(SIBLING, 1, { status: 'succeeded' })], `${FIRST}02`],
    ['beside one of another part’s', [of(SIBLING, 1)], `${FIRST}02`],
    [
      'after rejected ones of both',
      [of(SIBLING, 1, { status: 'rejected' }), of(PART, 2, { status: 'rejected' })],
      `${FIRST}03`,
    ],
  ])('are numbered over all parts: %s', (_name, refunds, refundNo) => {
    expect(decisionOf(onPart(aPart(refunds), ask()))).toMatchObject({
      subject: refundNo,
      changes: [
        {
          type: 'insert_refund',
          refund: { refundNo, orderNo: PART, outTradeNo: FIRST, transactionId: `t-${FIRST}`, amountFen: PART_FEN },
        },
        { type: 'keep_personal' },
      ],
    });
  });

  test.each<[string, Refund[], RequestRefund['amountFen'], string]>([
    ['a fen more than the part', [], PART_FEN + 1, 'refused refund_exceeds_paid'],
    ['what is paid of the whole', [], AMOUNT_FEN, 'refused refund_exceeds_paid'],
    ['while another of it is open', [of(PART, 1, { amountFen: 1 })], 1, 'refused refund_already_requested'],
    ['while another part’s is open', [of(SIBLING, 1)], 'all', 'refund_requested'],
    ['after all of it', [of(PART, 1, { status: 'succeeded' })], 1, 'refused refund_already_requested'],
    ['after all of another part', [of(SIBLING, 1, { status: 'succeeded' })], 'all', 'refund_requested'],
  ])('are of their part alone: %s', (_name, refunds, amountFen, expected) => {
    expect(verdictOf(onPart(aPart(refunds), ask(amountFen)))).toBe(expected);
  });

  test.each([
    [49, 'refund_requested'],
    [50, 'refused refund_exceeds_paid'],
  ])('after %d of other parts: %s', (count, expected) => {
    const others = Array.from({ length: count }, (_, index) => of(SIBLING, index + 1, { status: 'rejected' }));
    expect(verdictOf(onPart(aPart(others), ask()))).toBe(expected);
  });

  test.each<[string, Refund[], string]>([
    ['all of it', [of(PART, 1)], 'refund_succeeded + order_refunded'],
    ['some of it', [of(PART, 1, { amountFen: PART_FEN - 1 })], 'refund_succeeded'],
    [
      'all of it, after another part',
      [of(PART, 1), of(SIBLING, 2, { status: 'succeeded' })],
      'refund_succeeded + order_refunded',
    ],
    [
      'some of it, after another part',
      [of(PART, 1, { amountFen: 1 }), of(SIBLING, 2, { status: 'succeeded' })],
      'refund_succeeded',
    ],
  ])('end their part once %s is back', (_name, refunds, expected) => {
    expect(verdictOf(onPart(aPart(refunds), says('succeeded')))).toBe(expected);
  });
});

const refundingOf = (state: OrderState, command: OrderCommand) =>
  decisionOf(on(state, command)).events.map(({ type, refunding }) => [type, refunding]);

describe('whether an order is listed as one whose money is asked back', () => {
  const requested = aPaidState({}, [refund(1, { status: 'requested', amountFen: 1 })]);
  const sent = aPaidState({}, [refund(1, { amountFen: 1 })]);

  test.each<[string, OrderState, OrderCommand, unknown[]]>([
    ['asked for', aPaidState(), ask(), [['refund_requested', true]]],
    [
      'asked for and sent',
      aPaidState(),
      ask('all', 'auto'),
      [
        ['refund_requested', true],
        ['refund_approved', undefined],
      ],
    ],
    ['approved', requested, word('approve'), [['refund_approved', true]]],
    ['rejected', requested, word('reject'), [['refund_rejected', false]]],
    ['back', sent, says('succeeded'), [['refund_succeeded', false]]],
    ['not to be had', sent, says('failed'), [['refund_failed', false]]],
    [
      'all back',
      aPaidState({}, [refund(1, {})]),
      says('succeeded'),
      [
        ['refund_succeeded', false],
        ['order_refunded', false],
      ],
    ],
  ])('when it is %s', (_name, state, command, expected) => {
    expect(refundingOf(state, command)).toEqual(expected);
  });

  test('surplus money on its way back says nothing of it', () => {
    const attempt = anAttempt(2, { status: 'paid' });
    const surplus = aCapture(attempt, { role: 'surplus' });
    const paid = aPaidState();
    const state = { ...paid, captures: [...paid.captures, surplus], refunds: [aRefund(surplus)] };
    expect(refundingOf(state, says('succeeded', `${ORDER_NO}000201`))).toEqual([['refund_succeeded', undefined]]);
    const failed = { ...state, refunds: [aRefund(surplus, 1, { status: 'failed' })] };
    const again = { type: 'return_surplus', provider: 'alipay', transactionId: surplus.transactionId } as const;
    expect(refundingOf(failed, again)).toEqual([['refund_approved', undefined]]);
  });
});

describe('the operator’s word', () => {
  test.each<[RefundStatus, string, string]>([
    ['requested', 'refund_approved', 'refund_rejected'],
    ['processing', 'refused refund_already_decided', 'refused refund_already_decided'],
    ['succeeded', 'refused refund_already_decided', 'refused refund_already_decided'],
    ['failed', 'refused refund_already_decided', 'refused refund_already_decided'],
    ['rejected', 'refused refund_already_decided', 'refused refund_already_decided'],
  ])('%s: approve → %s, reject → %s', (status, ...expected) => {
    const state = aPaidState({}, [refund(1, { status })]);
    expect([word('approve'), word('reject')].map((command) => verdictOf(on(state, command)))).toEqual(expected);
  });

  test('a number that the order does not have', () => {
    expect(verdictOf(on(aPaidState(), word('approve')))).toBe('refused refund_not_found');
  });

  test.each([
    ['approve', 'processing', null, NOW_MS + MINUTE_MS],
    ['reject', 'rejected', NOW_MS, null],
  ] as const)('%s: the refund is %s', (verdict, to, finishedAtMs, nextQueryAtMs) => {
    const state = aPaidState({}, [refund(1, { status: 'requested', decidedBy: null })]);
    expect(decisionOf(on(state, word(verdict))).changes).toEqual([
      {
        type: 'move_refund',
        refundNo: `${FIRST}01`,
        from: 'requested',
        to,
        decidedBy: OPERATOR,
        finishedAtMs,
        nextQueryAtMs,
      },
    ]);
  });
});

describe('the provider’s word', () => {
  test.each<[RefundStatus, string, string]>([
    ['processing', 'refund_succeeded + order_refunded', 'refund_failed'],
    ['requested', 'already', 'already'],
    ['succeeded', 'already', 'already'],
    ['failed', 'already', 'already'],
    ['rejected', 'already', 'already'],
  ])('%s: succeeded → %s, failed → %s', (status, ...expected) => {
    const state = aPaidState({}, [refund(1, { status })]);
    expect([says('succeeded'), says('failed')].map((command) => verdictOf(on(state, command)))).toEqual(expected);
  });

  test('a number that the order does not have', () => {
    expect(verdictOf(on(aPaidState(), says('succeeded')))).toBe('refused refund_not_found');
  });

  test.each<[OrderStatus, string]>([
    ['paid', 'refund_succeeded + order_refunded'],
    ['completed', 'refund_succeeded + order_refunded'],
    ['split', 'refund_succeeded'],
    ['absorbed', 'refund_succeeded'],
  ])('all is back of an order that is %s: %s', (status, expected) => {
    expect(verdictOf(on(aPaidState({ status }, [refund(1, {})]), says('succeeded')))).toBe(expected);
  });

  test.each<[string, number, string]>([
    ['part of it', AMOUNT_FEN - 101, 'refund_succeeded'],
    ['the last of it', AMOUNT_FEN - 100, 'refund_succeeded + order_refunded'],
  ])('%s is back', (_name, amountFen, expected) => {
    const before = refund(1, { status: 'succeeded', amountFen: 100 });
    const state = aPaidState({}, [before, refund(2, { amountFen })]);
    expect(verdictOf(on(state, says('succeeded', `${FIRST}02`)))).toBe(expected);
  });

  test('surplus money that is back leaves the order alone', () => {
    const attempt = anAttempt(2, { status: 'paid' });
    const surplus = aCapture(attempt, { role: 'surplus' });
    const paid = aPaidState();
    const state = { ...paid, captures: [...paid.captures, surplus], refunds: [aRefund(surplus)] };
    expect(verdictOf(on(state, says('succeeded', `${ORDER_NO}000201`)))).toBe('refund_succeeded');
  });

  test('the order’s end takes the sale back; the refund keeps who approved it', () => {
    const state = aPaidState({ fulfilment: 'in_progress' }, [refund(1, { decidedBy: 'operator:1' })]);
    const decided = decisionOf(on(state, says('succeeded')));
    expect(decided.changes).toEqual([
      {
        type: 'move_refund',
        refundNo: `${FIRST}01`,
        from: 'processing',
        to: 'succeeded',
        decidedBy: 'operator:1',
        finishedAtMs: NOW_MS,
        nextQueryAtMs: null,
      },
      { type: 'count_sale', item: SALE_OF, by: -1 },
    ]);
    expect(decided.events).toMatchObject([
      { type: 'refund_succeeded', from: 'processing', to: 'succeeded', orderStatus: 'paid' },
      { type: 'order_refunded', from: 'paid', to: 'refunded', orderStatus: 'refunded', orderFulfilment: 'in_progress' },
    ]);
  });

  test('the cause of a failure is kept beside the number', () => {
    const { events } = decisionOf(on(aPaidState({}, [refund(1, {})]), says('failed')));
    expect(events).toMatchObject([{ reason: `${FIRST}01: TOO_LATE` }]);
  });
});

describe('another try for surplus money', () => {
  const surplus = aCapture(anAttempt(1), { role: 'surplus', transactionId: 't-late' });
  const again = { type: 'return_surplus', provider: 'alipay', transactionId: 't-late' } as const;
  const withRefunds = (...statuses: RefundStatus[]) =>
    aState(
      { status: 'expired' },
      {
        attempts: [anAttempt(1, { status: 'paid' })],
        captures: [surplus],
        refunds: statuses.map((status, index) => aRefund(surplus, index + 1, { status })),
      },
    );

  test.each<[string, OrderState, string]>([
    ['after a failure', withRefunds('failed'), 'refund_approved'],
    ['after two failures', withRefunds('failed', 'failed'), 'refund_approved'],
    ['while one is under way', withRefunds('failed', 'processing'), 'already'],
    ['when it is back', withRefunds('succeeded'), 'already'],
    ['of money that paid', aPaidState(), 'refused refund_not_found'],
    ['of money that nobody knows', aState(), 'refused refund_not_found'],
  ])('%s', (_name, state, expected) => {
    const command = state.order.status === 'paid' ? { ...again, transactionId: `t-${FIRST}` } : again;
    expect(verdictOf(on(state, command))).toBe(expected);
  });

  test('is a new number for the whole amount', () => {
    const decided = decisionOf(on(withRefunds('failed', 'failed'), again));
    expect(decided.subject).toBe(`${FIRST}03`);
    expect(decided.changes).toMatchObject([
      {
        type: 'insert_refund',
        nextQueryAtMs: NOW_MS + MINUTE_MS,
        refund: { refundNo: `${FIRST}03`, amountFen: AMOUNT_FEN, status: 'processing', transactionId: 't-late' },
      },
    ]);
  });

  test('another provider’s transaction of the same number is not meant', () => {
    expect(verdictOf(on(withRefunds('failed'), { ...again, provider: 'wechat-pay' }))).toBe('refused refund_not_found');
  });
});
