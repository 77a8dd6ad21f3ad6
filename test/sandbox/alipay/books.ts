/** What Alipay's methods work on: the ledger, the codes that can be scanned, and the clock. */
import type { Ledger } from '../ledger.ts';
import type { Trade } from '../trade.ts';
import type { CodeBook } from './code-book.ts';

/** The ledger, the codes and the clock, UTC ms. */
export type Books = { ledger: Ledger; codes: CodeBook; now: () => number };

/** The trade that a call names. When it gives both numbers, Alipay's own wins. */
export function findTrade(
  { ledger }: Pick<Books, 'ledger'>,
  which: { out_trade_no?: string | undefined; trade_no?: string | undefined },
): Trade | null {
  if (which.trade_no !== undefined) return ledger.tradeByTransactionId(which.trade_no);
  return which.out_trade_no === undefined ? null : ledger.trade(which.out_trade_no);
}
