/** WeChat Pay's own signature over answers and notifications, with the keys of a rotation and the deliberate probes. */
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { SandboxStorage } from '../storage.ts';
import { randomText } from './random-text.ts';
import { linesToSign, signText } from './signature.ts';

/** A key of WeChat Pay's, under the serial that merchants know it by. */
export type PlatformKey = { serial: string; privateKey: KeyObject };

/** What is signed. */
export type Signed = 'answer' | 'notification';

/** The signer. */
export type PlatformSigner = {
  /** The headers that vouch for a body, made now: the time in them is part of the signature. */
  sign(what: Signed, body: string): Record<string, string>;
  /** Which key signs from here on, answers and notifications alike. Throws when there is no second one. */
  use(which: 'current' | 'next'): void;
  /** The next so many signatures of a kind are false, the way WeChat Pay probes whether merchants look. */
  probe(what: Signed, times: number): void;
};

/** What the signer works with. */
export type PlatformSignerParts = {
  current: PlatformKey;
  next: PlatformKey | null;
  storage: SandboxStorage;
  now: () => number;
};

/** Creates the signer. Its switches are kept in the storage. */
export function createPlatformSigner({ current, next, storage, now }: PlatformSignerParts): PlatformSigner {
  const signingKey = (): PlatformKey =>
    next !== null && storage.get('settings', 'wechat-signs-with') === 'next' ? next : current;

  function mustProbe(what: Signed): boolean {
    const left = z
      .int()
      .default(0)
      .parse(storage.get('settings', `wechat-probes-${what}`));
    if (left > 0) storage.put('settings', `wechat-probes-${what}`, left - 1);
    return left > 0;
  }

  return {
    sign(what, body) {
      const { serial, privateKey } = signingKey();
      const timestamp = String(Math.floor(now() / 1000));
      const nonce = randomText(32);
      const signature = mustProbe(what)
        ? `WECHATPAY/SIGNTEST/${randomText(320)}`
        : signText(linesToSign(timestamp, nonce, body), privateKey);
      return {
        'wechatpay-nonce': nonce,
        'wechatpay-serial': serial,
        'wechatpay-signature': signature,
        'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
        'wechatpay-timestamp': timestamp,
      };
    },
    use(which) {
      if (which === 'next' && next === null) throw new Error('there is no second platform key');
      storage.put('settings', 'wechat-signs-with', which);
    },
    probe: (what, times) => storage.put('settings', `wechat-probes-${what}`, times),
  };
}
