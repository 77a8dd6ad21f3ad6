/** The nonces of the last minutes: the same signed request does not pass twice. */
import * as z from 'zod';
import type { SandboxStorage } from '../storage.ts';

const TABLE = 'wechat-nonces';
const SEEN = z.object({ nonce: z.string(), timestampS: z.int() });

/** Remembers a nonce for as long as its timestamp would be accepted. */
export type NonceMemory = {
  /** Whether the nonce is new; from here on it is not. */
  use(nonce: string, timestampS: number): boolean;
};

/** Opens the memory. It tidies up once in a while only, because a list costs more than a look. */
export function createNonceMemory(storage: SandboxStorage, now: () => number, toleranceS: number): NonceMemory {
  function tidyUp(): void {
    const nowS = now() / 1000;
    const tidiedS = storage.get('settings', 'wechat-nonces-tidied');
    if (typeof tidiedS === 'number' && nowS - tidiedS < toleranceS) return;
    storage.put('settings', 'wechat-nonces-tidied', nowS);
    for (const stored of storage.list(TABLE)) {
      const { nonce, timestampS } = SEEN.parse(stored);
      if (nowS - timestampS > toleranceS) storage.delete(TABLE, nonce);
    }
  }

  return {
    use(nonce, timestampS) {
      tidyUp();
      if (storage.get(TABLE, nonce) !== undefined) return false;
      storage.put(TABLE, nonce, { nonce, timestampS });
      return true;
    },
  };
}
