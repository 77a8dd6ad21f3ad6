/** What a customer of the print shop does: the calls of its documents, read back by their own fields. */
import * as z from 'zod';
import { scanCode } from '../sandbox/scan-code.ts';
import type { Received, Sent, Shop } from './shop.ts';

const placed = z.object({ result: z.literal('OK'), info: z.object({ orderID: z.string(), desc: z.string() }) });
const coded = z.object({ result: z.literal('OK'), info: z.strictObject({ QRCode: z.url() }) });
const formed = z.object({ result: z.literal('OK'), info: z.strictObject({ payform: z.string() }) });
const traded = z.object({ result: z.literal('OK'), info: z.object({ state: z.string() }) });
const counted = z.object({ result: z.literal('OK'), info: z.record(z.string(), z.int().nonnegative()) });
const listed = z.object({
  result: z.literal('OK'),
  info: z.array(z.looseObject({ orderID: z.string(), state: z.string() })),
});

/** The user of the demo rows. */
export const EXAMPLE_USER = '1fba29cd8cc72f1ad';

/** The document's own file: two pages on one side of one sheet. */
export const EXAMPLE_FILE = {
  fileID: 'A52B4686E173B0612B71148F7F9E099A',
  fileName: '申报指南.docx',
  row: 1,
  col: 2,
  copies: 1,
  size: 'A4',
  caliper: '70g',
  color: 'mono',
  side: 1,
  startPage: 0,
  endPage: 0,
} as const;

/** The other file of the demo rows, of ten pages, a page on each sheet: 250 fen. */
export const LONG_FILE = {
  ...EXAMPLE_FILE,
  fileID: '3B052B46B7111286E48F7648F76E099A',
  fileName: '保养指南.docx',
  col: 1,
} as const;

/** The document's own order, for 25 fen. */
export const EXAMPLE_ORDER = {
  pointID: '0026',
  money: 25,
  files: [EXAMPLE_FILE],
  dispatching: { nickname: '', phone: '', address: '', message: '' },
} as const;

/** Where a delivery goes, unless a test wants it elsewhere. */
export const DISPATCHING = {
  nickname: '赵六',
  phone: '13600136000',
  address: '杭州市西湖区文三路9号',
  message: '放门口，谢谢',
} as const;

/** A delivered order: twenty pages for 500 fen, and 200 for the way. */
export const DELIVERED_ORDER = {
  ...EXAMPLE_ORDER,
  money: 700,
  files: [{ ...LONG_FILE, copies: 2 }],
  dispatching: DISPATCHING,
} as const;

export type Payway = 'WXPAY' | 'ALIPAY';

/** A customer. Each call gives what came, whatever it was; those that begin with `new` throw where it went wrong. */
export type PrintCustomer = {
  userId: string;
  /** Paths begin below `/API`. */
  send(path: string, sent?: Sent): Promise<Received>;
  /** The document's order with the fields that a test wants otherwise. */
  verify(fields?: Record<string, unknown>, headers?: Record<string, string>): Promise<Received>;
  detail(orderID: string): Promise<Received>;
  info(query?: string): Promise<Received>;
  amount(): Promise<Received>;
  cancel(orderID: unknown): Promise<Received>;
  refund(orderID: unknown, reason?: unknown): Promise<Received>;
  pay(orderID: string, payway?: string): Promise<Received>;
  trade(orderID: string, payway?: string): Promise<Received>;
  /** The number of a new order. */
  newOrder(fields?: Record<string, unknown>): Promise<string>;
  /** What the code says that the order's picture shows: it is fetched and scanned. */
  newCode(orderID: string): Promise<string>;
  newForm(orderID: string): Promise<string>;
  /** An order that is paid at WeChat, and whose shop has heard of it. */
  newPaidOrder(fields?: Record<string, unknown>): Promise<string>;
  /** The order's state on the wire. */
  stateOf(orderID: string): Promise<string>;
  amounts(): Promise<Record<string, number>>;
  /** All orders that a list of this type pages through. */
  listAll(type: string, limits?: number): Promise<{ orderID: string; state: string }[]>;
};

let customers = 0;

/** Somebody whom nobody else in a test file knows. */
export function newPrintCustomer(shop: Shop): PrintCustomer {
  customers++;
  return printCustomer(shop, `print-user-${customers}`);
}

/** Sends calls as one person. The token is signed anew for each, so that no passing of time runs it out. */
export function printCustomer(shop: Shop, userId = EXAMPLE_USER, role?: 'customer' | 'operator'): PrintCustomer {
  const send: PrintCustomer['send'] = async (path, sent = {}) =>
    shop.send(`/API${path}`, { token: await shop.token(userId, role === undefined ? {} : { role }), ...sent });
  const verify: PrintCustomer['verify'] = (fields = {}, headers = {}) =>
    send('/order/verify', { body: { ...EXAMPLE_ORDER, ...fields }, headers });
  const info: PrintCustomer['info'] = (query = '') => send(`/orders/info${query}`);
  const pay: PrintCustomer['pay'] = (orderID, payway = 'WXPAY') =>
    send(`/pay/payment?orderID=${orderID}&payway=${payway}`);
  const trade: PrintCustomer['trade'] = (orderID, payway = 'WXPAY') =>
    send(`/pay/trade?orderID=${orderID}&payway=${payway}`);
  const newOrder: PrintCustomer['newOrder'] = async (fields) => orderOf(await verify(fields));
  const newCode: PrintCustomer['newCode'] = async (orderID) => codeOf(shop, await pay(orderID));
  return {
    userId,
    send,
    verify,
    detail: (orderID) => send(`/order/detail?orderID=${orderID}`),
    info,
    amount: () => send('/orders/amount'),
    cancel: (orderID) => send('/order/cancel', { method: 'PUT', body: { orderID } }),
    refund: (orderID, reason = '不需要了') => send('/order/refund', { body: { orderID, reason } }),
    pay,
    trade,
    newOrder,
    newCode,
    newForm: async (orderID) => formOf(await pay(orderID, 'ALIPAY')),
    newPaidOrder: async (fields) => {
      const orderID = await newOrder(fields);
      payAtWechat(shop, await newCode(orderID));
      await shop.deliverNotifications();
      return orderID;
    },
    stateOf: async (orderID) => traded.parse((await trade(orderID)).json).info.state,
    amounts: async () => counted.parse((await send('/orders/amount')).json).info,
    listAll: async (type, limits = 7) => {
      const all: { orderID: string; state: string }[] = [];
      for (let page = 1; ; page++) {
        const found = listed.parse((await info(`?type=${type}&limits=${limits}&page=${page}`)).json).info;
        if (found.length === 0) return all;
        all.push(...found);
      }
    },
  };
}

/** Reads a new order's number out of an answer; throws where there is none. */
export function orderOf({ json, text }: Received): string {
  const read = placed.safeParse(json);
  if (!read.success) throw new Error(text);
  return read.data.info.orderID;
}

/** The address of the picture that an answer names; throws where there is none. */
export function pictureOf(answer: Received): string {
  return coded.parse(answer.json).info.QRCode;
}

/** Fetches the picture that an answer names, without a token, and scans it. */
export async function codeOf(shop: Shop, answer: Received): Promise<string> {
  const { pathname, search } = new URL(pictureOf(answer));
  const picture = await shop.send(pathname + search, { token: null });
  const code = scanCode(picture.text);
  if (code === null) throw new Error(`no code that a camera could read: ${picture.status} ${picture.text}`);
  return code;
}

/** The form of an answer; throws where there is none. */
export function formOf(answer: Received): string {
  return formed.parse(answer.json).info.payform;
}

/** The payer scans a code at WeChat and pays. Throws where WeChat refuses. */
export function payAtWechat(shop: Shop, codeUrl: string, options: { late?: boolean } = {}): void {
  const outcome = shop.wechatPay.pay(codeUrl, options);
  if (!outcome.ok) throw new Error(`WeChat refused: ${outcome.code}`);
}

/** The payer's browser takes the form to Alipay, where they pay. Throws where Alipay refuses. */
export function payAtAlipay(shop: Shop, form: string, options: { late?: boolean } = {}): void {
  const outcome = shop.alipay.pay(form, options);
  if (!outcome.ok) throw new Error(`Alipay refused: ${outcome.subCode}`);
}
