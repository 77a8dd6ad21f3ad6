/** What a customer of the medical companion does: the six calls of its document, read back by its own fields. */
import * as z from 'zod';
import type { Received, Sent, Shop } from './shop.ts';

const placed = z.object({ data: z.object({ orderId: z.int().positive(), orderNo: z.string() }) });
const ticket = z.object({
  data: z.object({
    paymentParams: z.object({
      appId: z.string(),
      timeStamp: z.string(),
      nonceStr: z.string(),
      package: z.string(),
      signType: z.string(),
      paySign: z.string(),
    }),
  }),
});
const orderString = z.object({ data: z.object({ paymentParams: z.object({ orderString: z.string() }) }) });
const refunded = z.object({ data: z.object({ refundId: z.int().positive() }) });
const shown = z.object({ data: z.object({ status: z.string() }) });

/** The document's own order: service 1 at 299 yuan, for patient 1 of user 1. */
export const EXAMPLE_ORDER = {
  userId: 1,
  serviceId: 1,
  patientId: 1,
  addressId: 1,
  appointmentDate: '2024-01-15',
  appointmentTime: 'morning',
  specialRequirements: '无特殊要求',
  formData: {
    patientName: '张三',
    patientPhone: '13800138000',
    appointmentDate: '2024-01-15',
    appointmentTime: 'morning',
    specialRequirements: '无特殊要求',
  },
} as const;

/** Who pays at WeChat, unless a test wants somebody else. */
export const OPEN_ID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

/** Whose calls they are: a user, with a patient and an address of their own. */
export type Person = { userId: number; patientId: number; addressId: number };

/** The person of the demo rows. */
export const EXAMPLE_PERSON: Person = { userId: 1, patientId: 1, addressId: 1 };

/** The document's order for a person, with the fields that a test wants otherwise. */
export function orderFor({ userId, patientId, addressId }: Person, fields: Record<string, unknown> = {}) {
  return { ...EXAMPLE_ORDER, userId, patientId, addressId, ...fields };
}

/** An order by its two names. */
export type PlacedOrder = z.output<typeof placed>['data'];

/** What WeChat's mini program is opened with. */
export type Ticket = z.output<typeof ticket>['data']['paymentParams'];

/** A customer. Each call gives what came, whatever it was; those that begin with `new` throw where it went wrong. */
export type CompanionCustomer = Person & {
  send(path: string, sent?: Sent): Promise<Received>;
  /** The document's order for this person, with the fields that a test wants otherwise. */
  submit(fields?: Record<string, unknown>, headers?: Record<string, string>): Promise<Received>;
  /** At WeChat, unless the fields say otherwise. */
  pay(orderId: number | string, fields?: Record<string, unknown>): Promise<Received>;
  payByAlipay(orderId: number | string): Promise<Received>;
  /** Without a body when it is left out. */
  cancel(orderId: number | string, body?: Record<string, unknown>): Promise<Received>;
  refund(orderId: number | string, refundAmount: unknown, reason?: unknown): Promise<Received>;
  /** The rest of the query, which begins with the user's own id. */
  list(more?: string): Promise<Received>;
  detail(orderId: number | string): Promise<Received>;
  newOrder(fields?: Record<string, unknown>): Promise<PlacedOrder>;
  newTicket(orderId: number, openId?: string): Promise<Ticket>;
  newOrderString(orderId: number): Promise<string>;
  /** An order that is paid at WeChat, and whose shop has heard of it. */
  newPaidOrder(fields?: Record<string, unknown>): Promise<PlacedOrder>;
  newRefund(orderId: number, refundAmount: number): Promise<number>;
  /** The order's status on the wire. */
  statusOf(orderId: number): Promise<string>;
};

/** Sends calls as one person. The token is signed anew for each, so that no passing of time runs it out. */
export function companionCustomer(
  shop: Shop,
  person: Person = EXAMPLE_PERSON,
  role?: 'customer' | 'operator',
): CompanionCustomer {
  const { userId } = person;
  const send: CompanionCustomer['send'] = async (path, sent = {}) =>
    shop.send(`/api/order${path}`, {
      token: await shop.token(String(userId), role === undefined ? {} : { role }),
      ...sent,
    });
  const submit: CompanionCustomer['submit'] = (fields = {}, headers = {}) =>
    send('/submit', { body: orderFor(person, fields), headers });
  const pay: CompanionCustomer['pay'] = (orderId, fields = {}) =>
    send(`/pay/${orderId}`, { body: { paymentMethod: 'wechat_pay', openId: OPEN_ID, ...fields } });
  const payByAlipay: CompanionCustomer['payByAlipay'] = (orderId) =>
    send(`/pay/${orderId}`, { body: { paymentMethod: 'alipay' } });
  const refund: CompanionCustomer['refund'] = (orderId, refundAmount, reason = '服务不满意') =>
    send(`/refund/${orderId}`, { body: { reason, refundAmount } });
  const detail: CompanionCustomer['detail'] = (orderId) => send(`/detail/${orderId}`);
  const newOrder: CompanionCustomer['newOrder'] = async (fields) => orderOf(await submit(fields));
  const newTicket: CompanionCustomer['newTicket'] = async (orderId, openId = OPEN_ID) =>
    ticketOf(await pay(orderId, { openId }));
  return {
    ...person,
    send,
    submit,
    pay,
    payByAlipay,
    cancel: (orderId, body) => send(`/cancel/${orderId}`, { method: 'POST', body }),
    refund,
    list: (more = '') => send(`/list?userId=${userId}${more}`),
    detail,
    newOrder,
    newTicket,
    newOrderString: async (orderId) =>
      orderString.parse((await payByAlipay(orderId)).json).data.paymentParams.orderString,
    newPaidOrder: async (fields) => {
      const order = await newOrder(fields);
      payAtWechat(shop, await newTicket(order.orderId));
      await shop.deliverNotifications();
      return order;
    },
    newRefund: async (orderId, refundAmount) =>
      refunded.parse((await refund(orderId, refundAmount)).json).data.refundId,
    statusOf: async (orderId) => shown.parse((await detail(orderId)).json).data.status,
  };
}

/** Reads a new order out of an answer; throws where there is none. */
export function orderOf(answer: Received): PlacedOrder {
  const { orderId, orderNo } = placed.parse(answer.json).data;
  return { orderId, orderNo };
}

/** Reads what WeChat is opened with out of an answer; throws where there is nothing. */
export function ticketOf(answer: Received): Ticket {
  return ticket.parse(answer.json).data.paymentParams;
}

/** The payer pays at WeChat. `late` is money that was on its way when the time ran out. Throws where WeChat refuses. */
export function payAtWechat(shop: Shop, params: Ticket, options: { late?: boolean } = {}): void {
  const outcome = shop.wechatPay.pay(params, options);
  if (!outcome.ok) throw new Error(`WeChat refused: ${outcome.code}`);
}
