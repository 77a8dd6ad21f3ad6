/** What a customer of technician booking does, read back by the document's own fields. */
import * as z from 'zod';
import type { Received, Shop } from './shop.ts';

const placed = z.object({ data: z.object({ order_id: z.string() }) });
const started = z.object({ data: z.object({ payment_id: z.string(), order_str: z.string() }) });
const startedByWechat = z.object({
  data: z.object({
    payment_id: z.string(),
    appid: z.string(),
    partnerid: z.string(),
    prepayid: z.string(),
    package: z.string(),
    noncestr: z.string(),
    timestamp: z.string(),
    sign: z.string(),
  }),
});
const shown = z.object({ data: z.object({ status: z.int() }).nullable() });

/** The document's own order: two hours of service 2 with technician 2, 19600 fen. */
export const EXAMPLE_ORDER = { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 } as const;

/** Places the example order, to be paid at Alipay unless it is said otherwise, and gives its number. */
export async function place(shop: Shop, payType: 1 | 2 = 1): Promise<string> {
  return orderIdOf(await shop.send('/V1/order', { body: { ...EXAMPLE_ORDER, pay_type: payType } }));
}

/** Reads the number of a new order out of an answer; throws where there is none. */
export function orderIdOf(answer: Received): string {
  return placed.parse(answer.json).data.order_id;
}

/** Asks for a slip, whatever comes of it. */
export function pay(shop: Shop, orderId: string): Promise<Received> {
  return shop.send('/V1/order/pay', { body: { order_id: orderId } });
}

/** A slip that was handed out. */
export type Slip = { payment_id: string; order_str: string };

/** Reads a slip out of an answer; throws where there is none. */
export function slipOf(answer: Received): Slip {
  return started.parse(answer.json).data;
}

/** Places the example order and opens a slip for it. */
export async function placeAndPay(shop: Shop): Promise<{ orderId: string; slip: Slip }> {
  const orderId = await place(shop);
  return { orderId, slip: slipOf(await pay(shop, orderId)) };
}

/** A slip for WeChat that was handed out: what its app takes stands beside our number. */
export type WechatSlip = z.output<typeof startedByWechat>['data'];

/** Reads a slip for WeChat out of an answer; throws where there is none. */
export function wechatSlipOf(answer: Received): WechatSlip {
  return startedByWechat.parse(answer.json).data;
}

/** The part of a slip that WeChat's app is opened with. */
export function ticketOf({ payment_id: _paymentId, ...ticket }: WechatSlip): Record<string, string> {
  return ticket;
}

/** Places the example order for WeChat and opens a slip for it. */
export async function placeAndPayByWechat(shop: Shop): Promise<{ orderId: string; slip: WechatSlip }> {
  const orderId = await place(shop, 2);
  return { orderId, slip: wechatSlipOf(await pay(shop, orderId)) };
}

/** The status of an order on the wire; `null` where its owner sees none. */
export async function statusOf(shop: Shop, orderId: string): Promise<number | null> {
  return shown.parse((await shop.send(`/V1/order/${orderId}`)).json).data?.status ?? null;
}
