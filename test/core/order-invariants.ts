/** What must be true of an order after every write, whoever wrote it. */
import { type AttemptStatus, MACHINES, mayMove, type RefundStatus, wasPaid } from '../../src/core/order/lifecycle.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { OrderEvent } from '../../src/core/order/order-event.ts';
import { type Capture, isLive } from '../../src/core/payment/attempt.ts';
import { holdsMoney } from '../../src/core/refund/refund.ts';
import { sumFen } from './order-states.ts';

/** Every rule that the order and its log break, in words. None, if all is well. */
export function brokenRules(state: OrderState, events: readonly OrderEvent[]): string[] {
  return [...brokenByMoney(state), ...brokenByState(state), ...brokenByLog(state, events)];
}

function brokenByMoney(state: OrderState): string[] {
  const { order, attempts, captures, refunds } = state;
  const broken: string[] = [];
  if (attempts.filter(isLive).length > 1) broken.push('two live attempts');
  const paying = captures.filter(({ role }) => role === 'pays');
  if (paying.length > 1) broken.push('two captures pay the order');
  if (paying.some(({ amountFen }) => amountFen !== order.amountFen)) broken.push('paid with another amount');
  for (const capture of captures) {
    const held = sumFen(refundsOf(state, capture).filter(holdsMoney));
    if (held > capture.amountFen) broken.push(`${held} of ${capture.amountFen} fen go back`);
    if (!attempts.some((one) => one.outTradeNo === capture.outTradeNo && one.status === 'paid')) {
      broken.push('money under an attempt that is not paid');
    }
  }
  for (const surplus of captures.filter(({ role }) => role === 'surplus')) {
    const given = refundsOf(state, surplus);
    // Only where every refund of it has come to nothing does surplus money wait, until it is returned anew.
    const waits = given.length > 0 && given.every(({ status }) => status === 'failed');
    if (!waits && sumFen(given.filter(holdsMoney)) !== surplus.amountFen) broken.push('surplus money stays');
  }
  if (refunds.some((one) => !captures.some((capture) => isOf(one, capture)))) broken.push('a refund of no money');
  return broken;
}

function brokenByState({ order, attempts, captures, refunds }: OrderState): string[] {
  const broken: string[] = [];
  // What costs nothing is paid without money.
  const isFree = order.amountFen === 0;
  const isPaid = isFree ? order.paidAtMs !== null : captures.some(({ role }) => role === 'pays');
  if (isPaid !== wasPaid(order.status)) broken.push(`is ${order.status}, and was ${isPaid ? '' : 'not '}paid`);
  if (isPaid !== (order.paidAtMs !== null)) broken.push('the time of payment is wrong');
  const isAllBack = isPaid && !isFree && order.refundedFen === order.paidFen;
  const isEnoughBack = isPaid && order.refundedFen >= order.paidFen - order.heldBackFen;
  if ((isAllBack && order.status !== 'refunded') || (order.status === 'refunded' && !isEnoughBack)) {
    broken.push(`is ${order.status} with ${order.refundedFen} of ${order.paidFen} fen back`);
  }
  if (isFree && attempts.length > 0) broken.push('somebody is asked to pay nothing');
  if (order.commissionPaidAtMs !== null && (order.completedAtMs === null || order.commission === null)) {
    broken.push('a share was paid of work that is not done, or to nobody');
  }
  if (attempts.some(({ status, leasedUntilMs }) => status === 'opening' && leasedUntilMs === null)) {
    broken.push('an attempt is opening, and nobody has it');
  }
  const isAskedBack = refunds.some(
    (one) => one.purpose === 'order' && one.orderNo === order.orderNo && holdsMoney(one),
  );
  if (order.status === 'split' && (isAskedBack || order.fulfilment !== 'unfulfilled')) {
    broken.push('was split with money on its way back, or with work begun');
  }
  const numbers = [...attempts.map(({ outTradeNo }) => outTradeNo), ...refunds.map(({ refundNo }) => refundNo)];
  if (new Set(numbers).size !== numbers.length) broken.push('a number was used twice');
  const asked = refunds.filter(({ purpose, status }) => purpose === 'order' && !hasEnded(status));
  if (asked.length > 1) broken.push('two refunds are under way');
  return broken;
}

function brokenByLog({ order }: OrderState, events: readonly OrderEvent[]): string[] {
  const broken: string[] = [];
  const last = events.at(-1);
  if (order.version !== events.length) broken.push(`version ${order.version} after ${events.length} events`);
  if (events.some(({ seq }, index) => seq !== index + 1)) broken.push('the log has a gap');
  if (last?.orderStatus !== order.status || last.orderFulfilment !== order.fulfilment) {
    broken.push('the log tells of another state');
  }
  for (const [index, event] of events.slice(1).entries()) {
    const before = events[index];
    if (!before) continue;
    if (isIllegal(MACHINES.order, before.orderStatus, event.orderStatus)) {
      broken.push(`${before.orderStatus} became ${event.orderStatus}`);
    }
    if (isIllegal(MACHINES.fulfilment, before.orderFulfilment, event.orderFulfilment)) {
      broken.push(`${before.orderFulfilment} became ${event.orderFulfilment}`);
    }
  }
  return broken;
}

/** Every move of an attempt or a refund between two states of the order that its table does not have. */
export function illegalMoves(before: OrderState, after: OrderState): string[] {
  const was = new Map<string, AttemptStatus>(before.attempts.map((one) => [one.outTradeNo, one.status]));
  const wasRefund = new Map<string, RefundStatus>(before.refunds.map((one) => [one.refundNo, one.status]));
  return [
    ...after.attempts.flatMap(({ outTradeNo, status }) => {
      const from = was.get(outTradeNo) ?? status;
      return isIllegal(MACHINES.attempt, from, status) ? [`attempt ${from} became ${status}`] : [];
    }),
    ...after.refunds.flatMap(({ refundNo, status }) => {
      const from = wasRefund.get(refundNo) ?? status;
      return isIllegal(MACHINES.refund, from, status) ? [`refund ${from} became ${status}`] : [];
    }),
    ...before.attempts.flatMap(({ outTradeNo, sealed }) => {
      const isKept = after.attempts.some((one) => one.outTradeNo === outTradeNo && one.sealed === sealed);
      return sealed === null || isKept ? [] : ['what was kept of an attempt has gone'];
    }),
    ...(after.attempts.length < before.attempts.length ? ['an attempt has gone'] : []),
    ...(after.captures.length < before.captures.length ? ['captured money has gone'] : []),
    ...(after.refunds.length < before.refunds.length ? ['a refund has gone'] : []),
  ];
}

function isIllegal<Status extends string>(
  table: Readonly<Record<Status, readonly Status[]>>,
  from: Status,
  to: Status,
): boolean {
  return from !== to && !mayMove(table, from, to);
}

function hasEnded(status: RefundStatus): boolean {
  return MACHINES.refund[status].length === 0;
}

function refundsOf({ refunds }: OrderState, capture: Capture) {
  return refunds.filter((one) => isOf(one, capture));
}

function isOf(one: { provider: string; transactionId: string }, capture: Capture): boolean {
  return one.provider === capture.provider && one.transactionId === capture.transactionId;
}
