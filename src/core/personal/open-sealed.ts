/** Opens sealed texts for those who may read them. */

import { describeError } from '../log.ts';
import type { Services } from '../services.ts';
import type { Sealed } from './personal-store.ts';

/**
 * The texts by row. One that cannot be opened, because its key is gone, is left out and alerted: that a text is lost
 * must not stop anybody from paying, or from getting money back.
 */
export async function openSealed(services: Services, texts: readonly Sealed[]): Promise<ReadonlyMap<string, string>> {
  const opened = new Map<string, string>();
  for (const { row, sealed } of texts) {
    try {
      opened.set(row, await services.vault.open(sealed, row));
    } catch (error) {
      services.log.alert('personal_data_unreadable', { row, ...describeError(error) });
    }
  }
  return opened;
}
