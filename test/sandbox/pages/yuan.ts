/** Amounts as a payer reads them. */

/** Fen as yuan with two decimals. */
export function formatYuan(fen: number): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
