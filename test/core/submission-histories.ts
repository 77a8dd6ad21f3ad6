/** Random histories of one order: everything that anybody can submit, in any order and at any time. */
import fc from 'fast-check';
import type * as command from '../../src/core/order/command.ts';
import { attemptNumber, attemptRow } from '../../src/core/payment/attempt.ts';
import { refundNumber } from '../../src/core/refund/refund.ts';
import {
  ALIPAY,
  AMOUNT_FEN,
  DIALECT,
  LEASE_MS,
  MINUTE_MS,
  OWNER,
  PLACED_AT_MS,
  SLIP_MS,
  WECHAT,
  WORDS,
  ANYTHING,
} from './order-states.ts';

/** One submission of a history. */
export type Step = {
  /** The time that passes before it, ms. */
  elapsedMs: number;
  command: command.OrderCommand;
  by: keyof typeof BEARERS;
  /** What its bearer remembers of the order: nothing, the newest state, or an older one. */
  memory: 'none' | 'newest' | 'stale';
};

/** Who submits: the two strangers must never get through. */
export const BEARERS = {
  owner: { actor: `user:${OWNER}`, scope: { dialect: DIALECT, userId: OWNER } },
  operator: { actor: 'operator:9001', scope: { dialect: DIALECT, userId: null } },
  system: { actor: 'system', scope: 'everything' },
  stranger: { actor: 'user:1', scope: { dialect: DIALECT, userId: '1' } },
  neighbour: { actor: `user:${OWNER}`, scope: { dialect: 'print-shop', userId: OWNER } },
} as const satisfies Record<string, { actor: string; scope: command.Scope | 'everything' }>;

/** The numbers in a command: few and small ones, so that they often name something that is there. */
function numbersOf(orderNo: string) {
  const outTradeNo = fc.constantFrom(1, 1, 1, 1, 2, 3).map((nth) => attemptNumber(orderNo, nth));
  const refundNo = fc.tuple(outTradeNo, fc.constantFrom(1, 1, 1, 2, 2, 3)).map(([of, nth]) => refundNumber(of, nth));
  const provider = fc.constantFrom('alipay', 'alipay', 'wechat-pay');
  const transactionId = fc.constantFrom('t1', 't2', 't3', 't4').map((id) => `${orderNo}-${id}`);
  return { outTradeNo, refundNo, provider, transactionId };
}

function attemptCommands(orderNo: string): fc.Arbitrary<command.OrderCommand> {
  const { outTradeNo } = numbersOf(orderNo);
  const open = fc.record<command.OpenAttempt>({
    type: fc.constant('open_attempt'),
    methods: fc.constantFrom<readonly command.PaymentMethod[]>(
      [ALIPAY],
      [WECHAT],
      [{ ...WECHAT, choice: '11' }],
      [ALIPAY, WECHAT],
    ),
    slipMs: fc.constantFrom(SLIP_MS, 30_000),
    whenOpen: fc.constantFrom('refuse', 'hand_out_again'),
  });
  const ready = fc.record<command.ReadyAttempt>({
    type: fc.constant('ready_attempt'),
    outTradeNo,
    kept: fc.constantFrom(null, { row: attemptRow(attemptNumber(orderNo, 1)), sealed: 'k.sealed' }),
  });
  const release = fc.record<command.ReleaseAttempt>({
    type: fc.constant('release_attempt'),
    outTradeNo,
    kept: fc.constant(null),
  });
  const fail = fc.record<command.FailAttempt>({
    type: fc.constant('fail_attempt'),
    outTradeNo,
    cause: fc.constant('NO'),
  });
  const close = fc.record<command.CloseAttempt>({
    type: fc.constant('close_attempt'),
    outTradeNo,
    proof: fc.constantFrom('closed', 'never_opened'),
  });
  return fc.oneof<fc.MaybeWeightedArbitrary<command.OrderCommand>[]>(
    { weight: 4, arbitrary: open },
    { weight: 1, arbitrary: ready },
    { weight: 1, arbitrary: release },
    { weight: 1, arbitrary: fail },
    { weight: 2, arbitrary: close },
  );
}

function settlements(orderNo: string): fc.Arbitrary<command.SettlePayment> {
  const { outTradeNo, provider, transactionId } = numbersOf(orderNo);
  return fc.record<command.SettlePayment>({
    type: fc.constant('settle_payment'),
    provider,
    payment: fc.record({
      outTradeNo,
      transactionId,
      amountFen: fc.constantFrom(AMOUNT_FEN, AMOUNT_FEN, AMOUNT_FEN, 1, AMOUNT_FEN - 1, AMOUNT_FEN + 1),
      paidAtMs: fc.constant(PLACED_AT_MS),
    }),
    proof: fc.constantFrom('notification', 'query'),
    receipt: fc.constant(null),
  });
}

function orderCommands(orderNo: string): fc.Arbitrary<command.OrderCommand> {
  const advance = fc.record<command.AdvanceFulfilment>({
    type: fc.constant('advance_fulfilment'),
    to: fc.constantFrom('in_progress', 'partially_fulfilled', 'fulfilled', 'completed', 'failed', 'unfulfilled'),
    policy: fc.constant(ANYTHING),
    remark: fc.constantFrom(null, WORDS),
    facts: fc.constantFrom(null, { apiOrderNumber: 'A1' }),
    heldBackFen: fc.constantFrom(null, 0, 100, AMOUNT_FEN - 1),
  });
  const end = fc.constantFrom<command.OrderCommand>(
    { type: 'cancel', reason: WORDS },
    { type: 'delete' },
    { type: 'expire' },
  );
  const byHand = fc.record<command.RecordPayment>({
    type: fc.constant('record_payment'),
    transactionId: fc.constantFrom('cash-1', 'cash-2').map((number) => `${orderNo}-${number}`),
    paidAtMs: fc.constant(PLACED_AT_MS),
    remark: fc.constantFrom(null, WORDS),
  });
  // Mostly into the whole of it; an order is split once, so the numbers of its parts come once.
  const split = fc
    .constantFrom([1, AMOUNT_FEN - 1], [100, 100, AMOUNT_FEN - 200], [1, AMOUNT_FEN])
    .map((amounts): command.Split => ({
      type: 'split',
      parts: amounts.map((amountFen, nth) => ({
        orderNo: `${orderNo}9${nth}`,
        amountFen,
        details: {},
        personal: null,
      })),
      remark: null,
    }));
  return fc.oneof<fc.MaybeWeightedArbitrary<command.OrderCommand>[]>(
    { weight: 8, arbitrary: advance },
    { weight: 4, arbitrary: end },
    { weight: 2, arbitrary: byHand },
    { weight: 1, arbitrary: split },
  );
}

/** What only an order on its user's account answers to. */
function accountCommands(): fc.Arbitrary<command.OrderCommand> {
  const period = { planId: '1', startsAtMs: PLACED_AT_MS, endsAtMs: PLACED_AT_MS + MINUTE_MS };
  return fc.constantFrom<command.OrderCommand>(
    { type: 'pay_nothing' },
    { type: 'open_subscription', period },
    { type: 'open_subscription', period: null },
    { type: 'pay_commission' },
    { type: 'pay_commission' },
  );
}

function refundCommands(orderNo: string): fc.Arbitrary<command.OrderCommand> {
  const { refundNo, provider, transactionId } = numbersOf(orderNo);
  const request = fc.record<command.RequestRefund>({
    type: fc.constant('request_refund'),
    amountFen: fc.constantFrom<command.RequestRefund['amountFen']>('all', 1, 100, AMOUNT_FEN, AMOUNT_FEN + 1, 0),
    policy: fc.constant(ANYTHING),
    reason: fc.constant(null),
    approval: fc.constantFrom('manual', 'auto'),
  });
  const verdict = fc.record<command.DecideRefund>({
    type: fc.constant('decide_refund'),
    refundNo,
    verdict: fc.constantFrom('approve', 'reject'),
    reason: fc.constant(null),
  });
  const settle = fc.record<command.SettleRefund>({
    type: fc.constant('settle_refund'),
    refundNo,
    outcome: fc.constantFrom('succeeded', 'failed'),
    cause: fc.constant(null),
  });
  const again = fc.record<command.ReturnSurplus>({ type: fc.constant('return_surplus'), provider, transactionId });
  return fc.oneof<fc.MaybeWeightedArbitrary<command.OrderCommand>[]>(
    { weight: 3, arbitrary: request },
    { weight: 3, arbitrary: verdict },
    { weight: 4, arbitrary: settle },
    { weight: 2, arbitrary: again },
  );
}

/** How half of all histories begin: with an order that is paid, for that is when refunds begin to mean something. */
function paying(orderNo: string): Step[] {
  const begin = { elapsedMs: 1000, by: 'system', memory: 'newest' } as const;
  const payment = {
    outTradeNo: attemptNumber(orderNo, 1),
    transactionId: `${orderNo}-t1`,
    amountFen: AMOUNT_FEN,
    paidAtMs: PLACED_AT_MS,
  };
  return [
    { ...begin, command: { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' } },
    {
      ...begin,
      command: { type: 'settle_payment', provider: 'alipay', payment, proof: 'notification', receipt: null },
    },
  ];
}

/** How others begin: with an attempt that the provider did not answer for, and that is taken up again. */
function unanswered(orderNo: string): Step[] {
  const begin = { elapsedMs: 1000, by: 'system', memory: 'newest' } as const;
  const open: Step = {
    ...begin,
    command: { type: 'open_attempt', methods: [WECHAT], slipMs: SLIP_MS, whenOpen: 'refuse' },
  };
  const outTradeNo = attemptNumber(orderNo, 1);
  return [open, { ...begin, command: { type: 'release_attempt', outTradeNo, kept: null } }, open];
}

/** Histories of an order: anything by anybody, most of them about an order that is paid or being paid. */
export function histories(orderNo: string, maxLength: number): fc.Arbitrary<Step[]> {
  const step = fc.record<Step>({
    elapsedMs: fc.constantFrom(0, 1, 1000, 10_000, LEASE_MS, MINUTE_MS, SLIP_MS, 10 * MINUTE_MS),
    command: fc.oneof<fc.MaybeWeightedArbitrary<command.OrderCommand>[]>(
      { weight: 8, arbitrary: attemptCommands(orderNo) },
      { weight: 8, arbitrary: settlements(orderNo) },
      { weight: 3, arbitrary: orderCommands(orderNo) },
      { weight: 4, arbitrary: accountCommands() },
      { weight: 14, arbitrary: refundCommands(orderNo) },
    ),
    by: fc.constantFrom('owner', 'owner', 'operator', 'system', 'system', 'system', 'system', 'stranger', 'neighbour'),
    memory: fc.constantFrom('none', 'newest', 'stale'),
  });
  const steps = fc.array(step, { minLength: 1, maxLength, size: 'max' });
  const beginning = fc.constantFrom([], paying(orderNo), paying(orderNo), unanswered(orderNo));
  return fc.tuple(beginning, steps).map(([first, rest]) => [...first, ...rest]);
}
