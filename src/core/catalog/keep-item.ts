/** Writes a catalogue row as an operator wants it, what is about a person sealed. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Services } from '../services.ts';
import { type CatalogItem, type CatalogRef, itemRow } from './catalog.ts';
import { openFields } from './readable-items.ts';

/** Between reading what was sealed and writing it anew, another operator can have changed it; that often, and one waits. */
const MAX_TRIES = 3;

/**
 * Fields that are left out keep their value, also the `personal` ones. Refuses `busy`, and `invalid_input` for a value of
 * the `unique` field that another row has.
 */
export async function keepItem(
  services: Services,
  ref: CatalogRef,
  body: Record<string, unknown>,
  personal: readonly string[],
  unique?: string,
): Promise<Result<CatalogItem>> {
  const plain = Object.fromEntries(Object.entries(body).filter(([field]) => !personal.includes(field)));
  const fields = Object.fromEntries(Object.entries(body).filter(([field]) => personal.includes(field)));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [was] = personal.length === 0 ? [] : await services.personal.read([itemRow(ref)]);
    const merged = { ...(await openFields(services, ref, was)), ...fields };
    const resealed = Object.keys(merged).length > 0 && {
      sealed: await services.vault.seal(JSON.stringify(merged), itemRow(ref)),
      was: was?.sealed ?? null,
    };
    const item = await services.catalog.put(ref, plain, services.now(), resealed || null);
    if (item === 'taken')
      return refuse('invalid_input', { field: unique ?? 'body', message: 'is what another row has' });
    if (item) return accept({ ...item, body: { ...item.body, ...merged } });
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}
