/** A user's balance: the sum of a ledger that only grows. */

import type { Fen } from '../money.ts';

/**
 * Why a balance changed. `spent`: on an order; `returned`: that order was never paid; `credited`: value that a change of
 * plan had no use for; `commission`: a share of somebody else's order; `set`: by an operator.
 */
export type BalanceChange = 'spent' | 'returned' | 'credited' | 'commission' | 'set';

/** One row of the ledger. The balance after it is the balance before it and its amount; it never falls below zero. */
export type BalanceEntry = {
  userId: string;
  /** Counts from 1 without a gap for each user. */
  seq: number;
  atMs: number;
  kind: BalanceChange;
  /** Below zero where it was spent. */
  amountFen: Fen;
  balanceFen: Fen;
  /** The order that it is about; `null` where an operator set it. An order changes a balance once in each way. */
  orderNo: string | null;
  actor: string;
  /** What an operator gave as the reason: the name of words that are kept sealed. */
  reason: string | null;
};
