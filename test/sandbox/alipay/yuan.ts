/** Alipay's amounts on the wire: yuan as decimal text. Inside the sandbox: integer fen. */

const LARGEST_FEN = 10_000_000_000;

/** Fen as yuan with two decimals. */
export function formatYuan(fen: number): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Fen of yuan text from 0.01 to 100000000 with at most two decimals; `null` for anything else, zero among it. */
export function parseYuan(text: string): number | null {
  const [, yuan, decimals = ''] = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  if (yuan === undefined) return null;
  const fen = Number(yuan + decimals.padEnd(2, '0'));
  return fen >= 1 && fen <= LARGEST_FEN ? fen : null;
}
