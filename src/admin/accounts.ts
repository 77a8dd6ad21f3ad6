/** People with an account: their balance beside the fields of their catalogue row, and the ledger that it is the sum of. */

import type { BalanceEntry } from '../core/balance/balance.ts';
import { findLedger } from '../core/balance/find-ledger.ts';
import type { CatalogItem } from '../core/catalog/catalog.ts';
import type { Services } from '../core/services.ts';
import { renderTime } from './render.ts';

/** The rows of a list, each with its balance. Who never had one has nothing. */
export async function withBalances(services: Services, items: readonly CatalogItem[]): Promise<CatalogItem[]> {
  if (items.length === 0) return [];
  const balances = await services.accounts.balances(items.map(({ id }) => id));
  return items.map((item) => ({ ...item, body: { ...item.body, balanceFen: balances.get(item.id) ?? 0 } }));
}

/** One row with its balance and how that came about, newest first. */
export async function withLedger(services: Services, item: CatalogItem): Promise<CatalogItem> {
  const { balanceFen, entries } = await findLedger(services, item.id);
  return { ...item, body: { ...item.body, balanceFen, ledger: entries.map(renderEntry) } };
}

function renderEntry({ seq, atMs, kind, amountFen, balanceFen, orderNo, actor, reason }: BalanceEntry) {
  return { seq, at: renderTime(atMs), kind, amountFen, balanceFen, orderNo, actor, reason };
}
