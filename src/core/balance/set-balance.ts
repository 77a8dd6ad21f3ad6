/** Sets a user's balance, on an operator's word. */

import { accept, refuse, type Result } from '../errors.ts';
import { itemRow } from '../catalog/catalog.ts';
import type { Fen } from '../money.ts';
import type { Services } from '../services.ts';

/** What the balance is to be, and why. */
export type NewBalance = { userId: string; balanceFen: Fen; actor: string; reason: string | null };

/** Between reading and writing, an order can have changed it; that often, and the operator is asked to come back. */
const MAX_TRIES = 5;

/** A balance that is what it is to be stays as it is, without a row in its ledger. Refuses `busy`. */
export async function setBalance(services: Services, wanted: NewBalance): Promise<Result<null>> {
  const row = `${itemRow({ kind: 'users', id: wanted.userId })}/words/${services.ids.commitId()}`;
  const reason = wanted.reason === null ? null : { row, sealed: await services.vault.seal(wanted.reason, row) };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await services.accounts.set({ ...wanted, reason, atMs: services.now() })) return accept(null);
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}
