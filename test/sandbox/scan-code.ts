/** A phone's camera: reads the code in a page, with a decoder that nobody here wrote and that did not draw it. */
import jsQR from 'jsqr';

const PIXELS_PER_MODULE = 4;
const BYTES_PER_PIXEL = 4;
/** So many modules round a code have to stay white, or a camera does not find it (ISO/IEC 18004). */
const QUIET_MODULES = 4;
const PICTURE = /<svg viewBox="0 0 (\d+) \1"[^>]*><path d="([^"]*)"\/><\/svg>/;
/** One dark module of a path. Where one is closed, the pen is back at its corner, and `m` counts from there. */
const MODULE = /([Mm])(-?\d+)[ ,]?(-?\d+)h1v1(?:h-1|H(\d+))Z/gy;

type Corner = { x: number; y: number };

/** The text; `null` when the page has no picture, or none that a camera could read. Throws for what is no code at all. */
export function scanCode(page: string): string | null {
  const [, size, path] = PICTURE.exec(page) ?? [];
  if (size === undefined || path === undefined) return null;
  const corners = darkModules(path);
  const nearest = Math.min(...corners.flatMap(({ x, y }) => [x, y, Number(size) - 1 - x, Number(size) - 1 - y]));
  if (nearest < QUIET_MODULES) return null;
  const side = Number(size) * PIXELS_PER_MODULE;
  const pixels = new Uint8ClampedArray(side * side * BYTES_PER_PIXEL).fill(255);
  for (const { x, y } of corners) {
    for (let row = 0; row < PIXELS_PER_MODULE; row += 1) {
      const from = ((y * PIXELS_PER_MODULE + row) * side + x * PIXELS_PER_MODULE) * BYTES_PER_PIXEL;
      pixels.fill(0, from, from + PIXELS_PER_MODULE * BYTES_PER_PIXEL);
    }
  }
  return jsQR(pixels, side, side)?.data ?? null;
}

function darkModules(path: string): Corner[] {
  const corners: Corner[] = [];
  let read = 0;
  for (const [square, step, x, y, back] of path.matchAll(MODULE)) {
    const pen = (step === 'm' ? corners.at(-1) : undefined) ?? { x: 0, y: 0 };
    const corner = { x: pen.x + Number(x), y: pen.y + Number(y) };
    if (back !== undefined && Number(back) !== corner.x) throw new Error(`no square: ${square}`);
    corners.push(corner);
    read += square.length;
  }
  if (read !== path.length) throw new Error(`no square: ${path.slice(read, read + 40)}`);
  return corners;
}
