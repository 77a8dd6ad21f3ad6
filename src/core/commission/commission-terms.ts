/** The share of an order that was agreed on when it was placed. */

import type { Fen } from '../money.ts';

/** Who gets it, and how much if nothing is given back. */
export type CommissionTerms = {
  to: string;
  amountFen: Fen;
  /** How long after the work is done it goes to their balance, ms; `null`: it is paid out elsewhere. */
  payoutAfterMs: number | null;
};
