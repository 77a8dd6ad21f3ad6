/** Making one paid order several: which ones, into what, and that it is the same money. */
import { describe, expect, test } from 'vitest';
import type { Split } from '../../src/core/order/command.ts';
import type { OrderPart } from '../../src/core/order/order-part.ts';
import { decide } from '../../src/core/order/decide.ts';
import type { FulfilmentStatus, OrderStatus, RefundStatus } from '../../src/core/order/lifecycle.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import {
  aCapture,
  ALIPAY,
  AMOUNT_FEN,
  anAttempt,
  aPaidState,
  aRefund,
  aSubmission,
  ORDER_NO,
  SLIP_MS,
  WORDS,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const NUMBERS = ['2022112200000000000001', '2022112200000000000002', '2022112200000000000003'] as const;
const aPart = (nth: 0 | 1 | 2, amountFen: number, changes: Partial<OrderPart> = {}): OrderPart => ({
  orderNo: NUMBERS[nth],
  amountFen,
  details: { quantity: nth },
  personal: null,
  ...changes,
});
const HALVES = [aPart(0, AMOUNT_FEN / 2), aPart(1, AMOUNT_FEN / 2)];
const split = (parts: readonly OrderPart[] = HALVES): Split => ({ type: 'split', parts, remark: WORDS });
const on = (state: OrderState, command: Split = split()) =>
  decide(state, aSubmission(command, { actor: 'operator:9001' }));

describe('which order can be split', () => {
  test.each<[OrderStatus, string]>([
    ['pending_payment', 'refused move_not_allowed'],
    ['paid', 'order_split'],
    ['completed', 'refused move_not_allowed'],
    ['cancelled', 'refused move_not_allowed'],
    ['expired', 'refused move_not_allowed'],
    ['refunded', 'refused move_not_allowed'],
    ['split', 'refused move_not_allowed'],
    ['absorbed', 'refused move_not_allowed'],
  ])('one that is %s: %s', (status, expected) => {
    expect(verdictOf(on(aPaidState({ status })))).toBe(expected);
  });

  test.each<[FulfilmentStatus, string]>([
    ['unfulfilled', 'order_split'],
    ['in_progress', 'refused move_not_allowed'],
    ['partially_fulfilled', 'refused move_not_allowed'],
    ['fulfilled', 'refused move_not_allowed'],
    ['failed', 'refused move_not_allowed'],
  ])('one whose work is %s: %s', (fulfilment, expected) => {
    expect(verdictOf(on(aPaidState({ fulfilment })))).toBe(expected);
  });

  test('none of which something was done before, and is earned: parts would not know which of them has it', () => {
    expect(verdictOf(on(aPaidState({ heldBackFen: 1 })))).toBe('refused move_not_allowed');
  });

  test.each<[RefundStatus, string]>([
    ['requested', 'refused refund_already_requested'],
    ['processing', 'refused refund_already_requested'],
    ['succeeded', 'refused refund_already_requested'],
    ['rejected', 'order_split'],
    ['failed', 'order_split'],
  ])('one of which a fen was asked back, and that is %s: %s', (status, expected) => {
    expect(verdictOf(on(aPaidState({}, [aRefund(aCapture(), 1, { status, amountFen: 1 })])))).toBe(expected);
  });

  test('a part is split while another part’s money is on its way back', () => {
    const state = aPaidState({}, [aRefund(aCapture(), 1, { orderNo: NUMBERS[2], amountFen: 1 })]);
    expect(verdictOf(on(state))).toBe('order_split');
  });
});

const partsOf = (...parts: number[]) => parts.map((amountFen, nth) => aPart(nth === 0 ? 0 : 1, amountFen));

describe('into what', () => {
  test.each<[string, string, OrderPart[]]>([
    ['two halves', 'order_split', partsOf(AMOUNT_FEN / 2, AMOUNT_FEN / 2)],
    ['a fen and the rest', 'order_split', partsOf(1, AMOUNT_FEN - 1)],
    ['three', 'order_split', partsOf(1, 2, AMOUNT_FEN - 3)],
    ['a fen too much', 'refused amount_differs', partsOf(2, AMOUNT_FEN - 1)],
    ['a fen too little', 'refused amount_differs', partsOf(1, AMOUNT_FEN - 2)],
    ['itself', 'refused amount_differs', partsOf(AMOUNT_FEN)],
    ['nothing', 'refused amount_differs', []],
    ['all and nothing', 'refused amount_differs', partsOf(AMOUNT_FEN, 0)],
    ['more than all, and less than nothing', 'refused amount_differs', partsOf(AMOUNT_FEN + 1, -1)],
    ['halves of a fen', 'refused amount_differs', partsOf(AMOUNT_FEN - 0.5, 0.5)],
    ['what is no number', 'refused amount_differs', partsOf(Number.NaN, AMOUNT_FEN)],
  ])('%s: %s', (_name, expected, parts) => {
    expect(verdictOf(on(aPaidState(), split(parts)))).toBe(expected);
  });

  test('each part with its share, its details and what is sealed of them; the whole says into which', () => {
    const personal = { row: `order/${NUMBERS[1]}`, sealed: 'k.remark' };
    const parts = [aPart(0, 1), aPart(1, AMOUNT_FEN - 1, { personal })];
    const splitOff = ({ orderNo, amountFen }: OrderPart) => ({
      type: 'insert_part',
      part: parts.find((one) => one.orderNo === orderNo),
      parentNo: ORDER_NO,
      event: {
        type: 'order_split_off',
        actor: 'operator:9001',
        from: null,
        to: 'paid',
        reason: ORDER_NO,
        orderStatus: 'paid',
        orderFulfilment: 'unfulfilled',
        facts: { parentNo: ORDER_NO, amountFen },
      },
    });
    expect(decisionOf(on(aPaidState(), split(parts)))).toEqual({
      events: [
        {
          type: 'order_split',
          actor: 'operator:9001',
          from: 'paid',
          to: 'split',
          reason: WORDS.row,
          orderStatus: 'split',
          orderFulfilment: 'unfulfilled',
          facts: { parts: [NUMBERS[0], NUMBERS[1]] },
        },
      ],
      changes: [
        { type: 'keep_personal', ...WORDS },
        ...parts.slice(0, 1).map(splitOff),
        ...parts.slice(1).map(splitOff),
        { type: 'keep_personal', ...personal },
      ],
      subject: null,
    });
  });
});

describe('once it is split', () => {
  const whole = aPaidState({ status: 'split' });

  test.each([
    ['is not paid again', { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' }],
    ['is not paid by hand', { type: 'record_payment', transactionId: 't', paidAtMs: 0, remark: null }],
  ] as const)('it %s', (_name, command) => {
    expect(verdictOf(decide(whole, aSubmission(command)))).toBe('refused order_already_paid');
  });

  test('more money for it goes back', () => {
    const state = { ...whole, attempts: [...whole.attempts, anAttempt(2, { status: 'closed' })] };
    const outTradeNo = `${ORDER_NO}0002`;
    const payment = { outTradeNo, transactionId: 't-late', amountFen: AMOUNT_FEN, paidAtMs: 0 };
    const late = { type: 'settle_payment', provider: 'alipay', payment, proof: 'query', receipt: null } as const;
    const decided = decide(state, aSubmission(late));
    expect(verdictOf(decided)).toBe('surplus_captured + refund_approved');
    expect(decisionOf(decided).subject).toBe(`${outTradeNo}01`);
  });

  test('more money under the number that paid it goes back under a number that none of its parts’ refunds has', () => {
    const state = { ...whole, refunds: [aRefund(aCapture(), 1, { orderNo: NUMBERS[0], amountFen: 1 })] };
    const outTradeNo = `${ORDER_NO}0001`;
    const payment = { outTradeNo, transactionId: 't-twice', amountFen: AMOUNT_FEN, paidAtMs: 0 };
    const twice = { type: 'settle_payment', provider: 'alipay', payment, proof: 'query', receipt: null } as const;
    expect(decisionOf(decide(state, aSubmission(twice))).subject).toBe(`${outTradeNo}02`);
  });
});
