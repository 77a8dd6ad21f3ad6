/** What an order comes to, step by step. Pure, in whole fen; each step that divides rounds once, down. */

import { shareOf } from '../../core/commission/commission.ts';
import type { Fen } from '../../core/money.ts';

/** What a coupon takes off: an amount, or a percentage of the price. */
export type Reduction = { type: 'fixed'; valueFen: Fen } | { type: 'percent'; percent: number };

/** What an order is priced by. */
export type PriceBasis = {
  priceFen: Fen;
  /** `null`: no coupon. */
  coupon: Reduction | null;
  /** What this user always gets off, in percent of the price; 0: nothing. */
  userPercent: number;
  /** What of the plan that is replaced is unused; 0 where none is. */
  unusedFen: Fen;
  /** What the user has on their balance. */
  balanceFen: Fen;
  /** The inviter's share, in basis points; 0: nobody gets one. */
  commissionBps: number;
};

/** The amounts of an order: `priceFen` = discount + (unused − credit) + balance + amount. None is below zero. */
export type OrderAmounts = {
  /** `null`: nothing was to be taken off. What was, may have come to 0. */
  discountFen: Fen | null;
  /** What of the unused value this order has no use for: it goes to the balance when the order is opened. */
  creditFen: Fen;
  /** The inviter's share of what is left before the balance. */
  commissionFen: Fen;
  /** What the balance pays. */
  balanceFen: Fen;
  /** What is left to pay. */
  amountFen: Fen;
};

const BPS_PER_PERCENT = 100;

/** Prices an order. What is left after each step is what the next one reckons with. */
export function priceOrder(basis: PriceBasis): OrderAmounts {
  const discountFen = discountOf(basis);
  const totalFen = basis.priceFen - (discountFen ?? 0);
  const takenOverFen = Math.min(basis.unusedFen, totalFen);
  const dueFen = totalFen - takenOverFen;
  const balanceFen = Math.min(basis.balanceFen, dueFen);
  return {
    discountFen,
    creditFen: basis.unusedFen - takenOverFen,
    commissionFen: shareOf(dueFen, basis.commissionBps),
    balanceFen,
    amountFen: dueFen - balanceFen,
  };
}

/** The coupon's part and the user's part, both of the whole price, and never more than that. */
function discountOf({ priceFen, coupon, userPercent }: PriceBasis): Fen | null {
  if (coupon === null && userPercent === 0) return null;
  const byCouponFen = coupon === null ? 0 : reductionOf(coupon, priceFen);
  return Math.min(priceFen, byCouponFen + percentOf(priceFen, userPercent));
}

function reductionOf(coupon: Reduction, priceFen: Fen): Fen {
  return coupon.type === 'fixed' ? coupon.valueFen : percentOf(priceFen, coupon.percent);
}

function percentOf(amountFen: Fen, percent: number): Fen {
  return shareOf(amountFen, percent * BPS_PER_PERCENT);
}
