/** What is kept of a prepared payment: it leads to a person, so it is only ever kept sealed. */

import type { Services } from '../services.ts';
import { openSealed } from '../personal/open-sealed.ts';
import type { Sealed } from '../personal/personal-store.ts';
import { type Attempt, attemptRow } from './attempt.ts';

/** The provider's handle on the payment, and who it was prepared for. */
export type Kept = { handle: string | null; payerId: string | null };

/** Seals what is to be kept; `null` where there is nothing. */
export async function sealKept(services: Services, outTradeNo: string, kept: Kept): Promise<Sealed | null> {
  if (kept.handle === null && kept.payerId === null) return null;
  const row = attemptRow(outTradeNo);
  return { row, sealed: await services.vault.seal(JSON.stringify([kept.handle, kept.payerId]), row) };
}

/** Opens what was kept; both `null` where nothing was, or where it can no longer be read. */
export async function openKept(services: Services, { sealed, outTradeNo }: Attempt): Promise<Kept> {
  const row = attemptRow(outTradeNo);
  const opened = sealed === null ? undefined : (await openSealed(services, [{ row, sealed }])).get(row);
  const kept: unknown = JSON.parse(opened ?? 'null');
  const [handle, payerId] = Array.isArray(kept) ? kept.map(textOrNull) : [];
  return { handle: handle ?? null, payerId: payerId ?? null };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
