/** What a customer of subscriptions does: the seven calls of the document, read back by its own fields. */
import * as z from 'zod';
import type { Received, Sent, Shop } from './shop.ts';

const saved = z.strictObject({ data: z.string() });
const coded = z.strictObject({ type: z.literal(0), data: z.string() });
const linked = z.strictObject({ type: z.literal(1), data: z.url() });
const free = z.strictObject({ type: z.literal(-1), data: z.literal(true) });
const checked = z.strictObject({ data: z.int() });
const shown = z.strictObject({
  data: z.looseObject({
    id: z.int(),
    plan_id: z.int(),
    type: z.int(),
    cycle: z.string(),
    trade_no: z.string(),
    callback_no: z.string().nullable(),
    coupon_id: z.int().nullable(),
    payment_id: z.int().nullable(),
    invite_user_id: z.int().nullable(),
    total_amount: z.int(),
    discount_amount: z.int().nullable(),
    surplus_amount: z.int().nullable(),
    refund_amount: z.int().nullable(),
    balance_amount: z.int().nullable(),
    surplus_order_ids: z.array(z.int()).nullable(),
    status: z.int(),
    commission_status: z.int(),
    commission_balance: z.int(),
    paid_at: z.int().nullable(),
    created_at: z.int(),
    updated_at: z.int(),
  }),
});

/** The document's own order: a month of plan 1, for 10 fen. */
export const EXAMPLE_ORDER = { cycle: 'month_price', plan_id: 1 } as const;

/** The user of the document. */
export const EXAMPLE_USER = 2057;

/** The payment methods of the demo rows. */
export const METHODS = { alipayCode: 10, wechatCode: 11, alipayPage: 12 } as const;

/** Where the calls are: at the panel's old path, and at its newer one. */
export const BASES = ['/user/order', '/api/v1/user/order'] as const;

/** What `status` says. */
export const STATUS = { pending: 0, opening: 1, cancelled: 2, completed: 3, absorbed: 4 } as const;

/** An order as `details` shows it, as far as tests reckon with it. */
export type ShownOrder = z.output<typeof shown>['data'];

type Body = Record<string, unknown>;

/** A customer. Each call gives what came, whatever it was; those that begin with `new` throw where it went wrong. */
export type SubscriptionCustomer = {
  userId: number;
  /** Paths begin below `/user/order`. */
  send(path: string, sent?: Sent): Promise<Received>;
  /** The document's order, with the fields that a test wants otherwise. */
  save(fields?: Body, headers?: Record<string, string>): Promise<Received>;
  /** By WeChat's code, unless a test says otherwise. */
  checkout(tradeNo: unknown, method?: unknown, fields?: Body): Promise<Received>;
  cancel(tradeNo: unknown): Promise<Received>;
  check(tradeNo: string): Promise<Received>;
  details(tradeNo: string): Promise<Received>;
  /** The query with its question mark. */
  fetch(query?: string): Promise<Received>;
  paymentMethods(): Promise<Received>;
  /** The number of a new order. */
  newOrder(fields?: Body): Promise<string>;
  /** What the payer scans, at WeChat unless it is to be Alipay's. */
  newCode(tradeNo: string, method?: number): Promise<string>;
  /** The address of Alipay's own page. */
  newLink(tradeNo: string): Promise<string>;
  /** Pays an order, at WeChat where it costs something, and sees to it that the shop has heard of it. */
  settle(tradeNo: string): Promise<void>;
  /** An order that is paid and opened. */
  newOpenedOrder(fields?: Body): Promise<string>;
  /** The order's status on the wire. */
  statusOf(tradeNo: string): Promise<number>;
  shown(tradeNo: string): Promise<ShownOrder>;
};

/** Sends calls as one user. The token is signed anew for each, so that no passing of time runs it out. */
export function subscriptionCustomer(
  shop: Shop,
  userId: number = EXAMPLE_USER,
  { base = BASES[0], role }: { base?: (typeof BASES)[number]; role?: 'customer' | 'operator' } = {},
): SubscriptionCustomer {
  const send: SubscriptionCustomer['send'] = async (path, sent = {}) =>
    shop.send(`${base}${path}`, {
      token: await shop.token(String(userId), role === undefined ? {} : { role }),
      ...sent,
    });
  const save: SubscriptionCustomer['save'] = (fields = {}, headers = {}) =>
    send('/save', { body: { ...EXAMPLE_ORDER, ...fields }, headers });
  const checkout: SubscriptionCustomer['checkout'] = (tradeNo, method = METHODS.wechatCode, fields = {}) =>
    send('/checkout', { body: { trade_no: tradeNo, method, ...fields } });
  const check: SubscriptionCustomer['check'] = (tradeNo) => send(`/check?trade_no=${tradeNo}`);
  const details: SubscriptionCustomer['details'] = (tradeNo) => send(`/details?trade_no=${tradeNo}`);
  const newOrder: SubscriptionCustomer['newOrder'] = async (fields) => tradeNoOf(await save(fields));
  const shownOrder: SubscriptionCustomer['shown'] = async (tradeNo) => read(shown, await details(tradeNo)).data;
  const newCode: SubscriptionCustomer['newCode'] = async (tradeNo, method = METHODS.wechatCode) =>
    read(coded, await checkout(tradeNo, method)).data;
  const settle: SubscriptionCustomer['settle'] = async (tradeNo) => {
    const { total_amount: amountFen } = await shownOrder(tradeNo);
    if (amountFen === 0) {
      read(free, await checkout(tradeNo));
    } else {
      payAtWechat(shop, await newCode(tradeNo));
      await shop.deliverNotifications();
    }
  };
  return {
    userId,
    send,
    save,
    checkout,
    cancel: (tradeNo) => send('/cancel', { body: { trade_no: tradeNo } }),
    check,
    details,
    fetch: (query = '') => send(`/fetch${query}`),
    paymentMethods: () => send('/getPaymentMethod'),
    newOrder,
    newCode,
    newLink: async (tradeNo) => read(linked, await checkout(tradeNo, METHODS.alipayPage)).data,
    settle,
    newOpenedOrder: async (fields) => {
      const tradeNo = await newOrder(fields);
      await settle(tradeNo);
      const { status } = await shownOrder(tradeNo);
      if (status !== STATUS.completed) throw new Error(`${tradeNo} was not opened, but is ${status}`);
      return tradeNo;
    },
    statusOf: async (tradeNo) => read(checked, await check(tradeNo)).data,
    shown: shownOrder,
  };
}

/** Reads a new order's number out of an answer; throws where there is none. */
export function tradeNoOf(answer: Received): string {
  return read(saved, answer).data;
}

/** The payer scans a code of WeChat's and pays. Throws where WeChat refuses. */
export function payAtWechat(shop: Shop, codeUrl: string, options: { late?: boolean } = {}): void {
  const outcome = shop.wechatPay.pay(codeUrl, options);
  if (!outcome.ok) throw new Error(`WeChat refused: ${outcome.code}`);
}

/** The payer opens what Alipay was asked for, a code or a link, and pays. Throws where Alipay refuses. */
export function payAtAlipay(shop: Shop, ticket: string, options: { late?: boolean } = {}): void {
  const outcome = shop.alipay.pay(ticket, options);
  if (!outcome.ok) throw new Error(`Alipay refused: ${outcome.subCode}`);
}

/** What an answer says; throws it where it says something else. */
function read<Schema extends z.ZodType>(schema: Schema, { json, text }: Received): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Error(text);
  return parsed.data;
}
