/** What WeChat Pay keeps of an order beside its money: what was asked for, and the handles that a payer may pay by. */
import * as z from 'zod';
import type { SandboxStorage } from '../storage.ts';

const ORDERS = 'wechat-orders';
const HANDLES = 'wechat-handles';

const TRADE_TYPE = z.enum(['JSAPI', 'APP', 'NATIVE']);
const ORDER = z.object({
  outTradeNo: z.string(),
  tradeType: TRADE_TYPE,
  /** Everything that the first call asked for, as text, to hold a repeated call against. */
  termsText: z.string(),
  /** The payer that a JSAPI order is for. */
  openid: z.string().nullable(),
  /** What a coupon paid in the payer's place, fen. */
  couponFen: z.int().min(0),
});
const HANDLE = z.object({ outTradeNo: z.string(), issuedAtMs: z.int() });

/** Where the payer pays: in WeChat, in the merchant's app, or by scanning. */
export type TradeType = z.infer<typeof TRADE_TYPE>;

/** An order as it was asked for. */
export type Order = z.infer<typeof ORDER>;

/** What stands behind a prepay id or a code URL. */
export type Handle = z.infer<typeof HANDLE>;

/** The orders of one merchant. */
export type OrderBook = {
  find(outTradeNo: string): Order | null;
  save(order: Order): void;
  /** Makes a prepay id or code URL known. */
  issue(handle: string, outTradeNo: string, issuedAtMs: number): void;
  findHandle(handle: string): Handle | null;
};

/** Opens the book in a storage that it shares with others. */
export function createOrderBook(storage: SandboxStorage): OrderBook {
  return {
    find: (outTradeNo) => ORDER.optional().parse(storage.get(ORDERS, outTradeNo)) ?? null,
    save: (order) => storage.put(ORDERS, order.outTradeNo, order),
    issue: (handle, outTradeNo, issuedAtMs) => storage.put(HANDLES, handle, { outTradeNo, issuedAtMs }),
    findHandle: (handle) => HANDLE.optional().parse(storage.get(HANDLES, handle)) ?? null,
  };
}
