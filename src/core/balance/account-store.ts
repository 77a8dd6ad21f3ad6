/** The port for accounts: reading one before an order is placed on it, and the ledger of its balance. */

import type { Fen } from '../money.ts';
import type { Sealed } from '../personal/personal-store.ts';
import type { Account } from './account.ts';
import type { BalanceEntry } from './balance.ts';

/** Whose account to read, and with which coupon. */
export type AccountQuery = { dialect: string; userId: string; couponCode: string | null; nowMs: number };

/** A balance as an operator wants it. */
export type WantedBalance = {
  userId: string;
  balanceFen: Fen;
  actor: string;
  /** Their words about it, if any. */
  reason: Sealed | null;
  atMs: number;
};

/** The accounts' store. Balances that orders change are written with the orders. */
export type AccountStore = {
  read(query: AccountQuery): Promise<Account>;
  /** The balances of these users; who has none is left out. */
  balances(userIds: readonly string[]): Promise<ReadonlyMap<string, Fen>>;
  /** A user's ledger, newest first. */
  entries(userId: string, limit: number): Promise<BalanceEntry[]>;
  /** Writes one row of the ledger, unless the balance is what is wanted. `false`: the balance has changed meanwhile. */
  set(wanted: WantedBalance): Promise<boolean>;
};
