/** What a merchant asks for and a payer agrees to, by order string and by code alike. */
import type { Trade } from '../trade.ts';

/** The terms of one payment. */
export type OrderTerms = {
  outTradeNo: string;
  amountFen: number;
  subject: string;
  /** UTC ms, from `time_expire`. */
  payableUntilMs: number;
  notifyUrl: string;
};

/** Whether a number that comes again stands for what it stood for before. */
export function sameTerms(before: OrderTerms | Trade, terms: OrderTerms): boolean {
  return (
    before.amountFen === terms.amountFen &&
    before.subject === terms.subject &&
    before.payableUntilMs === terms.payableUntilMs
  );
}
