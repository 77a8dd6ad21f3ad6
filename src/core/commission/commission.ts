/** A share of an order's amount, for whoever brought its customer. */

import type { Fen } from '../money.ts';
import { wasPaid } from '../order/lifecycle.ts';
import type { Order } from '../order/order.ts';
import type { CommissionTerms } from './commission-terms.ts';

/** Where a share stands. `accrued`: paid for, not yet due. `payable`: the work is done. `reversed`: nothing is left. */
export type Commission = CommissionTerms & {
  status: 'accrued' | 'payable' | 'reversed';
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
 * alone. A refund takes its proportion of it; what is left is rounded down, so that no share is paid of money that went
 * back.
 */
export function commissionOf(order: Order): Commission | null {
  const { commission, paidFen, refundedFen } = order;
  if (commission === null || !wasPaid(order.status) || paidFen === 0) return null;
  const leftFen = Number((BigInt(commission.amountFen) * BigInt(paidFen - refundedFen)) / BigInt(paidFen));
  const isDone = order.completedAtMs !== null;
  return {
    ...commission,
    status: leftFen === 0 ? 'reversed' : isDone ? 'payable' : 'accrued',
    reversedFen: commission.amountFen - leftFen,
    payableFen: isDone ? leftFen : 0,
  };
}
