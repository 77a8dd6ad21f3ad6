/** The share of an order that was agreed on when it was placed. */

import type { Fen } from '../money.ts';

/** Who gets it, and how much if nothing is given back. */
export type CommissionTerms = { to: string; amountFen: Fen };
