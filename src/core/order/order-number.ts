/** Order numbers: the day in Shanghai and 14 digits that nobody can guess. */

const SHANGHAI_OFFSET_MS = 8 * 60 * 60 * 1000;
const RANDOM_DIGITS = 14;

/** The calendar day in Shanghai, as `YYYYMMDD`. China has kept one time zone without summer time since 1992. */
export function shanghaiDay(ms: number): string {
  return new Date(ms + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10).replaceAll('-', '');
}

/** A new number; `random` fills an array with cryptographic bytes. 14 digits are 46 bits. */
export function newOrderNo(nowMs: number, random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): string {
  let digits = '';
  while (digits.length < RANDOM_DIGITS) {
    // Bytes of 250 and more are thrown away, or the low digits would come up more often than the high ones.
    for (const byte of random(new Uint8Array(RANDOM_DIGITS))) {
      if (byte < 250 && digits.length < RANDOM_DIGITS) digits += String(byte % 10);
    }
  }
  return shanghaiDay(nowMs) + digits;
}

/** Whether a text can be an order number at all; asked before it is looked up anywhere. */
export function isOrderNo(text: string): boolean {
  return /^(ORD)?\d{22}$/.test(text);
}
