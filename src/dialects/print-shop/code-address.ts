/** Where the picture of a code is: an address that only this service can write. */

import { accept, refuse, type Result } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import { CODE_SIZE } from './schema.ts';

/** What a code's text is sealed for. */
const ROW = 'qr-code';

/** The address of the picture of a code that says `text`. It needs no token: its `uri` is sealed by this service. */
export async function codeAddress({ settings, vault }: Services, text: string): Promise<string> {
  const query = new URLSearchParams({ size: String(CODE_SIZE), uri: await vault.seal(text, ROW) });
  return `${settings.publicUrl}/API/pay/QRCode?${query.toString()}`;
}

/** What the code of an address says. Refuses `invalid_input` for a `uri` that this service has not sealed for a code. */
export async function readCode({ vault }: Services, uri: string): Promise<Result<string>> {
  try {
    return accept(await vault.open(uri, ROW));
  } catch {
    return refuse('invalid_input', { field: 'uri', message: '不是有效的二维码' });
  }
}
