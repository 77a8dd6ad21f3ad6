/** What WeChat Pay's calls work on. */
import type { Ledger } from '../ledger.ts';
import type { Merchant } from './merchant.ts';
import type { OrderBook } from './order-book.ts';
import type { RefundDesk } from './refund-desk.ts';

/** The money, the orders, the refunds and the clock, UTC ms. */
export type Books = {
  merchant: Merchant;
  ledger: Ledger;
  orders: OrderBook;
  refunds: RefundDesk;
  now: () => number;
};
