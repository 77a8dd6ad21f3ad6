/** Decimal digits for numbers that must differ from those of an earlier run, whose books may be gone. */

/** So many random decimal digits. */
export function randomDigits(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => byte % 10).join('');
}
