/** A refund: money on its way back, under a number that is fixed before the provider hears of it. */

import type { Fen } from '../money.ts';
import type { RefundStatus } from '../order/lifecycle.ts';

/** One refund of one capture. */
export type Refund = {
  /** Position among all refunds; some documents show it. */
  id: number;
  /** The attempt's number and two digits: fixed at first sight, the same over all tries. */
  refundNo: string;
  orderNo: string;
  outTradeNo: string;
  provider: string;
  transactionId: string;
  /** `order`: somebody asked for it. `surplus`: this service found money that should not be here. */
  purpose: 'order' | 'surplus';
  status: RefundStatus;
  amountFen: Fen;
  reason: string | null;
  requestedBy: string;
  decidedBy: string | null;
  createdAtMs: number;
  updatedAtMs: number;
  finishedAtMs: number | null;
};

/** How many refunds one payment may have: within the two digits of their number, and every provider's limit. */
export const MAX_REFUNDS = 50;

/** Whether a refund still counts against the money that was captured. */
export function holdsMoney(refund: Refund): boolean {
  return refund.status !== 'failed' && refund.status !== 'rejected';
}

/** Whether a refund has neither succeeded nor come to nothing. */
export function isUnderWay(refund: Refund): boolean {
  return refund.status === 'requested' || refund.status === 'processing';
}

/** The number of an attempt's nth refund, counted from 1. */
export function refundNumber(outTradeNo: string, nth: number): string {
  return outTradeNo + String(nth).padStart(2, '0');
}
