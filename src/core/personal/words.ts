/** What people write, as reasons and remarks: kept sealed, and named by its row where a reason stands. */

import type { Change } from '../order/decision.ts';
import type { Services } from '../services.ts';
import type { Sealed } from './personal-store.ts';

/** About an order, or about a user's balance. */
const WORDS = /^(?:order\/\w+|catalog\/users\/[\x21-\x7e]+)\/words\//;

/** Seals somebody's words about an order; `null` where nothing was said. */
export async function sealWords(services: Services, orderNo: string, text: string | null): Promise<Sealed | null> {
  if (text === null || text === '') return null;
  const row = `order/${orderNo}/words/${services.ids.commitId()}`;
  return { row, sealed: await services.vault.seal(text, row) };
}

/** The change that keeps somebody's words, in the same write as the event that names them. */
export function keepWords(words: Sealed | null): Change[] {
  return words === null ? [] : [{ type: 'keep_personal', ...words }];
}

/** Whether a reason is the name of words that are kept elsewhere. */
export function isWords(reason: string | null): reason is string {
  return reason !== null && WORDS.test(reason);
}

/** A reason as people read it: their own words again; `null` where they can no longer be read. */
export function readReason(reason: string | null, opened: ReadonlyMap<string, string>): string | null {
  return isWords(reason) ? (opened.get(reason) ?? null) : reason;
}
