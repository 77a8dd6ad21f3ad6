/** What an order costs, and what of it is left where only part of it was recharged. */

import type { Fen } from '../../core/money.ts';

/** The price of so many. Exact: both are bounded by their schemas. */
export function totalOf(priceFen: Fen, quantity: number): Fen {
  return priceFen * quantity;
}

/**
 * What of an order's amount stands for what is still to be recharged, rounded down to the fen. Divided only where it
 * comes out even, so that nothing is rounded on the way.
 */
export function remainingShareOf(amountFen: Fen, remaining: number, quantity: number): Fen {
  const parts = amountFen * remaining;
  return (parts - (parts % quantity)) / quantity;
}
