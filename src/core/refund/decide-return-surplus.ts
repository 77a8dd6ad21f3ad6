/** Decides on another try to give back surplus money, after a refund of it came to nothing. */

import { accept, refuse } from '../errors.ts';
import type { ReturnSurplus } from '../order/command.ts';
import { already, type Decided } from '../order/decision.ts';
import type { OrderState } from '../order/order.ts';
import { holdsMoney, MAX_REFUNDS } from './refund.ts';
import { surplusRefund } from './surplus-refund.ts';

/**
 * Refuses `refund_not_found` for money that is no surplus, and `refund_exceeds_paid` once its numbers are used up: then
 * a person has to see to it. Money whose refund stands or has succeeded is `already`.
 */
export function decideReturnSurplus(state: OrderState, command: ReturnSurplus, nowMs: number): Decided {
  const isIt = (one: { provider: string; transactionId: string }) =>
    one.provider === command.provider && one.transactionId === command.transactionId;
  const capture = state.captures.find((one) => isIt(one) && one.role === 'surplus');
  if (!capture) return refuse('refund_not_found');
  const standing = state.refunds.find((one) => isIt(one) && holdsMoney(one));
  if (standing) return already(standing.refundNo);
  const tries = state.refunds.filter((one) => one.outTradeNo === capture.outTradeNo);
  if (tries.length >= MAX_REFUNDS) return refuse('refund_exceeds_paid');
  const { event, change, refundNo } = surplusRefund(state, capture, nowMs);
  return accept({ events: [event], changes: [change], subject: refundNo });
}
