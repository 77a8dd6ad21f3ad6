/** What Alipay keeps of a payment that can be scanned: what was asked for, and the codes that lead to it. */
import * as z from 'zod';
import type { SandboxStorage } from '../storage.ts';

const ORDERS = 'alipay-orders';
const CODES = 'alipay-codes';

const ORDER = z.object({
  terms: z.object({
    outTradeNo: z.string(),
    amountFen: z.int().positive(),
    subject: z.string(),
    payableUntilMs: z.int(),
    notifyUrl: z.string(),
  }),
  /** How many codes were given for it. */
  codes: z.int().positive(),
});
const CODE = z.object({ outTradeNo: z.string(), issuedAtMs: z.int() });

/** A payment that was asked for. It is no trade: that comes to be when somebody scans. */
export type CodeOrder = z.infer<typeof ORDER>;

/** What stands behind a code. */
export type IssuedCode = z.infer<typeof CODE>;

/** The codes of one merchant. */
export type CodeBook = {
  findOrder(outTradeNo: string): CodeOrder | null;
  /** Writes an order down and makes its newest code known. */
  issue(codeUrl: string, order: CodeOrder, issuedAtMs: number): void;
  findCode(codeUrl: string): IssuedCode | null;
};

/** Opens the book in a storage that it shares with others. */
export function createCodeBook(storage: SandboxStorage): CodeBook {
  return {
    findOrder: (outTradeNo) => ORDER.optional().parse(storage.get(ORDERS, outTradeNo)) ?? null,
    issue(codeUrl, order, issuedAtMs) {
      const { outTradeNo } = order.terms;
      storage.put(ORDERS, outTradeNo, order);
      storage.put(CODES, codeUrl, { outTradeNo, issuedAtMs });
    },
    findCode: (codeUrl) => CODE.optional().parse(storage.get(CODES, codeUrl)) ?? null,
  };
}
