/** A customer of technician booking: the seven calls of its document, under their own token. */
import { EXAMPLE_ORDER, orderIdOf, type Slip, slipOf } from '../harness/booking.ts';
import type { Received, Sent, Shop } from '../harness/shop.ts';

/** Whoever holds a token. A new one by default, because each user has a limit of their own. */
export type Customer = {
  userId: string;
  send(path: string, sent?: Sent): Promise<Received>;
  /** The document's example, with the fields that a test wants otherwise. */
  place(fields?: Record<string, unknown>, headers?: Record<string, string>): Promise<Received>;
  list(query: string): Promise<Received>;
  detail(orderId: string): Promise<Received>;
  remove(orderId: string): Promise<Received>;
  pay(orderId: unknown): Promise<Received>;
  cancelPayment(paymentId: string): Promise<Received>;
  refund(orderId: unknown): Promise<Received>;
  /** Places an order that has to go well, and gives its number. */
  newOrder(fields?: Record<string, unknown>): Promise<string>;
  /** Opens a slip that has to be handed out. */
  newSlip(orderId: string): Promise<Slip>;
  /** Places an order, pays it at Alipay, and sees to it that the shop has heard of it. */
  paidOrder(fields?: Record<string, unknown>): Promise<{ orderId: string; slip: Slip }>;
};

let customers = 0;

/** A user id that nobody else in the test file has: a number, as the document shows it. */
export function newUserId(): string {
  customers++;
  return String(60_000_000_000 + customers);
}

/** Sends calls as one user. The token is signed anew for each, so that no passing of time runs it out. */
export function customerOf(shop: Shop, userId: string = newUserId(), role?: 'customer' | 'operator'): Customer {
  const send = async (path: string, sent: Sent = {}): Promise<Received> =>
    shop.send(path, { token: await shop.token(userId, role === undefined ? {} : { role }), ...sent });
  const place: Customer['place'] = (fields = {}, headers = {}) =>
    send('/V1/order', { body: { ...EXAMPLE_ORDER, ...fields }, headers });
  const pay: Customer['pay'] = (orderId) => send('/V1/order/pay', { body: { order_id: orderId } });
  const newOrder: Customer['newOrder'] = async (fields) => orderIdOf(await place(fields));
  const newSlip: Customer['newSlip'] = async (orderId) => slipOf(await pay(orderId));
  return {
    userId,
    send,
    place,
    list: (query) => send(`/V1/order${query}`),
    detail: (orderId) => send(`/V1/order/${orderId}`),
    remove: (orderId) => send(`/V1/order/${orderId}`, { method: 'DELETE' }),
    pay,
    cancelPayment: (paymentId) => send(`/V1/order/pay/${paymentId}`, { method: 'DELETE' }),
    refund: (orderId) => send('/V1/order/pay/refund', { body: { order_id: orderId } }),
    newOrder,
    newSlip,
    paidOrder: async (fields) => {
      const orderId = await newOrder(fields);
      const slip = await newSlip(orderId);
      payAtAlipay(shop, slip);
      await shop.deliverNotifications();
      return { orderId, slip };
    },
  };
}

/** The payer pays. `late` is money that was on its way when the slip ran out. Throws where Alipay refuses. */
export function payAtAlipay(shop: Shop, slip: Slip, options: { late?: boolean } = {}): void {
  const outcome = shop.alipay.pay(slip.order_str, options);
  if (!outcome.ok) throw new Error(`the cashier refused: ${outcome.subCode}`);
}
