/** What a customer and an operator of recharge do: the calls of its document and the one to pay, read back by its fields. */
import * as z from 'zod';
import type { Received, Sent, Shop } from './shop.ts';

const shownOrder = z.object({
  data: z.object({ id: z.int().positive(), order_number: z.string(), status: z.string() }),
});
const started = z.object({ data: z.object({ payment_id: z.string() }) });
const orderString = z.object({ data: z.object({ payment_id: z.string(), order_str: z.string() }) });
const alipayCode = z.object({ data: z.object({ payment_id: z.string(), qr_code: z.string() }) });
const wechatCode = z.object({ data: z.object({ payment_id: z.string(), code_url: z.string() }) });
const parts = z.object({ data: z.object({ split_order_ids: z.array(z.int().positive()) }) });

/** The document's own order: one product 123 at 100 yuan, for customer 456. */
export const EXAMPLE_ORDER = {
  product_id: 123,
  customer_id: 456,
  quantity: 1,
  total_amount: 100,
  payment_method: 'alipay',
  remark: '备注信息',
} as const;

/** What a test may want otherwise about an order. */
export type OrderFields = Record<string, unknown>;

/** An order by its two names. */
export type PlacedOrder = { id: number; orderNo: string };

/** One part of an order that is to be split; the amount in yuan. */
export type Part = { quantity: unknown; amount: unknown };

/** An order, as a path names it. */
export type Id = number | string;
type Body = Record<string, unknown>;

/** Somebody with a token. Each call gives what came, whatever it was; those that begin with `new` throw where it went wrong. */
export type RechargeCaller = {
  userId: number;
  send(path: string, sent?: Sent): Promise<Received>;
  /** The document's order for this customer, with the fields that a test wants otherwise. */
  create(fields?: OrderFields, headers?: Record<string, string>): Promise<Received>;
  detail(id: Id): Promise<Received>;
  /** The query with its question mark. */
  list(query?: string): Promise<Received>;
  putStatus(id: Id, status: unknown, remark?: unknown): Promise<Received>;
  /** Without a body when it is left out. */
  pay(id: Id, body?: Body): Promise<Received>;
  payment(id: Id, paymentId: unknown, fields?: Body): Promise<Received>;
  recharge(id: Id, fields?: Body): Promise<Received>;
  /** Without a body when it is left out. */
  success(id: Id, body?: Body): Promise<Received>;
  fail(id: Id, remark?: unknown): Promise<Received>;
  refund(id: Id, refundAmount: unknown, fields?: Body): Promise<Received>;
  cancel(id: Id, cancelReason?: unknown, fields?: Body): Promise<Received>;
  split(id: Id, parts: unknown, fields?: Body): Promise<Received>;
  partial(id: Id, recharged: unknown, remaining: unknown, fields?: Body): Promise<Received>;
  newOrder(fields?: OrderFields): Promise<PlacedOrder>;
  newOrderString(id: number): Promise<{ payment_id: string; order_str: string }>;
  newAlipayCode(id: number): Promise<{ payment_id: string; qr_code: string }>;
  newWechatCode(id: number): Promise<{ payment_id: string; code_url: string }>;
  /** The ids of the parts. */
  newParts(id: number, parts: readonly Part[]): Promise<number[]>;
  /** The order's status on the wire. */
  statusOf(id: number): Promise<string>;
};

/** The moment that a payment was made elsewhere, unless a test wants another: long ago. */
export const PAID_ELSEWHERE_AT = '2022-11-22T08:00:00Z';

/** Sends calls as one user. The token is signed anew for each, so that no passing of time runs it out. */
export function rechargeCaller(
  shop: Shop,
  userId: number = EXAMPLE_ORDER.customer_id,
  role?: 'customer' | 'operator',
): RechargeCaller {
  const send: RechargeCaller['send'] = async (path, sent = {}) =>
    shop.send(`/api/v1/order${path}`, {
      token: await shop.token(String(userId), role === undefined ? {} : { role }),
      ...sent,
    });
  const post = (path: string, body?: Body) => send(path, { method: 'POST', body });
  const create: RechargeCaller['create'] = (fields = {}, headers = {}) =>
    send('/create', { body: { ...EXAMPLE_ORDER, customer_id: userId, ...fields }, headers });
  const pay: RechargeCaller['pay'] = (id, body) => post(`/${id}/pay`, body);
  const detail: RechargeCaller['detail'] = (id) => send(`/${id}`);
  const split: RechargeCaller['split'] = (id, split_orders, fields = {}) =>
    post(`/${id}/split`, { split_orders, ...fields });
  return {
    userId,
    send,
    create,
    detail,
    list: (query = '') => send(`/list${query}`),
    putStatus: (id, status, remark) => send(`/${id}/status`, { method: 'PUT', body: { status, remark } }),
    pay,
    payment: (id, paymentId, fields = {}) =>
      post(`/${id}/payment`, { payment_id: paymentId, payment_time: PAID_ELSEWHERE_AT, ...fields }),
    recharge: (id, fields = {}) =>
      post(`/${id}/recharge`, {
        api_id: 123,
        api_order_number: 'API123456',
        api_trade_num: 'TRADE123456',
        ...fields,
      }),
    success: (id, body) => post(`/${id}/success`, body),
    fail: (id, remark = '失败原因') => post(`/${id}/fail`, { remark }),
    refund: (id, refundAmount, fields = {}) =>
      post(`/${id}/refund`, { refund_amount: refundAmount, refund_reason: '退款原因', ...fields }),
    cancel: (id, cancelReason = '取消原因', fields = {}) =>
      post(`/${id}/cancel`, { cancel_reason: cancelReason, ...fields }),
    split,
    partial: (id, recharged, remaining, fields = {}) =>
      post(`/${id}/partial`, { recharged_quantity: recharged, remaining_quantity: remaining, ...fields }),
    newOrder: async (fields) => orderOf(await create(fields)),
    newOrderString: async (id) => orderString.parse((await pay(id)).json).data,
    newAlipayCode: async (id) => alipayCode.parse((await pay(id, { scene: 'qr' })).json).data,
    newWechatCode: async (id) => wechatCode.parse((await pay(id)).json).data,
    newParts: async (id, wanted) => parts.parse((await split(id, wanted)).json).data.split_order_ids,
    statusOf: async (id) => shownOrder.parse((await detail(id)).json).data.status,
  };
}

/** The operator of the demo. */
export function rechargeOperator(shop: Shop): RechargeCaller {
  return rechargeCaller(shop, 9001, 'operator');
}

/** Reads an order's two names out of an answer that shows it; throws where there is none. */
export function orderOf(answer: Received): PlacedOrder {
  const { id, order_number: orderNo } = shownOrder.parse(answer.json).data;
  return { id, orderNo };
}

/** Reads the number of an attempt out of an answer; throws where there is none. */
export function paymentIdOf(answer: Received): string {
  return started.parse(answer.json).data.payment_id;
}

/** The payer pays at Alipay, by an order string or a code. `late` is money that was on its way. Throws where it refuses. */
export function payAtAlipay(shop: Shop, ticket: string, options: { late?: boolean } = {}): void {
  const outcome = shop.alipay.pay(ticket, options);
  if (!outcome.ok) throw new Error(`Alipay refused: ${outcome.subCode}`);
}

/** The payer scans a code of WeChat's and pays. Throws where WeChat refuses. */
export function payAtWechat(shop: Shop, codeUrl: string, options: { late?: boolean } = {}): void {
  const outcome = shop.wechatPay.pay(codeUrl, options);
  if (!outcome.ok) throw new Error(`WeChat refused: ${outcome.code}`);
}

/** Places an order, pays it at Alipay, and sees to it that the shop has heard of it. */
export async function newPaidOrder(shop: Shop, customer: RechargeCaller, fields?: OrderFields): Promise<PlacedOrder> {
  const order = await customer.newOrder({ ...fields, payment_method: 'alipay' });
  payAtAlipay(shop, (await customer.newOrderString(order.id)).order_str);
  await shop.deliverNotifications();
  return order;
}

/** A quantity of the document's product, at its price. */
export function ofQuantity(quantity: number): { quantity: number; total_amount: number } {
  return { quantity, total_amount: quantity * EXAMPLE_ORDER.total_amount };
}

/** An order of two in its halves. */
export const HALVES: readonly Part[] = [1, 1].map((quantity) => ({ quantity, amount: EXAMPLE_ORDER.total_amount }));

/** An order with the attempt that paid it; `null` for one that was never paid. */
export type StationedOrder = PlacedOrder & { paymentId: string | null };

/** The calls that lead a paid order of two to each of its stations. */
const WAYS: Readonly<Record<string, readonly ((operator: RechargeCaller, id: number) => Promise<Received>)[]>> = {
  pending_recharge: [],
  recharging: [(operator, id) => operator.recharge(id)],
  success: [(operator, id) => operator.recharge(id), (operator, id) => operator.success(id)],
  failed: [(operator, id) => operator.fail(id)],
  refunded: [(operator, id) => operator.refund(id, 2 * EXAMPLE_ORDER.total_amount)],
  partial: [(operator, id) => operator.recharge(id), (operator, id) => operator.partial(id, 1, 1)],
  split: [(operator, id) => operator.split(id, HALVES)],
};

/** Brings a new order of two to a station, a word of the document; paid at Alipay, where money goes back at once. */
export async function newOrderAt(shop: Shop, customer: RechargeCaller, station: string): Promise<StationedOrder> {
  const order = await customer.newOrder(ofQuantity(2));
  let paymentId: string | null = null;
  if (station === 'cancelled') {
    await customer.cancel(order.id);
  } else if (station !== 'pending_payment') {
    const slip = await customer.newOrderString(order.id);
    paymentId = slip.payment_id;
    payAtAlipay(shop, slip.order_str);
    await shop.deliverNotifications();
    for (const step of WAYS[station] ?? []) await step(rechargeOperator(shop), order.id);
  }
  const reached = await customer.statusOf(order.id);
  if (reached !== station) throw new Error(`${station} was not reached, but ${reached}`);
  return { ...order, paymentId };
}
