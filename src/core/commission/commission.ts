/** A share of an order's amount, for whoever brought its customer. */

import type { Fen } from '../money.ts';
import { wasPaid } from '../order/lifecycle.ts';
import type { Order } from '../order/order.ts';
import type { CommissionTerms } from './commission-terms.ts';

/**
 * Where a share stands. `accrued`: the order is paid for. `payable`: the work is done. `paid`: it is on the receiver's
 * balance. `reversed`: nothing is left of it.
 */
export type Commission = Pick<CommissionTerms, 'to' | 'amountFen'> & {
  status: 'accrued' | 'payable' | 'paid' | 'reversed';
  /** What refunds have taken from it, and what of it may be paid out now. */
  reversedFen: Fen;
  payableFen: Fen;
};

/** One hundredth of a percent. */
const BASIS_POINTS = 10_000n;

/** A share of an amount in basis points (500 are 5 %), rounded down to the fen. */
export function shareOf(amountFen: Fen, bps: number): Fen {
  return Number((BigInt(amountFen) * BigInt(bps)) / BASIS_POINTS);
}

/**
 * An order's share as it stands: `null` until the order is paid, and where nobody gets one. It follows from the order
 * alone, of which the customer's balance may have paid a part. A refund takes its proportion of it; what is left is
 * rounded down, so that no share is paid of money that went back.
 */
export function commissionOf(order: Order): Commission | null {
  const { commission, refundedFen } = order;
  const worthFen = order.paidFen + order.balanceFen;
  if (commission === null || !wasPaid(order.status) || worthFen === 0) return null;
  const leftFen = Number((BigInt(commission.amountFen) * BigInt(worthFen - refundedFen)) / BigInt(worthFen));
  const isDone = order.completedAtMs !== null;
  const isPaid = order.commissionPaidAtMs !== null;
  const { to, amountFen } = commission;
  return {
    to,
    amountFen,
    status: isPaid ? 'paid' : leftFen === 0 ? 'reversed' : isDone ? 'payable' : 'accrued',
    reversedFen: amountFen - leftFen,
    payableFen: isDone && !isPaid ? leftFen : 0,
  };
}
