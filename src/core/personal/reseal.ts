/** Seals everything anew that an outgoing key has sealed, so that the key can be taken away. */

import { eachOfPages } from '../each-of-pages.ts';
import type { Services } from '../services.ts';
import type { Sealed } from './personal-store.ts';

/**
 * Works through what the previous key has sealed, some pages a run, and says in the log how much. A run that finds
 * nothing says nothing: then the previous key is not needed any more.
 */
export async function reseal(services: Services): Promise<void> {
  const keyId = await services.vault.previousKeyId();
  if (keyId === null) return;
  let resealed = 0;
  let after = '';
  await eachOfPages(services, 'reseal', {
    read: async (limit) => {
      const texts = await services.personal.sealedWith(keyId, after, limit);
      after = texts.at(-1)?.row ?? after;
      return texts;
    },
    work: async (was: Sealed) => {
      const text = await services.vault.open(was.sealed, was.row);
      await services.personal.replace(was, await services.vault.seal(text, was.row));
      resealed++;
    },
  });
  if (resealed > 0) services.log.info('personal_data_resealed', { keyId, resealed });
}
