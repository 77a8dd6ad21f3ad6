/** A code to scan, as a picture within the page. */
import { html, raw } from 'hono/html';
import { encodeQR } from 'qr';
import type { Markup } from './page.ts';

/** So many modules round a code have to stay white, or a camera does not find it (ISO/IEC 18004). */
const QUIET_MODULES = 4;

/** Whoever scans it reads exactly `text`; `label` says what it is to those who cannot see it. */
export function qrPicture(text: string, label: string): Markup {
  const svg = encodeQR(text, 'svg', { border: QUIET_MODULES });
  return html`<div class="qr" role="img" aria-label="${label}">${raw(svg)}</div>`;
}
