/** Money: integer fen inside, and the exact ways in and out. */

/** An amount in fen, the hundredth of a yuan: always a safe integer, never a float. */
export type Fen = number;

/** The largest amount one order, payment or refund may have: 100,000,000 yuan, the providers' own limit. */
export const MAX_AMOUNT_FEN: Fen = 10_000_000_000;

/** Whether a number is an amount that can be charged: a positive integer within {@link MAX_AMOUNT_FEN}. */
export function isChargeable(amountFen: number): boolean {
  return Number.isSafeInteger(amountFen) && amountFen > 0 && amountFen <= MAX_AMOUNT_FEN;
}

/** Fen as the decimal text that providers take: `19600` is `"196.00"`. Exact: only integers are divided. */
export function formatYuan(amountFen: Fen): string {
  const yuan = Math.trunc(amountFen / 100);
  const fen = amountFen % 100;
  return `${yuan}.${String(fen).padStart(2, '0')}`;
}

/** Fen as the JSON number of yuan that some documents show: `29990` is `299.9`, the number nearest to it, as printed. */
export function yuanOfFen(amountFen: Fen): number {
  return amountFen / 100;
}

/**
 * Yuan as a JSON number, to fen, by the number's value: `299`, `299.0` and `2.99e2` are `29900`. `null` for what is no
 * amount: not finite, negative, more than two decimals, or more than {@link MAX_AMOUNT_FEN}.
 */
export function fenOfYuan(yuan: number): Fen | null {
  return parseYuan(String(yuan));
}

/**
 * Decimal yuan text as fen: `"196"`, `"196.0"` and `"196.00"` are `19600`. `null` for anything else: signs, blanks,
 * exponents, more than two decimals, or more than {@link MAX_AMOUNT_FEN}.
 */
export function parseYuan(text: string): Fen | null {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) return null;
  const amountFen = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return amountFen <= MAX_AMOUNT_FEN ? amountFen : null;
}
