/** Small orders in every state, and what can be asked of them, for the tests of decisions. */
import type { FulfilmentPolicy, OrderCommand, PaymentMethod, Submission } from '../../src/core/order/command.ts';
import type { FulfilmentStatus } from '../../src/core/order/lifecycle.ts';
import type { Order, OrderState } from '../../src/core/order/order.ts';
import { type Attempt, attemptNumber, type Capture } from '../../src/core/payment/attempt.ts';
import { type Refund, refundNumber } from '../../src/core/refund/refund.ts';
import type { SubscriptionTerms } from '../../src/core/subscription/subscription.ts';

export const ORDER_NO = '2022112212345678901234';
export const DIALECT = 'technician-booking';
export const OWNER = '50373883813';

/** Noon in Shanghai; the order of these tests was placed then, and can be paid for half an hour. */
export const PLACED_AT_MS = Date.parse('2022-11-22T04:00:00.000Z');
export const MINUTE_MS = 60_000;
export const EXPIRES_AT_MS = PLACED_AT_MS + 30 * MINUTE_MS;
export const AMOUNT_FEN = 19_600;
export const SLIP_MS = 2 * MINUTE_MS;
/** How long one caller has the provider to themselves. */
export const LEASE_MS = 15_000;

const ALL: readonly FulfilmentStatus[] = ['unfulfilled', 'in_progress', 'partially_fulfilled', 'fulfilled', 'failed'];

/** Forbids nothing: what is refused under it, the core's own tables refuse. */
export const ANYTHING: FulfilmentPolicy = {
  moves: {
    unfulfilled: ALL,
    in_progress: ALL,
    partially_fulfilled: ALL,
    fulfilled: ALL,
    failed: ALL,
    completed: ALL,
  },
  refundFrom: ALL,
  whileRefunding: 'goes_on',
};

/** What somebody wrote, as commands carry it. */
export const WORDS = { row: `order/${ORDER_NO}/words/1`, sealed: 'k.words' } as const;

/** What opening a subscription order does: a month of plan 1 begins, and nothing is left over. */
export const MONTH: SubscriptionTerms = { planId: '1', effect: 'begin', months: 1, surplusFen: 0, creditFen: 0 };

/** The terms of an order on its user's account: a month, of which the balance has paid a yuan, and a share for user 2. */
export const ON_ACCOUNT = {
  subscription: MONTH,
  balanceFen: 100,
  commission: { to: '2', amountFen: 1970, payoutAfterMs: MINUTE_MS },
} as const satisfies Partial<Order>;

/** The catalogue row whose sales the order counts in. */
export const SALE_OF = { kind: 'booking-services', id: '2' } as const;

/** Two ways to pay: one that needs no network to be ready, and one that does. */
export const ALIPAY: PaymentMethod = {
  provider: 'alipay',
  kind: 'app_order_string',
  opensAs: 'pending',
  minimumSlipMs: MINUTE_MS,
  maximumSlipMs: 115 * MINUTE_MS,
  choice: null,
};
export const WECHAT: PaymentMethod = {
  provider: 'wechat-pay',
  kind: 'app_params',
  opensAs: 'opening',
  minimumSlipMs: MINUTE_MS,
  maximumSlipMs: 115 * MINUTE_MS,
  choice: null,
};

/** An unpaid order as it was placed, but for the changes. */
export function anOrder(changes: Partial<Order> = {}): Order {
  return {
    id: 1,
    orderNo: ORDER_NO,
    dialect: DIALECT,
    userId: OWNER,
    status: 'pending_payment',
    fulfilment: 'unfulfilled',
    amountFen: AMOUNT_FEN,
    subject: '1号技师的项目二',
    details: {},
    items: [SALE_OF],
    saleOf: SALE_OF,
    payWith: null,
    commission: null,
    balanceFen: 0,
    couponId: null,
    subscription: null,
    paidFen: 0,
    refundedFen: 0,
    transactionId: null,
    choice: null,
    isPromised: false,
    heldBackFen: 0,
    createdAtMs: PLACED_AT_MS,
    updatedAtMs: PLACED_AT_MS,
    expiresAtMs: EXPIRES_AT_MS,
    paidAtMs: null,
    completedAtMs: null,
    deletedAtMs: null,
    commissionPaidAtMs: null,
    version: 1,
    ...changes,
  };
}

/** The order's nth attempt: an open Alipay slip, but for the changes. */
export function anAttempt(nth = 1, changes: Partial<Attempt> = {}): Attempt {
  return {
    outTradeNo: attemptNumber(ORDER_NO, nth),
    orderNo: ORDER_NO,
    provider: 'alipay',
    kind: 'app_order_string',
    status: 'pending',
    amountFen: AMOUNT_FEN,
    createdAtMs: PLACED_AT_MS,
    expiresAtMs: PLACED_AT_MS + SLIP_MS,
    payableUntilMs: PLACED_AT_MS + SLIP_MS,
    paidAtMs: changes.status === 'paid' ? PLACED_AT_MS : null,
    leasedUntilMs: changes.status === 'opening' ? PLACED_AT_MS + LEASE_MS : null,
    choice: null,
    sealed: null,
    ...changes,
  };
}

/** Money taken under an attempt; it paid the order, but for the changes. */
export function aCapture(attempt: Attempt = anAttempt(), changes: Partial<Capture> = {}): Capture {
  return {
    provider: attempt.provider,
    transactionId: `t-${attempt.outTradeNo}`,
    outTradeNo: attempt.outTradeNo,
    orderNo: ORDER_NO,
    role: 'pays',
    amountFen: attempt.amountFen,
    capturedAtMs: PLACED_AT_MS,
    ...changes,
  };
}

/** The nth refund of a capture: all of it, sent and not yet answered, but for the changes. */
export function aRefund(capture: Capture = aCapture(), nth = 1, changes: Partial<Refund> = {}): Refund {
  return {
    id: nth,
    refundNo: refundNumber(capture.outTradeNo, nth),
    orderNo: ORDER_NO,
    outTradeNo: capture.outTradeNo,
    provider: capture.provider,
    transactionId: capture.transactionId,
    purpose: capture.role === 'pays' ? 'order' : 'surplus',
    status: 'processing',
    amountFen: capture.amountFen,
    reason: null,
    requestedBy: 'system',
    decidedBy: 'system',
    createdAtMs: PLACED_AT_MS,
    updatedAtMs: PLACED_AT_MS,
    finishedAtMs: null,
    ...changes,
  };
}

/** A whole state. What was paid, refunded and chosen follows from the other rows, as it does in the database. */
export function aState(
  order: Partial<Order> = {},
  rows: { attempts?: Attempt[]; captures?: Capture[]; refunds?: Refund[] } = {},
): OrderState {
  const { attempts = [], captures = [], refunds = [] } = rows;
  const derived = derivedOf({ attempts, captures, refunds });
  return { order: anOrder({ ...derived, ...order }), attempts, captures, refunds, lastCommitId: 'c-before' };
}

/** What paid an order, what of that has gone back on request, and what its user chose to pay with. */
export function derivedOf({ attempts, captures, refunds }: Pick<OrderState, 'attempts' | 'captures' | 'refunds'>) {
  const pays = captures.filter(({ role }) => role === 'pays');
  const back = refunds.filter(({ purpose, status }) => purpose === 'order' && status === 'succeeded');
  const paying = attempts.find(({ outTradeNo }) => outTradeNo === pays[0]?.outTradeNo);
  return {
    paidFen: sumFen(pays),
    refundedFen: sumFen(back),
    transactionId: pays[0]?.transactionId ?? null,
    choice: (paying ?? attempts.at(-1))?.choice ?? null,
  };
}

/** Adds amounts up. */
export function sumFen(rows: readonly { amountFen: number }[]): number {
  return rows.reduce((sum, { amountFen }) => sum + amountFen, 0);
}

/** An order that its first attempt has paid. */
export function aPaidState(order: Partial<Order> = {}, refunds: Refund[] = []): OrderState {
  const attempt = anAttempt(1, { status: 'paid' });
  const paid = { status: 'paid', paidAtMs: PLACED_AT_MS, ...order } as const;
  return aState(paid, { attempts: [attempt], captures: [aCapture(attempt)], refunds });
}

/** A command on its way: by the system a second after the order was placed, but for the changes. */
export function aSubmission(command: OrderCommand, changes: Partial<Submission> = {}): Submission {
  return {
    orderNo: ORDER_NO,
    command,
    actor: 'system',
    scope: 'everything',
    nowMs: PLACED_AT_MS + 1000,
    commitId: 'c-now',
    ...changes,
  };
}
