/** What is kept of a prepared payment: it leads to a person, so it is only ever kept sealed. */

import type { Services } from '../services.ts';
import { type Attempt, attemptRow } from './attempt.ts';

/** The provider's handle on the payment, and who it was prepared for. */
export type Kept = { handle: string | null; payerId: string | null };

/** Seals what is to be kept; `null` where there is nothing. */
export async function sealKept(services: Services, outTradeNo: string, kept: Kept): Promise<string | null> {
  if (kept.handle === null && kept.payerId === null) return null;
  return services.vault.seal(JSON.stringify([kept.handle, kept.payerId]), attemptRow(outTradeNo));
}

/** Opens what was kept; both `null` where nothing was. */
export async function openKept(services: Services, { sealed, outTradeNo }: Attempt): Promise<Kept> {
  if (sealed === null) return { handle: null, payerId: null };
  const kept: unknown = JSON.parse(await services.vault.open(sealed, attemptRow(outTradeNo)));
  const [handle, payerId] = Array.isArray(kept) ? kept.map(textOrNull) : [];
  return { handle: handle ?? null, payerId: payerId ?? null };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
