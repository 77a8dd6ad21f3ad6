/** Reads a user's balance and the rows that it is the sum of, for operators. */

import type { Fen } from '../money.ts';
import { openSealed } from '../personal/open-sealed.ts';
import { readReason } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { BalanceEntry } from './balance.ts';

/** How much of a ledger is shown. */
const MAX_ENTRIES = 200;

/** The balance, and the newest rows of its ledger with the reasons in the words of those who gave them. */
export async function findLedger(
  services: Services,
  userId: string,
): Promise<{ balanceFen: Fen; entries: readonly BalanceEntry[] }> {
  const entries = await services.accounts.entries(userId, MAX_ENTRIES);
  const reasons = entries.map(({ reason }) => reason).filter((reason) => reason !== null);
  const texts = reasons.length === 0 ? [] : await services.personal.read(reasons);
  const opened = await openSealed(services, texts);
  return {
    balanceFen: entries[0]?.balanceFen ?? 0,
    entries: entries.map((entry) => ({ ...entry, reason: readReason(entry.reason, opened) })),
  };
}
