/** Draws a text as a QR code, for a page to show as a picture. */

import { encodeQR } from 'qr';

/** So many modules round a code have to stay white, or a camera does not find it (ISO/IEC 18004). */
const QUIET_MODULES = 4;

/** An SVG of so many pixels. Its ground is white whatever the page's is. */
export function drawCode(text: string, sizePx: number): string {
  const code = encodeQR(text, 'svg', { border: QUIET_MODULES });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${sizePx}" height="${sizePx}" viewBox="0 0 ${sizePx} ${sizePx}"
    shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/>${code}</svg>`;
}
