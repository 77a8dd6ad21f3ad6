/** Refunds as operators read them: with the words of those who asked for them. */

import { openSealed } from '../personal/open-sealed.ts';
import { isWords, readReason } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { Refund } from './refund.ts';

/** The same refunds, their reasons opened. */
export async function readableRefunds(services: Services, refunds: readonly Refund[]): Promise<Refund[]> {
  const rows = refunds.map(({ reason }) => reason).filter(isWords);
  const opened = await openSealed(services, rows.length === 0 ? [] : await services.personal.read(rows));
  return refunds.map((refund) => ({ ...refund, reason: readReason(refund.reason, opened) }));
}
